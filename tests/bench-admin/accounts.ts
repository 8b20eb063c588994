import type { UserId } from '@ranvier/protocol/ids/brands'
import type { NewAccount } from '@ranvier/storage'
import { openStorage, type Storage, type StorageOptions } from '@ranvier/storage'
import { type BulkInsert, bulkInsert } from '@ranvier/storage/db/bulk'
import type { SqlValue, WriteHandle } from '@ranvier/storage/db/types'
import { searchTextOf } from '@ranvier/storage/stores/account-names/search'
import pg from 'pg'
import { randomNumbers, word } from './words.ts'

const BATCH = 5_000
const NEWEST_TS = 1_790_000_000_000
const SPAN_MS = 3 * 365 * 86_400_000

const USERS: BulkInsert = {
  table: 'users',
  columns: {
    id: 'bigint',
    name: 'text',
    creation_ts: 'bigint',
    is_guest: 'bigint',
    deactivated: 'bigint',
    locked: 'bigint',
    approved: 'bigint',
    shadow_banned: 'bigint',
    user_type: 'text',
    displayname: 'text',
    avatar_url: 'text',
    last_seen_ts: 'bigint',
    kind: 'bigint',
    search_text: 'text',
  },
}

type Traits = Pick<
  Required<NewAccount>,
  'isGuest' | 'deactivated' | 'locked' | 'approved' | 'shadowBanned' | 'userType'
>

/** Writes `count` accounts straight into a database that no server has open, a hundred thousand in some seconds. */
export async function fillAccounts(
  options: StorageOptions,
  serverName: string,
  count: number,
): Promise<void> {
  await using storage = await openStorage(options)
  const random = randomNumbers(count)
  const kinds = new Map<string, number>()
  // Written once all rows are there, an index takes a second a million; kept row by row it takes minutes.
  const indexes = await dropIndexes(storage, 'users')
  let made = 0
  while (made < count) {
    const size = Math.min(BATCH, count - made)
    const traits = Array.from({ length: size }, () => traitsFrom(random))
    for (const one of traits) await learnKind(storage, kinds, one, serverName)
    await storage.write(async (tx) => {
      const last = await tx.takePosition('accounts', size)
      const rows = traits.map((one, i) =>
        rowFrom(random, one, last - size + 1 + i, kinds.get(keyOf(one))!, serverName),
      )
      await bulkInsert(tx.db, USERS, rows)
    })
    made += size
  }
  for (const sql of indexes) await storage.write((tx) => tx.db.run(sql))
  await storage.write((tx) => tx.accounts.rebuildLists())
  await tidyUp(options, storage)
}

/** Statistics, and on PostgreSQL visibility, which the database's own housekeeping sees to in time. */
export async function tidyUp(options: StorageOptions, storage: Storage): Promise<void> {
  if (options.dialect === 'sqlite') {
    await storage.write((tx) => tx.db.run('ANALYZE'))
    return
  }
  const client = new pg.Client(options.connection)
  await client.connect()
  await client.query('VACUUM ANALYZE') // which no transaction may hold
  await client.end()
}

/** Drops the indexes of a table; the statements that make them anew. Unique ones stay. */
export async function dropIndexes(storage: Storage, table: string): Promise<string[]> {
  return storage.write(async (tx) => {
    const found = await tx.db.all<{ name: string; sql: string }>(
      storage.dialect === 'sqlite'
        ? `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql LIKE 'CREATE INDEX%'`
        : `SELECT indexname AS name, indexdef AS sql FROM pg_indexes
           WHERE schemaname = 'public' AND tablename = ? AND indexdef LIKE 'CREATE INDEX%'`,
      table,
    )
    for (const { name } of found) await tx.db.run(`DROP INDEX ${name}`)
    return found.map(({ sql }) => sql)
  })
}

const keyOf = (traits: Traits) => Object.values(traits).join()

/** The store names kinds: an account of each is made by it, and the bulk follows. */
async function learnKind(
  storage: Storage,
  kinds: Map<string, number>,
  traits: Traits,
  serverName: string,
): Promise<void> {
  if (kinds.has(keyOf(traits))) return
  const userId = `@first.of.kind.${kinds.size}:${serverName}` as UserId
  const kind = await storage.write(async (tx) => {
    await tx.accounts.create({ userId, createdTs: NEWEST_TS, ...traits })
    return tx.db.get<{ kind: number }>('SELECT kind FROM users WHERE name = ?', userId)
  })
  kinds.set(keyOf(traits), kind!.kind)
}

function traitsFrom(random: () => number): Traits {
  const type = random()
  return {
    isGuest: random() < 0.03,
    deactivated: random() < 0.1,
    locked: random() < 0.005,
    approved: random() >= 0.005,
    shadowBanned: random() < 0.002,
    userType: type < 0.01 ? 'bot' : type < 0.011 ? 'support' : null,
  }
}

function rowFrom(
  random: () => number,
  traits: Traits,
  id: number,
  kind: number,
  serverName: string,
): SqlValue[] {
  const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1)
  const userId = `@${word(random, 2)}.${word(random, 2)}${id}:${serverName}` as UserId
  const displayname = random() < 0.2 ? null : `${capital(word(random, 2))} ${capital(word(random, 3))}`
  const createdTs = NEWEST_TS - Math.floor(random() * SPAN_MS)
  return [
    id,
    userId,
    createdTs,
    ...[traits.isGuest, traits.deactivated, traits.locked, traits.approved, traits.shadowBanned].map(Number),
    traits.userType,
    displayname,
    random() < 0.3 ? `mxc://${serverName}/${word(random, 8)}${id}` : null,
    random() < 0.6 ? createdTs + Math.floor(random() * (NEWEST_TS - createdTs)) : null,
    kind,
    searchTextOf(userId, displayname),
  ]
}

/** What the documented recipe does, from outside. */
export async function makeAdmins(db: WriteHandle, count: number): Promise<void> {
  await db.run(
    'UPDATE users SET admin = 1 WHERE id IN (SELECT id FROM users ORDER BY id DESC LIMIT ?)',
    count,
  )
}
