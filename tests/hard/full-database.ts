import { join } from 'node:path'
import type { Dialect } from '@ranvier/storage'
import { type PostgresServer, type Ranvier, startPostgres, startRanvier } from '@ranvier/testkit'
import { Files, findWrongFiles } from '../crash/files.ts'
import { checkDatabase, checkHistories, findLost, findStaleSettings } from '../crash/verify.ts'
import { makeRooms, Workload } from '../crash/workload.ts'
import { type Filling, type FullDiskOptions, fillRepeatedly, findUntested, saidOf } from './filling.ts'
import { probesOf } from './probes.ts'
import { type Outcome, skipped } from './scenario.ts'
import { smallDisk, whyNoSmallDisk } from './small-disk.ts'

const DATABASE_MB = 192
const MEDIA_MB = 64
/** How long PostgreSQL may need to answer again before its administrator sees to it. */
const PATIENCE_MS = 2_000

/** The disk with PostgreSQL's tables is full for a while, again and again, or that with its log as well. */
export async function runFullDatabase(how: FullDiskOptions & { withLog: boolean }): Promise<Outcome> {
  const why = whyNoSmallDisk()
  if (why !== undefined) return skipped(why)
  await using disk = await smallDisk(DATABASE_MB)
  const data = join(disk.inside, 'data')
  await using postgres = await startPostgres({
    durable: true,
    on: { data, withLog: how.withLog, namespaceOf: disk.pid },
  })
  await using server = await startRanvier({ database: 'postgres', postgresUrl: postgres.url })
  let ended = 0
  const filling = {
    ...how,
    disk,
    // Without room for its log PostgreSQL ends: then nothing can be read either.
    ...(how.withLog ? { mayFail: () => true } : {}),
    async whenFreed() {
      if (await revive(postgres)) ended++
    },
  }
  const { facts, problems } = await endure(server, filling, ['send', 'change a user'])
  return { facts: how.withLog ? `${facts}; PostgreSQL ended ${ended} times` : facts, problems }
}

/** The disk with the media is full for a while, again and again, and that with the database is not. */
export async function runFullMedia(database: Dialect, how: FullDiskOptions): Promise<Outcome> {
  const why = whyNoSmallDisk()
  if (why !== undefined) return skipped(why)
  await using disk = await smallDisk(MEDIA_MB)
  await using server = await startRanvier({
    database,
    launcher: disk.launcher,
    folder: disk.folder,
    configOverrides: { media_store_path: join(disk.inside, 'media') },
  })
  return await endure(server, { ...how, disk, mayFail: ({ name }) => name === 'upload' }, ['upload'])
}

/** People write and upload meanwhile; what was acknowledged is there afterwards. */
async function endure(
  server: Ranvier,
  filling: Omit<Filling, 'probes'>,
  met: readonly string[],
): Promise<Outcome> {
  const { admin, users, roomIds } = await makeRooms(server, { users: 4, rooms: 2 })
  const workload = new Workload((error) => error.status >= 500)
  const files = new Files(workload, admin)
  workload.start(users, roomIds)
  files.start([await server.register('uploader')])
  const probes = probesOf(users[0]!, admin, roomIds[0]!)
  const { problems, refused } = await fillRepeatedly({ ...filling, probes })
  await workload.stop()
  problems.push(...workload.refusals, ...findUntested(refused, met))
  const { missing, duplicated } = await checkHistories(admin, roomIds, workload.promised)
  problems.push(...missing, ...duplicated, ...(await findLost(admin, workload.promised)))
  problems.push(...(await findStaleSettings(workload)), ...(await findWrongFiles(admin, files.promised)))
  if ((await server.stop()) !== 0) problems.push('the server did not stop in order')
  problems.push(...(await checkDatabase(server)))
  const facts = `full ${filling.times} times; ${workload.promised.length} events and ${files.promised.length} files acknowledged; refused with 503: ${saidOf(refused)}`
  return { facts, problems }
}

/** Starts PostgreSQL when it has ended; whether it had. */
async function revive(postgres: PostgresServer): Promise<boolean> {
  if (await postgres.isAnswering(PATIENCE_MS)) return false
  await postgres.stop('kill9')
  await postgres.start()
  return true
}
