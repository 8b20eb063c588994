import { openStorage, type StorageOptions } from '@ranvier/storage'
import { type BulkInsert, bulkInsert } from '@ranvier/storage/db/bulk'
import { PostgresDatabase } from '@ranvier/storage/db/postgres'
import { SqliteDatabase } from '@ranvier/storage/db/sqlite'
import type { Database, SqlValue } from '@ranvier/storage/db/types'

/** What one message writes: its event, its transaction id, its room's row and the stream's counter. */
const EVENTS: BulkInsert = {
  table: 'events',
  columns: {
    nid: 'bigint',
    position: 'bigint',
    event_id: 'text',
    room_id: 'text',
    type: 'text',
    sender: 'text',
    depth: 'bigint',
    origin_server_ts: 'bigint',
    received_ts: 'bigint',
    pdu: 'text',
    snapshot: 'bigint',
    txn_device: 'text',
    txn_id: 'text',
  },
}
const TXNS: BulkInsert = {
  table: 'client_txns',
  columns: {
    user_id: 'text',
    device_id: 'text',
    scope: 'text',
    txn_id: 'text',
    response: 'text',
    created_ts: 'bigint',
  },
}
const TAKE = "UPDATE streams SET position = position + ? WHERE name = 'events' RETURNING position"
const ROOM =
  'UPDATE rooms SET depth = ?, last_position = ?, extremities = ?, event_count = event_count + 1 WHERE room_id = ?'
const PDU_BYTES = 700 // of a short message with its hashes and signature

/**
 * The floor for sends: prepared statements that write the rows of messages, a transaction a group, and nothing else.
 * Same database, same schema, same durability as the server's.
 */
export class RawWriter implements AsyncDisposable {
  readonly #database: Database
  #n = 0

  constructor(database: Database) {
    this.#database = database
  }

  async write(group: number): Promise<void> {
    await this.#database.transaction(async (db) => {
      const last = (await db.get<{ position: number }>(TAKE, group))!.position
      const events: SqlValue[][] = []
      const txns: SqlValue[][] = []
      for (let i = 0; i < group; i++) {
        const nid = last - group + 1 + i
        const id = `$${(++this.#n).toString().padStart(43, 'x')}`
        const room = `!room${i}:ranvier.test`
        const now = 1_700_000_000_000
        const pdu = 'x'.repeat(PDU_BYTES)
        events.push([
          nid,
          nid,
          id,
          room,
          'm.room.message',
          '@u:ranvier.test',
          1,
          now,
          now,
          pdu,
          1,
          'DEVICE',
          `t${nid}`,
        ])
        txns.push(['@u:ranvier.test', 'DEVICE', 'send', `t${nid}`, `{"event_id":"${id}"}`, now])
      }
      await bulkInsert(db, EVENTS, events)
      await bulkInsert(db, TXNS, txns)
      for (let i = 0; i < group; i++) await db.run(ROOM, last, last, '[]', `!room${i}:ranvier.test`)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database[Symbol.asyncDispose]()
  }
}

/** On a fresh database, which is given the schema first. */
export async function openRawWriter(options: StorageOptions): Promise<RawWriter> {
  await (await openStorage(options))[Symbol.asyncDispose]()
  return new RawWriter(
    options.dialect === 'sqlite' ? new SqliteDatabase(options.file) : new PostgresDatabase(options, () => {}),
  )
}
