import { setTimeout } from 'node:timers/promises'
import { cpuMs } from '../bench/process-use.ts'

const LOOK_EVERY_MS = 1_000
/** A server with nothing to do takes less than this of a second. */
const IDLE_MS = 30
/** Looks in a row: what is read beforehand is read with pauses. */
const LOOKS = 3
const GIVE_UP_MS = 600_000

/** Waits until the server has read what it reads after its start. Resolves with how long that took, milliseconds. */
export async function untilAtRest(pid: number): Promise<number> {
  const beganMs = performance.now()
  for (let looks = 0; looks < LOOKS; ) {
    if (performance.now() - beganMs > GIVE_UP_MS) throw new Error('the server does not come to rest')
    const before = cpuMs(pid)
    await setTimeout(LOOK_EVERY_MS)
    looks = cpuMs(pid) - before < IDLE_MS ? looks + 1 : 0
  }
  return performance.now() - beganMs
}
