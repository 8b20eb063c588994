import type { Dialect } from '@ranvier/storage'
import { type Client, type Ranvier, startRanvier } from '@ranvier/testkit'
import { Heap } from './heap.ts'
import type { Outcome } from './scenario.ts'
import { slopeOf } from './slope.ts'

const PEOPLE = 20
const ROOMS = 5
const MESSAGES = 40
const KB = 1024
/** More than what caches that are not full yet may take, for each person who has come and gone. */
const MAX_KB_A_PERSON = 4
const CACHE_FACTOR = 0.05
const ROUND_MS = 3_600_000
const JOB_TIMEOUT_MS = 60_000

export interface MemoryOptions {
  /** Each round people come, talk and go, with their rooms. */
  rounds: number
}

/** Thousands of people come, make rooms, talk, sync and go again: what is left of them in memory after each round. */
export async function runMemory(database: Dialect, { rounds }: MemoryOptions): Promise<Outcome> {
  await using server = await startRanvier({
    database,
    testClock: true,
    nodeOptions: ['--inspect=127.0.0.1:0'],
    // At their usual size caches go on filling for longer than this lasts: that would look like a leak.
    configOverrides: { limits: { cache_factor: CACHE_FACTOR, shadow_ban_delay: 0 } },
  })
  const heap = await Heap.of(server)
  const admin = await server.registerAdmin()
  const used: number[] = []
  for (let round = 0; round < rounds; round++) {
    await comeAndGo(server, admin, round)
    server.advanceClock(ROUND_MS) // who synced lately is kept in mind for a while
    await admin.sync()
    used.push(await heap.usedBytes())
  }
  heap.close()
  const settled = used.slice(used.length >> 1)
  const perPersonKb = slopeOf(settled.map((bytes, i) => [i, bytes])) / KB / PEOPLE
  const mb = (bytes: number | undefined) => `${Math.round(((bytes ?? 0) / KB / KB) * 10) / 10} MB`
  const facts = `${rounds * PEOPLE} people in ${rounds} rounds; heap ${mb(used[0])} after the first, ${mb(settled[0])} after half, ${mb(used.at(-1))} after the last: ${Math.round(perPersonKb * 100) / 100} KB a person in the second half`
  const problems = perPersonKb > MAX_KB_A_PERSON ? [`the heap grows: ${used.map(mb).join(', ')}`] : []
  if ((await server.stop()) !== 0) problems.push('the server did not stop in order')
  return { facts, problems }
}

async function comeAndGo(server: Ranvier, admin: Client, round: number): Promise<void> {
  const people = await Promise.all(
    Array.from({ length: PEOPLE }, (_, i) => server.register(`person${round}x${i}`)),
  )
  const rooms: string[] = []
  for (let i = 0; i < ROOMS; i++) rooms.push(await people[i]!.createRoom({ preset: 'public_chat' }))
  for (const roomId of rooms) await Promise.all(people.map((person) => person.join(roomId)))
  for (let i = 0; i < MESSAGES; i++)
    await Promise.all(rooms.map((roomId, n) => people[(i + n) % PEOPLE]!.send(roomId, `message ${i}`)))
  await Promise.all(
    people.map((person) => person.sync().then(({ next_batch }) => person.sync({ since: next_batch }))),
  )
  await Promise.all(people.map((person) => person.logOut()))
  for (const { userId } of people)
    await admin.post(`/_synapse/admin/v1/deactivate/${encodeURIComponent(userId)}`, { erase: true })
  for (const roomId of rooms) {
    const { delete_id: id } = await admin.delete<{ delete_id: string }>(
      `/_synapse/admin/v2/rooms/${encodeURIComponent(roomId)}`,
      { purge: true },
    )
    await untilDeleted(admin, id)
  }
}

async function untilDeleted(admin: Client, id: string): Promise<void> {
  const deadlineMs = performance.now() + JOB_TIMEOUT_MS
  for (;;) {
    const { status } = await admin.get<{ status: string }>(`/_synapse/admin/v2/rooms/delete_status/${id}`)
    if (status === 'complete') return
    if (performance.now() > deadlineMs) throw new Error(`a room is not deleted: ${status}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
