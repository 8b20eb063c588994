import { setImmediate as nextTurn } from 'node:timers/promises'

/** Who has waited so long has his turn, whoever writes: on a server that always writes, administrators read as well. */
const PATIENCE_MS = 20

/** Resolves when a piece of work that nobody else should wait for may begin. */
export type GiveWay = () => Promise<void>

/**
 * What reads many rows for one answer takes milliseconds, and tools ask for one page after another. On SQLite nobody else
 * has a turn meanwhile; on PostgreSQL its processes take the processor from those that commit a message. So such work is
 * cut in pieces, and each begins while nothing is being written, or when it has waited for long enough. Pieces begin in
 * the order in which they came, each in a turn of the event loop of its own: answers that are ready go out before it.
 *
 * `writing` resolves when nothing is being written, and is `undefined` when nothing is.
 */
export function givesWay(
  writing: () => Promise<void> | undefined,
  { patienceMs = PATIENCE_MS }: { patienceMs?: number } = {},
): GiveWay {
  let last: Promise<void> = Promise.resolve()

  async function begin(before: Promise<void>, endsMs: number): Promise<void> {
    await before
    await nextTurn()
    let busy = writing()
    if (busy === undefined) return
    const { promise: isOver, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, Math.max(0, endsMs - performance.now()))
    while (busy !== undefined && performance.now() < endsMs) {
      await Promise.race([busy, isOver])
      await nextTurn() // those whose writes are done are answered first
      busy = writing()
    }
    clearTimeout(timer)
  }

  return () => {
    last = begin(last, performance.now() + patienceMs)
    return last
  }
}
