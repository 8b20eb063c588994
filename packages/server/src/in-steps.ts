import { setImmediate as nextTurn } from 'node:timers/promises'

/** So many events are read, or written out, without a pause. */
export const AT_ONCE = 500
/** Of more, as many at a time: some two milliseconds of work. */
const STEP = 100
/** How long others wait at most, but for one step. */
const SLICE_MS = 5

/** Slices of a list, with turns of the event loop between them: SQLite answers at once, and others want to be answered. */
export function inSteps<T>(list: readonly T[]): AsyncGenerator<readonly T[], void> {
  return withTurns(slices(list))
}

/** A short list as it is, a longer one as {@link inSteps}. */
export function atOnceOrInSteps<T>(list: readonly T[]): Iterable<readonly T[]> | AsyncIterable<readonly T[]> {
  return list.length <= AT_ONCE ? [list] : inSteps(list)
}

/** Things one after another, with turns of the event loop between those that take long together. */
export async function* withTurns<T>(things: Iterable<T>): AsyncGenerator<T, void> {
  let beganMs = performance.now()
  for (const thing of things) {
    if (performance.now() - beganMs > SLICE_MS) {
      await nextTurn()
      beganMs = performance.now()
    }
    yield thing
  }
}

function* slices<T>(list: readonly T[]): Generator<readonly T[], void> {
  for (let from = 0; from < list.length; from += STEP) yield list.slice(from, from + STEP)
}

/** Of many a tenth of what it takes with a comparison. */
export function ascending(numbers: Iterable<number>): number[] {
  const list = Array.isArray(numbers) ? (numbers as number[]) : [...numbers]
  if (list.length <= AT_ONCE) return list.toSorted((a, b) => a - b)
  return Array.from(Float64Array.from(list).sort())
}
