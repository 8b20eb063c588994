import { setTimeout as wait } from 'node:timers/promises'

/** A look at the database takes a tenth of it. */
const LOOK_AGAIN_MS = 2
const LIMIT_MS = 120_000

/**
 * Waits until it is so: for what goes on in the background and tells nobody of its end. Between looks the processor is
 * free for just that, and for the database; a loop over turns of the event loop would take it away. `meanwhile` comes
 * before each look but the first: mostly the clock goes on.
 */
export async function eventually(
  isSo: () => boolean | Promise<boolean>,
  meanwhile?: () => void | Promise<void>,
): Promise<void> {
  const limitMs = Date.now() + LIMIT_MS
  while (!(await isSo())) {
    if (Date.now() > limitMs) throw new Error(`It is still not so: ${isSo}`)
    await meanwhile?.()
    await wait(LOOK_AGAIN_MS)
  }
}

/** Does `turn` again and again until `done` has come to its end: what came of it. */
export async function repeatedUntil<T>(done: Promise<T>, turn?: () => void | Promise<void>): Promise<T> {
  let isOver = false
  const end = () => {
    isOver = true
  }
  done.then(end, end)
  await eventually(() => isOver, turn)
  return done
}
