import { type Client, startPostgres, startRanvier } from '@ranvier/testkit'
import { checkDatabase, checkHistories, findStaleSettings } from '../crash/verify.ts'
import { makeRooms, Workload } from '../crash/workload.ts'
import { probesOf, untilWell } from './probes.ts'
import type { Outcome } from './scenario.ts'

const RECOVERY_MS = 15_000
const ALLOWED = 6
const WANTED = 20
const AT_ONCE = 60
const ROUNDS = 20

/** PostgreSQL takes fewer connections than the server may make, while more is read at once than it has. */
export async function runFewConnections(): Promise<Outcome> {
  await using postgres = await startPostgres({
    durable: true,
    settings: { max_connections: ALLOWED, superuser_reserved_connections: 0, max_wal_senders: 0 },
  })
  await using server = await startRanvier({
    database: 'postgres',
    postgresUrl: postgres.url,
    readers: WANTED,
  })
  const { admin, users, roomIds } = await makeRooms(server, { users: 4, rooms: 2 })
  const workload = new Workload((error) => error.status >= 500)
  const problems: string[] = []
  const statuses = new Map<number, number>()
  workload.start(users, roomIds)
  for (let round = 0; round < ROUNDS; round++)
    for (const status of await readAtOnce(admin)) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status !== 200 && status !== 503) problems.push(`a list of users is answered ${status}`)
    }
  await workload.stop()
  problems.push(...workload.refusals)
  problems.push(...(await untilWell(probesOf(users[0]!, admin, roomIds[0]!), RECOVERY_MS)))
  const { missing, duplicated } = await checkHistories(admin, roomIds, workload.promised)
  problems.push(...missing, ...duplicated, ...(await findStaleSettings(workload)))
  const said = server.log.find((line) => line.includes('too many clients'))
  if (statuses.has(503) && said === undefined) problems.push('the log does not say what is wrong')
  if ((await server.stop()) !== 0) problems.push('the server did not stop in order')
  problems.push(...(await checkDatabase(server)))
  const told = [...statuses].map(([status, count]) => `${status} ${count} times`).join(', ')
  const facts = `${WANTED + 1} connections wanted, ${ALLOWED} to be had; ${ROUNDS * AT_ONCE} lists of users, ${AT_ONCE} at once: ${told}; ${workload.promised.length} events acknowledged, ${workload.retries} requests tried again`
  return { facts, problems }
}

async function readAtOnce(admin: Client): Promise<number[]> {
  return Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const answer = await fetch(`${admin.url}/_synapse/admin/v2/users`, {
        headers: { authorization: `Bearer ${admin.accessToken}` },
      })
      await answer.arrayBuffer()
      return answer.status
    }),
  )
}
