import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openStorage, type RoomCommit, type Storage, type StorageOptions } from '@ranvier/storage'
import { commitRooms } from '@ranvier/storage/commit/commit'
import { PostgresDatabase } from '@ranvier/storage/db/postgres'
import { SqliteDatabase } from '@ranvier/storage/db/sqlite'
import { freshDatabases } from '../fresh-database.ts'
import { median, spread } from '../measure.ts'
import { type RowSet, readChanges } from './changes.ts'
import { openRawWriter } from './raw.ts'
import { CROWDS, type Recording, record } from './record.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

interface Turn {
  perSecond: number
  /** Of this process: PostgreSQL's own is not in it. */
  cpuMs: number
}
type Fresh = () => Promise<StorageOptions>

/**
 * The floor of commits: what the server's verbs hand to the storage when many send at once goes through its queue as it
 * does in the server, and beside it, in turns, prepared statements write the same rows in transactions of the same size.
 * A row for each crowd.
 */
export async function measureCommits(
  database: 'sqlite' | 'postgres',
  { rounds, messages }: { rounds: number; messages: number },
): Promise<Record<string, string | number>[]> {
  await using fresh = freshDatabases(database)
  await using scratch = freshDatabases('sqlite')
  const table: Record<string, string | number>[] = []
  for (const crowd of CROWDS) {
    const recording = await record(crowd, messages, await scratch.create())
    const { groups, rows } = await sameRows(recording, { fresh: fresh.create, scratch: scratch.create })
    const ours: Turn[] = []
    const raw: Turn[] = []
    const oursOnce = async () => ours.push(await commitAll(recording, await fresh.create()))
    const rawOnce = async () => raw.push(await writeAll(recording, rows, await fresh.create()))
    // Each is the first one as often as the other.
    for (let i = 0; i < rounds; i++)
      for (const once of i % 2 === 0 ? [oursOnce, rawOnce] : [rawOnce, oursOnce]) await once()
    const rates = (turns: Turn[]) => turns.map(({ perSecond }) => perSecond)
    const share = ours.map(({ perSecond }, i) => (perSecond / raw[i]!.perSecond) * 100)
    const cpu = (turns: Turn[]) => median(turns.map(({ cpuMs }) => cpuMs)).toFixed(4)
    table.push({
      scenario: crowd.name,
      database,
      'a group': Math.round(recording.messages / groups.length),
      'events per s': median(rates(ours)).toFixed(0),
      'raw per s': median(rates(raw)).toFixed(0),
      'of raw rows': `${median(share).toFixed(0)} %`,
      '(least–most)': spread(share)
        .map((each) => each.toFixed(0))
        .join('–'),
      'CPU ms/event': cpu(ours),
      'raw CPU ms/event': cpu(raw),
    })
  }
  return table
}

/**
 * The groups that form, and the rows that each of them leaves behind. After both have been written, each on a database
 * of its own, all tables hold the same, or it throws: what is compared does the same work.
 */
async function sameRows(
  recording: Recording,
  { fresh, scratch }: { fresh: Fresh; scratch: Fresh },
): Promise<{ groups: RoomCommit[][]; rows: RowSet[][] }> {
  const commitOf = new Map(recording.chains.flat().map((commit) => [commit.events[0]!.event.eventId, commit]))
  const groups: RoomCommit[][] = []
  const options = await fresh()
  await commitAll(recording, options, (storage) =>
    storage.subscribe((facts) => {
      const ids = facts.map(({ detail }) => (detail as { row: { eventId: string } }).row.eventId)
      groups.push(ids.flatMap((id) => commitOf.get(id as never) ?? []))
    }),
  )
  const rows = await rowsOf(recording, groups, await scratch())
  const copy = await fresh()
  await writeAll(recording, rows, copy)
  const [theirs, ours] = [await contents(copy), await contents(options)]
  for (const [name, text] of ours)
    assert.ok(theirs.get(name) === text, `${name} differs: the raw rows are others`)
  return { groups, rows }
}

/** What each group changes, as SQLite tells it. */
async function rowsOf(
  recording: Recording,
  groups: readonly (readonly RoomCommit[])[],
  options: StorageOptions,
): Promise<RowSet[][]> {
  await prepare(recording, options)
  assert.ok(options.dialect === 'sqlite')
  await using database = new SqliteDatabase(options.file)
  const { raw } = database.writer
  const rows: RowSet[][] = []
  for (const group of groups) {
    const session = raw.createSession()
    await database.transaction((db) => commitRooms(db, group))
    rows.push(readChanges(raw, session.changeset()))
    session.close()
  }
  return rows
}

async function prepare({ preparation }: Recording, options: StorageOptions): Promise<void> {
  await using storage = await openStorage(options)
  for (const commit of preparation) await storage.commitRoom(commit)
}

async function commitAll(
  recording: Recording,
  options: StorageOptions,
  opened: (storage: Storage) => void = () => {},
): Promise<Turn> {
  await prepare(recording, options)
  await using storage = await openStorage(options)
  opened(storage)
  return await timed(recording.messages, async () => {
    await Promise.all(
      recording.chains.map(async (chain) => {
        for (const commit of chain) await storage.commitRoom(commit)
      }),
    )
  })
}

async function writeAll(
  recording: Recording,
  rows: readonly (readonly RowSet[])[],
  options: StorageOptions,
): Promise<Turn> {
  await prepare(recording, options)
  await using raw = await openRawWriter(options)
  return await timed(recording.messages, async () => {
    for (const group of rows) await raw.write(group)
  })
}

async function timed(events: number, work: () => Promise<void>): Promise<Turn> {
  collectGarbage() // of the turn before
  const began = performance.now()
  const before = process.cpuUsage()
  await work()
  const wallMs = performance.now() - began
  const { user, system } = process.cpuUsage(before)
  return { perSecond: (events / wallMs) * 1_000, cpuMs: (user + system) / 1_000 / events }
}

/** All rows of all tables: the name of a table → its rows as one text. */
async function contents(options: StorageOptions): Promise<Map<string, string>> {
  const isSqlite = options.dialect === 'sqlite'
  await using database = isSqlite ? new SqliteDatabase(options.file) : new PostgresDatabase(options, () => {})
  const tables = await database.reader.all<{ name: string }>(
    isSqlite
      ? "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
      : "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
  )
  const found = new Map<string, string>()
  for (const { name } of tables) {
    const rows = await database.reader.all(`SELECT * FROM ${name}`)
    found.set(
      name,
      rows
        .map((row) => JSON.stringify(row))
        .sort()
        .join('\n'),
    )
  }
  return found
}
