import type { EventId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'
import { removeFromSearch } from '../events/event-search.ts'
import { recountThread, THREAD } from '../events/threads.ts'

/** `change` of the fact of the `events` stream that says: events of a room have gone, the room has not. */
export const HISTORY_PURGED = 'history-purged'

/** What decides whether an event may go. */
export interface PurgeableEvent {
  nid: number
  eventId: EventId
  position: number
  depth: number
  stateKey: string | null
  sender: UserId
}

/** The past of rooms, for those who take it away. */
export class HistoryPurgeReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** The newest accepted event of the room that was received before a time. */
  async eventBefore(roomId: string, receivedTs: number): Promise<EventId | undefined> {
    const row = await this.db.get<{ event_id: EventId }>(
      `SELECT event_id FROM events WHERE room_id = ? AND position IS NOT NULL AND received_ts < ? AND status = 0
       ORDER BY position DESC LIMIT 1`,
      roomId,
      receivedTs,
    )
    return row?.event_id
  }

  /** Up to `limit` events of the room between two positions, neither included, oldest first. */
  async events(
    roomId: string,
    { after, before, limit }: { after: number; before: number; limit: number },
  ): Promise<PurgeableEvent[]> {
    const rows = await this.db.all<{
      nid: number
      event_id: EventId
      position: number
      depth: number
      state_key: string | null
      sender: UserId
    }>(
      `SELECT nid, event_id, position, depth, state_key, sender FROM events
       WHERE room_id = ? AND position > ? AND position < ? ORDER BY position LIMIT ?`,
      roomId,
      after,
      before,
      limit,
    )
    return rows.map((row) => ({
      nid: row.nid,
      eventId: row.event_id,
      position: row.position,
      depth: row.depth,
      stateKey: row.state_key,
      sender: row.sender,
    }))
  }
}

export class HistoryPurgeWriter extends HistoryPurgeReader {
  readonly #db: WriteHandle
  readonly #tx: Pick<Transaction, 'takePosition' | 'announce'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>) {
    super(tx.db)
    this.#db = tx.db
    this.#tx = tx
  }

  /** Takes events away that are not state. Whoever keeps them in memory is told. */
  async delete(roomId: string, events: readonly Pick<PurgeableEvent, 'nid' | 'eventId'>[]): Promise<void> {
    if (events.length === 0) return
    const nids = events.map(({ nid }) => nid)
    // They are of the room, and found by their numbers: asked by room, SQLite looks at all that is left of it each time.
    const threads = await this.#db.all<{ relates_to: string }>(
      'SELECT DISTINCT relates_to FROM events WHERE nid = ANY(?) AND COALESCE(rel_type, ?) = ?',
      nids,
      '',
      THREAD,
    )
    const deleted = await this.#db.run('DELETE FROM events WHERE nid = ANY(?) AND state_key IS NULL', nids)
    await removeFromSearch(this.#db, nids)
    await this.#db.send(
      'DELETE FROM unpruned_redactions WHERE event_id = ANY(?)',
      events.map(({ eventId }) => eventId),
    )
    for (const { relates_to: rootId } of threads) await recountThread(this.#db, roomId, rootId)
    await this.#db.send('UPDATE rooms SET event_count = event_count - ? WHERE room_id = ?', deleted, roomId)
    const position = await this.#tx.takePosition('events')
    this.#tx.announce({ stream: 'events', position, key: roomId, change: HISTORY_PURGED })
  }
}
