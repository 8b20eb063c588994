import { hash } from 'node:crypto'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { type BulkStatement, bulkSend } from '../../db/bulk.ts'
import type { ReadHandle, SqlValue, WriteHandle } from '../../db/types.ts'
import { type SearchTerms, wordsOf } from '../../search-words.ts'

/** Where the searched text of an event stands, by its type. Spec: CS API §Searching, `keys`. */
export const SEARCHED_KEYS = {
  'content.body': 'm.room.message',
  'content.name': 'm.room.name',
  'content.topic': 'm.room.topic',
} as const
export type SearchedKey = keyof typeof SEARCHED_KEYS

/** An event that has what is looked for. */
export interface SearchHit {
  nid: number
  roomId: RoomId
  sender: UserId
  position: number
  /** Higher is closer. Comparable within one search. */
  rank: number
}

export interface SearchQuery {
  terms: SearchTerms
  roomIds: readonly string[]
  keys: readonly SearchedKey[]
  order: 'recent' | 'rank'
  /** Events with lower numbers only. */
  before?: number | undefined
  limit: number
}

const ADD: BulkStatement = {
  one: 'INSERT OR REPLACE INTO event_search (rowid, room, words) VALUES (?, ?, ?)',
  many: `INSERT INTO event_search (nid, room_id, words)
    SELECT nid, room_id, words::tsvector FROM unnest(?::bigint[], ?::text[], ?::text[]) AS new(nid, room_id, words)
    ON CONFLICT (nid) DO UPDATE SET words = excluded.words`,
}
/** Of messages as long as they may be that is some megabytes. */
const ROWS_AT_ONCE = 100

/** An event whose words may be missing in the index. */
export interface UnindexedEvent {
  nid: number
  roomId: string
  type: string
  pdu: string
}

/** Closest are looked for among so many newest ones: a rank has to be computed for each. */
const MAX_RANKED = 10_000
/** More rooms than this are told apart after the words were found. */
const MAX_ROOMS_IN_QUERY = 500
const NEWEST = Number.MAX_SAFE_INTEGER
const MAX_WORD_POSITION = 16_383 // PostgreSQL's

/** Full-text search in rooms: FTS5 on SQLite, `tsvector` on PostgreSQL, with the same words on both. */
export class EventSearchReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** The events up to this position have been looked at. */
  async progress(): Promise<number> {
    const row = await this.db.get<{ position: number }>(
      'SELECT position FROM event_search_progress WHERE id = 1',
    )
    return row?.position ?? 0
  }

  /** In the order asked for; among equal ranks the newest first. Redacted events are not found. */
  async find({ terms, roomIds, keys, order, before, limit }: SearchQuery): Promise<SearchHit[]> {
    if (terms.phrases.length === 0 || roomIds.length === 0) return []
    const isSqlite = this.db.dialect === 'sqlite'
    const source = isSqlite
      ? '-bm25(event_search, 0.0, 1.0) AS rank FROM event_search CROSS JOIN events e ON e.nid = event_search.rowid WHERE event_search MATCH ?'
      : 'ts_rank(s.words, ?::tsquery) AS rank FROM event_search s JOIN events e ON e.nid = s.nid WHERE s.words @@ ?::tsquery'
    const match = isSqlite ? [ftsQuery(terms, roomIds)] : [tsQuery(terms), tsQuery(terms)]
    const number = isSqlite ? 'event_search.rowid' : 's.nid'
    const found = `SELECT e.nid, e.room_id, e.sender, e.position, ${source}
       AND ${isSqlite ? 'e' : 's'}.room_id = ANY(?) AND e.type = ANY(?) AND e.redacted_by IS NULL
       AND e.position IS NOT NULL AND e.status = 0 AND ${number} < ? ORDER BY ${number} DESC LIMIT ?`
    const params: SqlValue[] = [
      ...match,
      roomIds,
      keys.map((key) => SEARCHED_KEYS[key]),
      before ?? NEWEST,
      order === 'rank' ? MAX_RANKED : limit,
    ]
    const rows = await this.db.all<RawHit>(
      order === 'rank' ? `SELECT * FROM (${found}) AS hits ORDER BY rank DESC, nid LIMIT ${limit}` : found,
      ...params,
    )
    return rows.map((row) => ({
      nid: row.nid,
      roomId: row.room_id,
      sender: row.sender,
      position: row.position,
      rank: row.rank,
    }))
  }
}

interface RawHit {
  nid: number
  room_id: RoomId
  sender: UserId
  position: number
  rank: number
}

/** SQLite's default. */
const DELETED_PERCENT = 10

export class EventSearchWriter extends EventSearchReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  /** Events with a text to be searched, above one position up to another, that still say it. */
  async unindexed(after: number, upTo: number): Promise<UnindexedEvent[]> {
    const rows = await this.#db.all<{ nid: number; room_id: string; type: string; pdu: string }>(
      `SELECT nid, room_id, type, pdu FROM events
       WHERE nid > ? AND nid <= ? AND type = ANY(?) AND redacted_by IS NULL ORDER BY nid`,
      after,
      upTo,
      Object.values(SEARCHED_KEYS),
    )
    return rows.map(({ room_id: roomId, ...rest }) => ({ ...rest, roomId }))
  }

  /** Puts in the words of events that have none in the index, a row each. */
  async add(events: readonly { nid: number; roomId: string; text: string }[]): Promise<void> {
    const isSqlite = this.#db.dialect === 'sqlite'
    for (let i = 0; i < events.length; i += ROWS_AT_ONCE) {
      const rows = events.slice(i, i + ROWS_AT_ONCE).flatMap(({ nid, roomId, text }) => {
        const words = wordsOf(text)
        if (words.length === 0) return []
        return [isSqlite ? [nid, roomWord(roomId), words.join(' ')] : [nid, roomId, vectorOf(words)]]
      })
      await bulkSend(this.#db, ADD, rows)
    }
  }

  /**
   * Writes a piece of the index anew, of about so many pages, without what deleted events have left there: a segment of
   * which a tenth is deleted, or segments that are many. True: there is nothing to do. PostgreSQL's vacuum does it there.
   */
  async tidy(pages: number): Promise<boolean> {
    if (this.#db.dialect !== 'sqlite') return true
    const command = (name: string, value: number) =>
      // Not as a parameter: the driver binds numbers as floating point, which FTS5 refuses.
      this.#db.run(`INSERT INTO event_search (event_search, rank) VALUES (?, ${Math.floor(value)})`, name)
    const changes = async () =>
      (await this.#db.get<{ changes: number }>('SELECT total_changes() AS changes'))!.changes
    await command('deletemerge', DELETED_PERCENT)
    const before = await changes()
    await command('merge', pages)
    // One is the command itself. https://sqlite.org/fts5.html#the_merge_command
    const isTidy = (await changes()) - before < 2
    await command('deletemerge', 0)
    return isTidy
  }

  async setProgress(position: number): Promise<void> {
    await this.#db.run('UPDATE event_search_progress SET position = ? WHERE id = 1', position)
  }
}

/** Takes events out of the index, in the transaction that takes away what they said. */
export async function removeFromSearch(db: WriteHandle, nids: readonly number[]): Promise<void> {
  if (nids.length === 0) return
  const key = db.dialect === 'sqlite' ? 'rowid' : 'nid'
  await db.run(`DELETE FROM event_search WHERE ${key} = ANY(?)`, nids)
}

/** Words are letters and digits alone: nothing in them need be escaped. */
const vectorOf = (words: readonly string[]) =>
  words.map((word, i) => `'${word}':${Math.min(i + 1, MAX_WORD_POSITION)}`).join(' ')

function roomWord(roomId: string): string {
  return hash('sha256', roomId, 'hex').slice(0, 20)
}

function ftsQuery({ phrases }: SearchTerms, roomIds: readonly string[]): string {
  const words = phrases.map((phrase) => (phrase.length === 1 ? `"${phrase[0]}"*` : `"${phrase.join(' ')}"`))
  const query = `words : (${words.join(' AND ')})`
  if (roomIds.length > MAX_ROOMS_IN_QUERY) return query
  return `room : (${roomIds.map((roomId) => `"${roomWord(roomId)}"`).join(' OR ')}) AND ${query}`
}

function tsQuery({ phrases }: SearchTerms): string {
  return phrases
    .map((phrase) =>
      phrase.length === 1 ? `'${phrase[0]}':*` : `(${phrase.map((word) => `'${word}'`).join(' <-> ')})`,
    )
    .join(' & ')
}
