import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStorage, type StorageOptions } from '@ranvier/storage'
import { type BulkInsert, bulkInsert } from '@ranvier/storage/db/bulk'
import type { SqlValue } from '@ranvier/storage/db/types'

const BATCH = 5_000
const COPIED = `room_id, type, state_key, sender, origin_server_ts, received_ts, pdu, snapshot, status`

/** Lets a room have `count` messages more, copies of its last one, written into a database that no server has open. */
export async function fillRoom(options: StorageOptions, roomId: string, count: number): Promise<void> {
  await using storage = await openStorage(options)
  for (let made = 0; made < count; made += BATCH) {
    const size = Math.min(BATCH, count - made)
    await storage.write(async (tx) => {
      const last = await tx.takePosition('events', size)
      await tx.db.run(
        `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${size}),
           original AS (SELECT nid, depth, ${COPIED} FROM events
             WHERE room_id = ? AND type = 'm.room.message' ORDER BY position DESC LIMIT 1)
         INSERT INTO events (nid, position, event_id, depth, ${COPIED})
         SELECT ${last - size} + i, ${last - size} + i, '$copy' || (${last - size} + i), depth + i, ${COPIED}
         FROM n, original`,
        roomId,
      )
      await tx.db.run(
        `UPDATE rooms SET event_count = event_count + ${size}, last_position = ${last}, depth = depth + ${size},
           extremities = '["$copy${last}"]' WHERE room_id = ?`,
        roomId,
      )
    })
  }
}

const MEDIA: BulkInsert = {
  table: 'local_media',
  columns: {
    media_id: 'text',
    user_id: 'text',
    media_type: 'text',
    media_length: 'bigint',
    created_ts: 'bigint',
    authenticated: 'bigint',
    sha256: 'text',
  },
}

/** Lets a user have `count` small files more, each with a content of its own. */
export async function fillMedia(
  options: StorageOptions,
  store: string,
  userId: string,
  count: number,
): Promise<void> {
  await using storage = await openStorage(options)
  const rows: SqlValue[][] = []
  for (let i = 0; i < count; i++) {
    const content = `file ${i}`
    const sha256 = createHash('sha256').update(content).digest('hex')
    const folder = join(store, 'content', sha256.slice(0, 2))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, sha256.slice(2)), content)
    rows.push([`fill${i}`, userId, 'text/plain', content.length, 1_600_000_000_000 + i, 1, sha256])
  }
  for (let i = 0; i < count; i += BATCH)
    await storage.write((tx) => bulkInsert(tx.db, MEDIA, rows.slice(i, i + BATCH)))
  await storage.write((tx) =>
    tx.db.run(
      `INSERT INTO user_media_totals (user_id, files, bytes)
       SELECT user_id, COUNT(*), SUM(media_length) FROM local_media WHERE user_id = ? GROUP BY user_id
       ON CONFLICT (user_id) DO UPDATE SET files = excluded.files, bytes = excluded.bytes`,
      userId,
    ),
  )
}
