import { startRanvier } from '@ranvier/testkit'
import { inParallel, makeAccounts } from '../crash/jobs/world.ts'
import { cpuMs } from './process-use.ts'

const ACCOUNTS = 1_000
const ROOMS = 100
const MESSAGES = 10

export interface Start {
  ms: number
  cpuMs: number
}

/** From the start of the process to its first answer, on a database in which something is; the quickest first. */
export async function measureStarts(database: 'sqlite' | 'postgres', rounds: number): Promise<Start[]> {
  await using server = await startRanvier({ database, configOverrides: { log_level: 'info' } })
  const admin = await server.registerAdmin()
  await makeAccounts(admin, 'started', ACCOUNTS)
  await inParallel(ROOMS, async (i) => {
    const roomId = await admin.createRoom({ preset: 'public_chat', name: `Room ${i}` })
    for (let n = 0; n < MESSAGES; n++) await admin.send(roomId, `message ${n}`)
  })
  const starts: Start[] = []
  // The first keeps compiled code for the others when it stops.
  for (let round = 0; round <= rounds; round++) {
    await server.stop()
    const startedMs = performance.now()
    await server.start()
    const answer = await fetch(`${server.url}/_matrix/client/versions`)
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`versions are answered ${answer.status}`)
    const ms = performance.now() - startedMs
    if (round > 0) starts.push({ ms, cpuMs: cpuMs(server.pid) })
  }
  return starts.sort((a, b) => a.ms - b.ms)
}
