import type { EventId } from '@ranvier/protocol/ids/brands'
import type { WriteHandle } from '../../db/types.ts'

/** A redacted event of which the whole form is still stored. */
export interface UnprunedEvent {
  eventId: EventId
  roomVersion: string
  /** Canonical JSON. */
  pdu: string
}

/** Remembers, in the transaction that redacts an event, that its content is still here. */
export async function markUnpruned(db: WriteHandle, eventId: string, redactedTs: number): Promise<void> {
  await db.send(
    'INSERT INTO unpruned_redactions (event_id, redacted_ts) VALUES (?, ?) ON CONFLICT (event_id) DO NOTHING',
    eventId,
    redactedTs,
  )
}

/** What redacted events said, until it is deleted. */
export class RedactionWriter {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    this.#db = tx.db
  }

  /** Up to `limit` events redacted before `beforeTs`, longest ago first. Fewer where some were deleted since. */
  async listUnpruned(beforeTs: number, limit: number): Promise<UnprunedEvent[]> {
    const rows = await this.#db.all<{ event_id: EventId; version: string | null; pdu: string | null }>(
      `SELECT u.event_id, r.version, e.pdu FROM unpruned_redactions u
       LEFT JOIN events e ON e.event_id = u.event_id LEFT JOIN rooms r ON r.room_id = e.room_id
       WHERE u.redacted_ts < ? ORDER BY u.redacted_ts, u.event_id LIMIT ?`,
      beforeTs,
      limit,
    )
    const unpruned: UnprunedEvent[] = []
    for (const { event_id: eventId, version: roomVersion, pdu } of rows) {
      if (roomVersion === null || pdu === null) await this.#forget(eventId)
      else unpruned.push({ eventId, roomVersion, pdu })
    }
    return unpruned
  }

  /** Replaces what is stored of the event. */
  async prune(eventId: string, prunedPdu: string): Promise<void> {
    await this.#db.send('UPDATE events SET pdu = ? WHERE event_id = ?', prunedPdu, eventId)
    await this.#forget(eventId)
  }

  async #forget(eventId: string): Promise<void> {
    await this.#db.send('DELETE FROM unpruned_redactions WHERE event_id = ?', eventId)
  }
}
