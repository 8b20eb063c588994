import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'

/** Who has waited so long has his turn, whoever writes: on a server that always writes, administrators read as well. */
const PATIENCE_MS = 20
/** Beside writes pieces begin so far apart: some forty pages of a list a second. */
const SPACING_MS = 8
/** Who writes one thing after another is still at it when nothing has been written for so long. */
const LATELY_MS = 100

/** Resolves when a piece of work that nobody else should wait for may begin. */
export type GiveWay = () => Promise<void>

export interface GivesWay {
  giveWay: GiveWay
  /** For work that another process does: it begins at once while nobody writes, so that several go there together. */
  giveWayToWrites: GiveWay
}

/**
 * What reads many rows for one answer takes milliseconds, and tools ask for one page after another. On SQLite nobody else
 * has a turn meanwhile; on PostgreSQL its processes take the processor from those that commit a message. So such work is
 * cut in pieces, and each begins while nothing is being written, or when it has waited for long enough; while others write,
 * pieces keep apart, as the next write comes at any moment. They begin in the order in which they came, each in a turn of
 * the event loop of its own: answers that are ready go out before it.
 *
 * `writing` resolves when nothing is being written, and is `undefined` when nothing is.
 */
export function givesWay(
  writing: () => Promise<void> | undefined,
  { patienceMs = PATIENCE_MS, spacingMs = SPACING_MS }: { patienceMs?: number; spacingMs?: number } = {},
): GivesWay {
  let last: Promise<void> = Promise.resolve()
  let beganAtMs = Number.NEGATIVE_INFINITY
  let writtenAtMs = Number.NEGATIVE_INFINITY

  async function begin(before: Promise<void>): Promise<void> {
    await before
    await nextTurn()
    if (writing() !== undefined) writtenAtMs = performance.now()
    if (performance.now() - writtenAtMs < LATELY_MS) await keepApart()
    const busy = writing()
    if (busy !== undefined) await untilQuiet(busy)
    beganAtMs = performance.now()
  }

  function isQuiet(): boolean {
    if (writing() !== undefined) writtenAtMs = performance.now()
    return performance.now() - writtenAtMs >= LATELY_MS
  }

  async function keepApart(): Promise<void> {
    const restMs = beganAtMs + spacingMs - performance.now()
    if (restMs > 0) await delay(restMs, undefined, { ref: false }) // nothing waits for it alone
  }

  async function untilQuiet(busy: Promise<void>): Promise<void> {
    const endsMs = performance.now() + patienceMs
    const { promise: isOver, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, patienceMs)
    for (let next: Promise<void> | undefined = busy; next !== undefined; next = writing()) {
      await Promise.race([next, isOver])
      writtenAtMs = performance.now()
      await nextTurn() // those whose writes are done are answered first
      if (writtenAtMs >= endsMs) break
    }
    clearTimeout(timer)
  }

  const giveWay = () => {
    last = begin(last)
    return last
  }
  return { giveWay, giveWayToWrites: async () => (isQuiet() ? undefined : giveWay()) }
}
