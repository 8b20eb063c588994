import type { StorageOptions } from '@ranvier/storage'
import { PostgresDatabase } from '@ranvier/storage/db/postgres'
import { SqliteDatabase } from '@ranvier/storage/db/sqlite'
import type { Database, ReadHandle } from '@ranvier/storage/db/types'

const JOBS_TIMEOUT_MS = 60_000
const JOBS_RETRY_MS = 100
/** These may tell of users who are not ours or no longer are, or, in the queue, of a whole room. */
const NOT_OF_ACCOUNTS = new Set([
  'room_members',
  'user_reports',
  'event_reports',
  'room_reports',
  'user_directory_queue',
])
/** Rows of these go with their device. */
const OF_DEVICES = [
  'access_tokens',
  'refresh_tokens',
  'device_keys',
  'one_time_keys',
  'fallback_keys',
  'to_device',
]

const open = (options: StorageOptions): Database =>
  options.dialect === 'sqlite' ? new SqliteDatabase(options.file) : new PostgresDatabase(options, () => {})

/** Waits until the server has done what requests have left it to do in the background; what did not succeed. */
export async function untilJobsEnd(options: StorageOptions): Promise<string[]> {
  await using database = open(options)
  const deadline = performance.now() + JOBS_TIMEOUT_MS
  for (;;) {
    const live = await database.reader.all<{ name: string; error: string | null }>(
      "SELECT name, error FROM jobs WHERE status IN ('scheduled', 'active') AND due_ts <= ?",
      Date.now(),
    )
    if (live.length === 0) break
    if (performance.now() > deadline) return [`${live.length} jobs do not end, such as ${live[0]!.name}`]
    await new Promise((resolve) => setTimeout(resolve, JOBS_RETRY_MS))
  }
  const failed = await database.reader.all<{ name: string; error: string | null }>(
    "SELECT name, error FROM jobs WHERE error IS NOT NULL OR status = 'failed' LIMIT 5",
  )
  return failed.map(({ name, error }) => `the job ${name} failed: ${error}`)
}

/** What does not fit together in the database of a server that is stopped. */
export async function findInconsistencies(options: StorageOptions): Promise<string[]> {
  await using database = open(options)
  const db = database.reader
  const problems: string[] = []
  if (db.dialect === 'sqlite') {
    const check = await db.get<{ integrity_check: string }>('PRAGMA integrity_check')
    if (check?.integrity_check !== 'ok') problems.push(`the file is damaged: ${check?.integrity_check}`)
  }
  const withUser = (await tablesWith(db, 'user_id')).filter((table) => !NOT_OF_ACCOUNTS.has(table))
  for (const table of withUser)
    problems.push(
      ...(await strayRows(
        db,
        table,
        'NOT EXISTS (SELECT 1 FROM users WHERE users.name = t.user_id)',
        'account',
      )),
    )
  for (const table of OF_DEVICES)
    problems.push(...(await strayRows(db, table, `t.device_id IS NOT NULL AND ${NO_DEVICE}`, 'device')))
  for (const [what, sql] of TOTALS) {
    const wrong = await db.all<object>(sql)
    if (wrong.length > 0) problems.push(`${what}: ${wrong.length} times, such as ${JSON.stringify(wrong[0])}`)
  }
  return problems
}

const NO_DEVICE =
  'NOT EXISTS (SELECT 1 FROM devices d WHERE d.user_id = t.user_id AND d.device_id = t.device_id)'

/** Kept numbers against what they count. */
const TOTALS: readonly (readonly [string, string])[] = [
  [
    'the number of accounts of a kind is wrong',
    `SELECT k.id, k.accounts, COUNT(u.id) AS counted FROM user_kinds k LEFT JOIN users u ON u.kind = k.id
     GROUP BY k.id, k.accounts HAVING k.accounts != COUNT(u.id)`,
  ],
  [
    'an account has a kind that is not its own',
    `SELECT u.name FROM users u LEFT JOIN user_kinds k ON k.id = u.kind WHERE k.id IS NULL
     OR k.is_guest != u.is_guest OR k.deactivated != u.deactivated OR k.locked != u.locked
     OR k.approved != u.approved OR k.shadow_banned != u.shadow_banned OR k.user_type != COALESCE(u.user_type, '')`,
  ],
  [
    'the blocks of a list do not add up to its accounts',
    `SELECT list, SUM(accounts) AS summed FROM user_blocks GROUP BY list
     HAVING SUM(accounts) != (SELECT COUNT(*) FROM users)`,
  ],
  [
    'the totals of a user’s media are wrong',
    `SELECT t.user_id, t.files FROM user_media_totals t LEFT JOIN local_media m ON m.user_id = t.user_id
     GROUP BY t.user_id, t.files, t.bytes
     HAVING t.files != COUNT(m.media_id) OR t.bytes != COALESCE(SUM(m.media_length), 0)`,
  ],
  [
    'the number of rooms of a sort is wrong',
    `SELECT t.kind, t.entries, COUNT(r.room_id) AS counted FROM list_totals t
     LEFT JOIN rooms r ON r.published * 2 + CASE WHEN r.joined_count <= 0 THEN 1 ELSE 0 END = t.kind
     WHERE t.list = 'rooms' GROUP BY t.kind, t.entries HAVING t.entries != COUNT(r.room_id)`,
  ],
  [
    'the number of reports is wrong',
    `SELECT list, entries FROM list_totals WHERE
     (list = 'event_reports' AND entries != (SELECT COUNT(*) FROM event_reports))
     OR (list = 'user_reports' AND entries != (SELECT COUNT(*) FROM user_reports))`,
  ],
  [
    'a part of names is not counted as often as accounts have it',
    `SELECT gram, accounts FROM user_grams WHERE accounts < 0
     OR accounts > (SELECT COALESCE(SUM(k.accounts), 0) FROM user_kinds k WHERE k.id = user_grams.kind)`,
  ],
  [
    'a session of a deactivated account has stayed',
    `SELECT t.user_id FROM access_tokens t JOIN users u ON u.name = t.user_id WHERE u.deactivated = 1`,
  ],
]

async function strayRows(db: ReadHandle, table: string, condition: string, of: string): Promise<string[]> {
  const rows = await db.all<object>(`SELECT * FROM ${table} t WHERE ${condition} LIMIT 3`)
  return rows.map((row) => `${table} has a row without its ${of}: ${JSON.stringify(row).slice(0, 300)}`)
}

async function tablesWith(db: ReadHandle, column: string): Promise<string[]> {
  const sql =
    db.dialect === 'sqlite'
      ? `SELECT m.name AS name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = ?`
      : `SELECT table_name AS name FROM information_schema.columns WHERE table_schema = current_schema() AND column_name = ?`
  return (await db.all<{ name: string }>(sql, column)).map(({ name }) => name)
}
