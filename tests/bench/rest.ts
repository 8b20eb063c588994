import { setTimeout } from 'node:timers/promises'
import { exactCpuMs } from './process-use.ts'

const LOOK_EVERY_MS = 500
/** A server that only looks at its clock now and then takes less of that. */
const IDLE_MS = 15
/** Looks in a row: what is read beforehand is read with pauses, and work that waits for the disk looks idle for a moment. */
const LOOKS = 5
const GIVE_UP_MS = 600_000

/**
 * Waits until the server has done what it does after its start, or after an answer. Resolves with how long that took, ms; rejects
 * after `giveUpMs`.
 */
export async function untilAtRest(pid: number, giveUpMs = GIVE_UP_MS): Promise<number> {
  const beganMs = performance.now()
  let before = exactCpuMs(pid)
  for (let looks = 0; looks < LOOKS; ) {
    if (performance.now() - beganMs > giveUpMs) throw new Error('the server does not come to rest')
    await setTimeout(LOOK_EVERY_MS)
    const now = exactCpuMs(pid)
    looks = now - before < IDLE_MS ? looks + 1 : 0
    before = now
  }
  return performance.now() - beganMs
}
