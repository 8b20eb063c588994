import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { Ranvier } from '@ranvier/testkit'
import { checkHistories, checkStorage, findLost, findStaleSettings } from '../crash/verify.ts'
import { makeRooms, Workload } from '../crash/workload.ts'
import { type FullDiskOptions, fillRepeatedly, findUntested, saidOf } from './filling.ts'
import { type Probe, probe, probesOf, untilWell } from './probes.ts'
import { type Outcome, skipped } from './scenario.ts'
import { type SmallDisk, smallDisk, whyNoSmallDisk } from './small-disk.ts'

const DISK_MB = 256
const RECOVERY_MS = 15_000

/** The disk with the database and the media is full for a while, again and again; in the end it is read-only at a start. */
export async function runFullDisk({ times, fullMs }: FullDiskOptions): Promise<Outcome> {
  const why = whyNoSmallDisk()
  if (why !== undefined) return skipped(why)
  await using disk = await smallDisk(DISK_MB)
  await using server = serverOn(disk)
  await server.start()
  const { admin, users, roomIds } = await makeRooms(server, { users: 4, rooms: 2 })
  const probes = probesOf(users[0]!, admin, roomIds[0]!)
  const workload = new Workload((error) => error.status >= 500)
  workload.start(users, roomIds)
  const { problems, refused } = await fillRepeatedly({ disk, probes, times, fullMs })
  const withoutMedia = await findReadOnlyMediaFaults(disk, probes)
  problems.push(...withoutMedia, ...(await untilWell(probes, RECOVERY_MS)))
  await workload.stop()
  problems.push(...workload.refusals)
  problems.push(...findUntested(refused, ['send', 'upload']))
  const { missing, duplicated } = await checkHistories(admin, roomIds, workload.promised)
  problems.push(...missing, ...duplicated, ...(await findLost(admin, workload.promised)))
  problems.push(...(await findStaleSettings(workload)))
  if ((await server.stop()) !== 0) problems.push('the server did not stop in order')
  problems.push(...(await checkStorage({ dialect: 'sqlite', file: copyOfDatabase(disk) })))
  problems.push(...(await findReadOnlyFaults(disk, server)))
  const facts = `full ${times} times; ${workload.promised.length} events acknowledged; refused with 503: ${saidOf(refused)}`
  return { facts, problems }
}

/** SQLite looks for a file where it really is, and the small disk is nowhere for us. */
function copyOfDatabase(disk: SmallDisk): string {
  for (const end of ['', '-wal']) {
    const from = join(disk.outside, `homeserver.db${end}`)
    if (existsSync(from)) copyFileSync(from, join(disk.folder, `copy.db${end}`))
  }
  return join(disk.folder, 'copy.db')
}

function serverOn(disk: SmallDisk): Ranvier {
  return new Ranvier(
    {
      database: 'sqlite',
      folder: disk.folder,
      launcher: disk.launcher,
      configOverrides: { media_store_path: join(disk.inside, 'media') },
    },
    disk.folder,
    { dialect: 'sqlite', file: join(disk.inside, 'homeserver.db') },
  )
}

/** Files cannot be taken in while their folder is read-only; all else goes on. */
async function findReadOnlyMediaFaults(disk: SmallDisk, probes: readonly Probe[]): Promise<string[]> {
  disk.setFolderReadOnly('media', true)
  const results = await Promise.all(probes.map(async (one) => ({ name: one.name, ...(await probe(one)) })))
  disk.setFolderReadOnly('media', false)
  return results
    .filter(({ name, status, fault }) => fault !== undefined || status !== (name === 'upload' ? 503 : 200))
    .map(({ name, status, fault }) => `while media are read-only: ${name} is answered ${fault ?? status}`)
}

/** A start says what is wrong; when it is mended, a start is as ever. */
async function findReadOnlyFaults(disk: SmallDisk, server: Ranvier): Promise<string[]> {
  disk.setReadOnly(true)
  const refusal = await server.start().then(
    () => undefined,
    (error: Error) => error.message,
  )
  if (server.isRunning) await server.kill9()
  disk.setReadOnly(false)
  await server.start()
  await server.register('afterwards')
  await server.stop()
  if (refusal === undefined) return ['the server starts on a read-only disk as if nothing were']
  return /read-?only/i.test(refusal) ? [] : [`a start on a read-only disk does not say so: ${refusal}`]
}
