import { openStorage, type Storage, type StorageOptions } from '@ranvier/storage'
import { type BulkInsert, bulkInsert } from '@ranvier/storage/db/bulk'
import type { SqlValue } from '@ranvier/storage/db/types'
import { dropIndexes, tidyUp } from './accounts.ts'
import { type Random, randomNumbers, SYLLABLES, word } from './words.ts'

export interface ListCounts {
  rooms: number
  media: number
  /** About events, as many about users, and as many actions of administrators. */
  reports: number
}

const BATCH = 5_000
const NEWEST_TS = 1_790_000_000_000
const SPAN_MS = 3 * 365 * 86_400_000
/** Files of a user, on average. */
const FILES_EACH = 100

/** How many accounts have files. */
export const uploadersFor = ({ media }: ListCounts) => Math.max(100, Math.floor(media / FILES_EACH))
export const destinationsFor = ({ rooms }: ListCounts) => Math.max(1_000, Math.floor(rooms / 5))

type Columns = BulkInsert['columns']

const ROOM_COLUMNS: Columns = {
  room_id: 'text',
  version: 'text',
  creator: 'text',
  created_ts: 'bigint',
  published: 'bigint',
  extremities: 'text',
  depth: 'bigint',
  snapshot: 'bigint',
  last_position: 'bigint',
  last_ts: 'bigint',
  event_count: 'bigint',
  state_event_count: 'bigint',
  joined_count: 'bigint',
  invited_count: 'bigint',
  name: 'text',
  canonical_alias: 'text',
  join_rule: 'text',
  history_visibility: 'text',
  guest_access: 'text',
  encryption: 'text',
  federatable: 'bigint',
}
const MEDIA_COLUMNS: Columns = {
  media_id: 'text',
  user_id: 'text',
  media_type: 'text',
  media_length: 'bigint',
  upload_name: 'text',
  created_ts: 'bigint',
  last_access_ts: 'bigint',
  quarantined_by: 'text',
  safe_from_quarantine: 'bigint',
  authenticated: 'bigint',
  sha256: 'text',
}
const EVENT_REPORT_COLUMNS: Columns = {
  id: 'bigint',
  received_ts: 'bigint',
  room_id: 'text',
  event_id: 'text',
  user_id: 'text',
  sender: 'text',
  reason: 'text',
  score: 'bigint',
}
const USER_REPORT_COLUMNS: Columns = {
  id: 'bigint',
  received_ts: 'bigint',
  target_user_id: 'text',
  user_id: 'text',
  reason: 'text',
}
const DESTINATION_COLUMNS: Columns = {
  destination: 'text',
  retry_last_ts: 'bigint',
  retry_interval: 'bigint',
  failure_ts: 'bigint',
  last_successful_stream_ordering: 'bigint',
}
const AUDIT_COLUMNS: Columns = {
  id: 'bigint',
  ts: 'bigint',
  action_id: 'text',
  operation: 'text',
  actor: 'text',
  target: 'text',
  changes: 'text',
  more_changes: 'bigint',
  jobs: 'text',
}

/** Names that pages ask for. */
export const roomId = (n: number) => `!room${n.toString(36)}:ran`
export const reporter = (n: number) => `@reporter.${SYLLABLES[n % SYLLABLES.length]}${n}:ran`
export const reported = (n: number) => `@reported${n}:elsewhere.example`

/**
 * Writes rooms, files, reports, destinations and actions straight into a database that no server has open, and lets what is
 * kept about them be made anew. Who has a tenth of the files.
 */
export async function fillLists(
  options: StorageOptions,
  counts: ListCounts,
  progress: (what: string) => void,
): Promise<string> {
  await using storage = await openStorage(options)
  const random = randomNumbers(counts.rooms + counts.media)
  const users = await storage.write((tx) => tx.db.all<{ name: string }>('SELECT name FROM users ORDER BY id'))
  const names = users.map(({ name }) => name)
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!
  const collector = names[0]!
  const insert = async (table: string, columns: Columns, count: number, row: (n: number) => SqlValue[]) => {
    await insertMany(storage, { table, columns }, count, row)
    progress(`${count} rows of ${table}`)
  }
  await insert('rooms', ROOM_COLUMNS, counts.rooms, (n) => roomRow(random, n, pick(names)))
  await insert('local_media', MEDIA_COLUMNS, counts.media, (n) =>
    mediaRow(random, n, random() < 0.1 ? collector : pick(names)),
  )
  const nth = (count: number) => Math.floor(random() * count)
  const timeOf = (n: number) => NEWEST_TS - n * 1_000
  await insert('event_reports', EVENT_REPORT_COLUMNS, counts.reports, (n) => [
    n + 1,
    timeOf(n),
    roomId(nth(counts.rooms / 10)),
    `$event${n}`,
    reporter(nth(counts.reports / 20)),
    reported(nth(counts.reports / 10)),
    'spam',
    null,
  ])
  await insert('user_reports', USER_REPORT_COLUMNS, counts.reports, (n) => [
    n + 1,
    timeOf(n),
    reported(nth(counts.reports / 10)),
    reporter(nth(counts.reports / 20)),
    'spam',
  ])
  await insert('destinations', DESTINATION_COLUMNS, destinationsFor(counts), (n) => [
    `${pick(SYLLABLES)}${pick(SYLLABLES)}${n}.example`,
    random() < 0.1 ? timeOf(n) : 0,
    random() < 0.1 ? 60_000 * nth(100) : 0,
    random() < 0.1 ? timeOf(n) : null,
    random() < 0.9 ? n : null,
  ])
  const before = (await storage.positions()).audit
  await insert('audit_log', AUDIT_COLUMNS, counts.reports, (n) => [
    before + n + 1,
    timeOf(counts.reports - n),
    `action${n}`,
    `operation${nth(50)}`,
    names[nth(20)]!,
    pick(names),
    '[]',
    0,
    '[]',
  ])
  await storage.write(async (tx) => {
    await tx.takePosition('audit', counts.reports)
    await tx.takePosition('reports', counts.reports)
    await tx.rebuild.adminLists()
  })
  progress('what is kept')
  await tidyUp(options, storage)
  return collector
}

/** Written once all rows are there, an index takes a second a million; kept row by row it takes minutes. */
async function insertMany(
  storage: Storage,
  into: BulkInsert,
  count: number,
  row: (n: number) => SqlValue[],
): Promise<void> {
  const indexes = await dropIndexes(storage, into.table)
  for (let made = 0; made < count; made += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - made) }, (_, i) => row(made + i))
    await storage.write((tx) => bulkInsert(tx.db, into, rows))
  }
  for (const sql of indexes) await storage.write((tx) => tx.db.run(sql))
}

function roomRow(random: Random, n: number, creator: string): SqlValue[] {
  const rarely = (share: number, value: SqlValue) => (random() < share ? value : null)
  const createdTs = NEWEST_TS - Math.floor(random() * SPAN_MS)
  return [
    roomId(n),
    random() < 0.3 ? '9' : '10',
    creator,
    createdTs,
    random() < 0.1 ? 1 : 0,
    '[]',
    1,
    0,
    0,
    createdTs,
    Math.floor(random() ** 4 * 10_000),
    Math.floor(random() ** 4 * 1_000),
    random() < 0.1 ? 0 : 1 + Math.floor(random() ** 6 * 5_000),
    0,
    rarely(0.6, `${word(random, 2)} ${word(random, 3)}`),
    rarely(0.2, `#${word(random, 3)}${n}:ran`),
    random() < 0.2 ? 'public' : 'invite',
    'shared',
    rarely(0.5, 'can_join'),
    rarely(0.7, 'm.megolm.v1.aes-sha2'),
    random() < 0.9 ? 1 : 0,
  ]
}

function mediaRow(random: Random, n: number, userId: string): SqlValue[] {
  const createdTs = NEWEST_TS - Math.floor(random() * SPAN_MS)
  return [
    `media${n.toString(36)}`,
    userId,
    random() < 0.7 ? 'image/jpeg' : 'video/mp4',
    Math.floor(random() ** 3 * 10_000_000),
    random() < 0.5 ? `${word(random, 3)}.jpg` : null,
    createdTs,
    random() < 0.5 ? createdTs + Math.floor(random() * (NEWEST_TS - createdTs)) : null,
    random() < 0.01 ? '@moderator:ran' : null,
    random() < 0.01 ? 1 : 0,
    1,
    `sha of ${n}`,
  ]
}
