import { setTimeout as wait } from 'node:timers/promises'
import { type Client, MatrixRequestError, startPostgres, startRanvier } from '@ranvier/testkit'
import { checkDatabase, checkHistories, findLost, findStaleSettings } from '../crash/verify.ts'
import { makeRooms, Workload } from '../crash/workload.ts'
import { probe, probesOf, untilWell } from './probes.ts'
import type { Outcome } from './scenario.ts'

const RECOVERY_MS = 15_000
const WRITE_MS = 1_000
const LONG_POLL_MS = 120_000

export interface DatabaseGoneOptions {
  /** How it goes, one after another; each time it is away so long, milliseconds. */
  times: readonly { how: 'orderly' | 'kill9'; awayMs: number }[]
}

/** PostgreSQL ends while clients write, read and wait, and comes back. */
export async function runDatabaseGone({ times }: DatabaseGoneOptions): Promise<Outcome> {
  await using postgres = await startPostgres({ durable: true })
  await using server = await startRanvier({ database: 'postgres', postgresUrl: postgres.url })
  const { admin, users, roomIds } = await makeRooms(server, { users: 6, rooms: 3 })
  const workload = new Workload(isPassing)
  const follower = new Follower(admin)
  const probes = probesOf(users[0]!, admin, roomIds[0]!)
  const problems: string[] = []
  let slowestMs = 0
  const statuses = new Map<number, number>()
  await untilWell(probes, RECOVERY_MS)
  const { next_batch: since } = await users[1]!.sync()
  const waiting = follower.start()
  workload.start(users, roomIds)
  for (const { how, awayMs } of times) {
    await wait(WRITE_MS)
    const longPoll = await waitingPoll(users[1]!, since)
    await postgres.stop(how)
    const backMs = performance.now() + awayMs
    do {
      for (const { status, ms, fault } of await Promise.all(probes.map(probe))) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        slowestMs = Math.max(slowestMs, ms)
        if (fault !== undefined) problems.push(`while it is away: ${fault}`)
        if (status >= 400 && status !== 503) problems.push(`while it is away: status ${status}`)
      }
      await wait(100)
    } while (performance.now() < backMs)
    if (!server.isRunning) throw new Error(`the server has ended:\n${server.log.slice(-20).join('\n')}`)
    await postgres.start()
    problems.push(...(await untilWell(probes, RECOVERY_MS)))
    problems.push(...(await longPoll(admin)))
  }
  await workload.stop()
  problems.push(...(await follower.stop(workload)), ...workload.refusals)
  await waiting
  const { missing, duplicated } = await checkHistories(admin, roomIds, workload.promised)
  problems.push(...missing, ...duplicated, ...(await findLost(admin, workload.promised)))
  problems.push(...(await findStaleSettings(workload)))
  if ((await server.stop()) !== 0) problems.push('the server did not stop in order')
  problems.push(...(await checkDatabase(server)))
  const told = [...statuses].map(([status, count]) => `${status} ${count} times`).join(', ')
  const facts = `away ${times.length} times; ${workload.promised.length} events acknowledged, ${workload.retries} requests tried again; probes meanwhile: ${told}, the slowest ${slowestMs} ms`
  return { facts, problems }
}

const isPassing = (error: MatrixRequestError) => error.status >= 500

/** A poll of somebody to whom nothing happens; the function it returns makes something happen, and says what is wrong. */
async function waitingPoll(user: Client, since: string): Promise<(by: Client) => Promise<string[]>> {
  // Nothing in any room: only account data of a type of its own wakes it.
  const filter = {
    room: { rooms: [] },
    presence: { types: [] },
    account_data: { types: ['com.example.wake'] },
  }
  const { next_batch } = await user.sync({ since, filter })
  const poll = user
    .sync({ since: next_batch, filter, timeoutMs: LONG_POLL_MS })
    .catch((error: unknown) => error as Error)
  return async () => {
    const path = `/_matrix/client/v3/user/${encodeURIComponent(user.userId)}/account_data/com.example.wake`
    await user.put(path, { now: performance.now() })
    const answer = await Promise.race([poll, wait(RECOVERY_MS)])
    if (answer === undefined) return ['a waiting sync is not woken any more']
    if (!(answer instanceof Error)) return []
    return answer instanceof MatrixRequestError && isPassing(answer)
      ? []
      : [`a waiting sync: ${answer.message}`]
  }
}

/** A client that syncs on and on, from where it was when an answer fails. */
class Follower {
  readonly #client: Client
  readonly #seen = new Set<string>()
  #stopping = false

  constructor(client: Client) {
    this.#client = client
  }

  async start(): Promise<void> {
    let since: string | undefined
    const filter = { room: { timeline: { limit: 1_000 } } }
    while (!this.#stopping) {
      try {
        const answer = await this.#client.sync({
          filter,
          timeoutMs: 500,
          ...(since === undefined ? {} : { since }),
        })
        since = answer.next_batch
        for (const room of Object.values(answer.rooms?.join ?? {}))
          for (const { event_id } of room.timeline?.events ?? []) this.#seen.add(event_id)
      } catch {
        await wait(100)
      }
    }
  }

  /** Ends it when it has seen what was promised; what it has not seen in time. */
  async stop({ promised }: Workload): Promise<string[]> {
    const unseen = () => promised.filter(({ eventId }) => !this.#seen.has(eventId))
    const deadlineMs = performance.now() + RECOVERY_MS
    while (unseen().length > 0 && performance.now() < deadlineMs) await wait(50)
    this.#stopping = true
    return unseen().map(({ eventId, text }) => `${eventId} (${text}) never came to a client that syncs`)
  }
}
