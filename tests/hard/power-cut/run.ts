import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Client, Ranvier, startRanvier } from '@ranvier/testkit'
import { makeRooms, Workload } from '../../crash/workload.ts'
import { Random } from '../../fuzz/random.ts'
import { type Outcome, skipped } from '../scenario.ts'
import { Disk } from './disk.ts'
import { type LogRecord, readLog } from './log.ts'
import { lookAt, PLACES } from './look.ts'
import { noteSettings, type SettingsNote, Told } from './told.ts'

/** Long enough that others read and write meanwhile, µs. */
const FLUSH_US = 3_000
const UPLOADERS = 2
/** Of what was not flushed, how much is kept: nothing, some, everything. */
const KEPT = [0, 0.5, 0.9, 1]
/** Every so many cuts a whole server is started on what is left. */
const STARTS_EVERY = 20
/** What a server makes at its first start and has for ever. */
const MADE_ONCE = ['signing.key', 'server_name', 'macaroon_secret_key', 'form_secret']

export interface PowerCutOptions {
  /** How many moments are tried. */
  cuts: number
  /** How long clients write, milliseconds. */
  writeMs: number
  /** The choice of moments and of what survives follows from it. */
  seed?: string
}

/**
 * Records what a server writes, flushes and answers while clients write; then, for many moments, puts together what a
 * power cut would have left on the disk, and looks whether everything that had been answered is there.
 */
export async function runPowerCut({ cuts, writeMs, seed }: PowerCutOptions): Promise<Outcome> {
  if (process.platform !== 'linux') return skipped('LD_PRELOAD is Linux’')
  const home = mkdtempSync(join(tmpdir(), 'ranvier-power-cut-'))
  try {
    const recorder = join(home, 'record.so')
    try {
      execFileSync('cc', [
        '-shared',
        '-fPIC',
        '-O2',
        '-o',
        recorder,
        join(import.meta.dirname, 'record.c'),
        '-ldl',
      ])
    } catch (error) {
      return skipped(`no C compiler that builds the recorder (${(error as Error).message.split('\n')[0]})`)
    }
    const folder = join(home, 'server')
    mkdirSync(folder)
    const log = join(home, 'log')
    const notes = await record(folder, { recorder, log, writeMs })
    return await replay(home, { folder, records: readLog(log), notes, cuts, seed: seed ?? 'power cut' })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** Media of its own beside the database, so that the log names both. */
const CONFIG = { media_store_path: PLACES.media }

async function record(
  folder: string,
  { recorder, log, writeMs }: { recorder: string; log: string; writeMs: number },
): Promise<SettingsNote[]> {
  await using server = await startRanvier({
    database: 'sqlite',
    folder,
    configOverrides: CONFIG,
    environment: {
      LD_PRELOAD: recorder,
      RECORD_LOG: log,
      RECORD_FOLDER: folder,
      RECORD_SYNC_US: String(FLUSH_US),
      UV_USE_IO_URING: '0',
    },
  })
  const { admin, users, roomIds } = await makeRooms(server, { users: 6, rooms: 3 })
  const workload = new Workload()
  const stop = new AbortController()
  const noted = noteSettings(workload, () => statSync(log).size, stop.signal)
  const others = [
    follow(admin, stop.signal),
    ...users.slice(0, UPLOADERS).map((user) => upload(user, stop.signal)),
  ]
  workload.start(users, roomIds)
  await wait(writeMs)
  await workload.stop()
  stop.abort()
  await Promise.all(others)
  if (workload.refusals.length > 0) throw new Error(workload.refusals[0])
  const notes = await noted
  await server.kill9()
  return notes
}

/** What somebody else is told of what was written is a promise too. */
async function follow(user: Client, signal: AbortSignal): Promise<void> {
  let since: string | undefined
  while (!signal.aborted)
    since = (await user.sync({ timeoutMs: 100, ...(since === undefined ? {} : { since }) })).next_batch
}

async function upload(user: Client, signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n++)
    await user.upload(`${user.userId} ${n} `.repeat(1 + ((n * 97) % 3_000)))
}

interface Recording {
  folder: string
  records: readonly LogRecord[]
  notes: readonly SettingsNote[]
  cuts: number
  seed: string
}

async function replay(home: string, { folder, records, notes, cuts, seed }: Recording): Promise<Outcome> {
  const random = new Random(seed)
  const moments = chooseMoments(records, cuts, random)
  const disk = new Disk()
  const told = new Told()
  const problems: string[] = []
  let cut = 0
  let noted = 0
  for (const [at, one] of records.entries()) {
    disk.apply(one, at)
    told.hear(one)
    while (noted + 1 < notes.length && notes[noted + 1]!.end <= one.end) noted++
    if (!moments.has(at)) continue
    const left = join(home, `cut${cut}`)
    mkdirSync(left)
    disk.write(left, KEPT[cut % KEPT.length]!, () => random.next())
    const settings = notes[noted]!.end <= one.end ? notes[noted]!.settings : new Map<string, number>()
    const found = [
      ...(told.users.size > 0 ? findChanged(folder, left) : []),
      ...(await lookAt(left, told, settings)),
      ...(cut % STARTS_EVERY === STARTS_EVERY - 1 ? await startOn(left) : []),
    ]
    problems.push(...found.map((problem) => `cut ${cut} after record ${at}: ${problem}`))
    rmSync(left, { recursive: true })
    cut++
  }
  if (told.events.size === 0 || told.media.size === 0)
    problems.push('the recording holds no answers: nothing was tested')
  const flushes = records.filter(({ kind }) => kind === 'E').length
  const begun = records.filter(
    ({ kind, path, offset }) => kind === 'W' && offset === 0 && path.endsWith('-wal'),
  )
  const facts = `${cut} cuts in ${records.length} writes, names and answers; ${flushes} flushes, the log begun ${begun.length} times; ${told.events.size} events and ${told.media.size} files were told of`
  return { facts, problems }
}

/** Half of them just after an answer has left, a quarter after a flush, the others anywhere. */
function chooseMoments(records: readonly LogRecord[], cuts: number, random: Random): Set<number> {
  const placesOf = (wanted: (one: LogRecord) => boolean) =>
    records.flatMap((one, at) => (wanted(one) ? [at] : []))
  const answers = placesOf(({ kind }) => kind === 'S')
  const flushes = placesOf(({ kind }) => kind === 'E')
  const moments = new Set<number>()
  for (let n = 0; n < cuts; n++) {
    if (n % 4 === 3) moments.add(random.integer(0, records.length - 1))
    else moments.add(random.pick(n % 4 === 2 ? flushes : answers))
  }
  return moments
}

/** Without its keys and its name a server is another one. */
function findChanged(folder: string, left: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => MADE_ONCE.includes(path.slice(path.lastIndexOf('/') + 1)))
    .filter((path) => {
      const there = join(left, path)
      return !existsSync(there) || !readFileSync(there).equals(readFileSync(join(folder, path)))
    })
    .map((path) => `${path} is not what it was`)
}

async function startOn(left: string): Promise<string[]> {
  const storage = { dialect: 'sqlite', file: join(left, PLACES.database) } as const
  await using server = new Ranvier(
    { database: 'sqlite', folder: left, configOverrides: CONFIG },
    left,
    storage,
  )
  try {
    await server.start()
    const user = await server.register('afterwards')
    await user.send(await user.createRoom(), 'here again')
    return []
  } catch (error) {
    return [`the server does not start or work: ${(error as Error).message}`]
  }
}
