import { setImmediate as nextTurn } from 'node:timers/promises'

/** So many events are read, or written out, without a pause. */
export const AT_ONCE = 500
/** Of more, as many at a time: some two milliseconds of work. */
const STEP = 100
/** How long others wait at most, but for one step. */
const SLICE_MS = 5

/** Slices of a list, with turns of the event loop between them: SQLite answers at once, and others want to be answered. */
export async function* inSteps<T>(list: readonly T[]): AsyncGenerator<readonly T[], void> {
  let beganMs = performance.now()
  for (let from = 0; from < list.length; from += STEP) {
    if (performance.now() - beganMs > SLICE_MS) {
      await nextTurn()
      beganMs = performance.now()
    }
    yield list.slice(from, from + STEP)
  }
}
