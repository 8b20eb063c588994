import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** An event that waits for its time. MSC4140 */
export interface DelayedEvent {
  delayId: string
  userId: UserId
  deviceId: string | null
  roomId: RoomId
  type: string
  /** null for events that are not state. */
  stateKey: string | null
  /** JSON text of an object. */
  content: string
  delayMs: number
  runningSinceTs: number
  /** When it is sent: `runningSinceTs` and the delay. */
  dueTs: number
  /** Where the stream `events` was when it was scheduled. */
  afterPosition: number
}

interface RawDelayedEvent {
  delay_id: string
  user_id: UserId
  device_id: string | null
  room_id: RoomId
  type: string
  state_key: string | null
  content: string
  delay_ms: number
  running_since_ts: number
  due_ts: number
  after_position: number
}
const COLUMNS =
  'delay_id, user_id, device_id, room_id, type, state_key, content, delay_ms, running_since_ts, due_ts, after_position'

/** True of state that somebody else has set since: such an event is not sent any more. */
const SUPERSEDED = `d.state_key IS NOT NULL AND EXISTS (
  SELECT 1 FROM state_changes c JOIN events e ON e.nid = c.nid
  WHERE c.room_id = d.room_id AND c.type = d.type AND c.state_key = d.state_key
    AND c.position > d.after_position AND e.sender <> d.user_id)`

/** Events that wait for their time; those which others made pointless are not among them. */
export class DelayedEventReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(delayId: string): Promise<DelayedEvent | undefined> {
    const row = await this.db.get<RawDelayedEvent>(
      `SELECT ${COLUMNS} FROM delayed_events d WHERE delay_id = ? AND NOT (${SUPERSEDED})`,
      delayId,
    )
    return row && toDelayed(row)
  }

  /** All of a user's, the next one first. */
  async listOfUser(userId: string): Promise<DelayedEvent[]> {
    const rows = await this.db.all<RawDelayedEvent>(
      `SELECT ${COLUMNS} FROM delayed_events d WHERE user_id = ? AND NOT (${SUPERSEDED}) ORDER BY due_ts, delay_id`,
      userId,
    )
    return rows.map(toDelayed)
  }

  /** Ids of those that are due, the oldest first; also of those others made pointless, which are to be deleted. */
  async due(nowTs: number, limit: number): Promise<string[]> {
    const rows = await this.db.all<{ delay_id: string }>(
      'SELECT delay_id FROM delayed_events WHERE due_ts <= ? ORDER BY due_ts, delay_id LIMIT ?',
      nowTs,
      limit,
    )
    return rows.map((row) => row.delay_id)
  }

  /** When the next one is due; `undefined` if none waits. */
  async nextDueTs(): Promise<number | undefined> {
    const row = await this.db.get<{ due_ts: number }>(
      'SELECT due_ts FROM delayed_events ORDER BY due_ts, delay_id LIMIT 1',
    )
    return row?.due_ts
  }
}

export class DelayedEventWriter extends DelayedEventReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  /** `afterPosition` is where the stream `events` is now. */
  async add(event: Omit<DelayedEvent, 'afterPosition'>): Promise<void> {
    await this.#db.send(
      `INSERT INTO delayed_events (${COLUMNS})
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT position FROM streams WHERE name = 'events'))`,
      event.delayId,
      event.userId,
      event.deviceId,
      event.roomId,
      event.type,
      event.stateKey,
      event.content,
      event.delayMs,
      event.runningSinceTs,
      event.dueTs,
    )
  }

  /** Begins the delay anew. False if there is no such event. */
  async restart(delayId: string, nowTs: number): Promise<boolean> {
    const changed = await this.#db.run(
      'UPDATE delayed_events SET running_since_ts = ?, due_ts = ? + delay_ms WHERE delay_id = ?',
      nowTs,
      nowTs,
      delayId,
    )
    return changed > 0
  }

  /** Tries to send again at `dueTs`. */
  async postpone(delayId: string, dueTs: number): Promise<void> {
    await this.#db.send('UPDATE delayed_events SET due_ts = ? WHERE delay_id = ?', dueTs, delayId)
  }

  /** False if there is no such event. */
  async delete(delayId: string): Promise<boolean> {
    return (await this.#db.run('DELETE FROM delayed_events WHERE delay_id = ?', delayId)) > 0
  }

  async deleteOfUser(userId: string): Promise<void> {
    await this.#db.send('DELETE FROM delayed_events WHERE user_id = ?', userId)
  }
}

function toDelayed(row: RawDelayedEvent): DelayedEvent {
  return {
    delayId: row.delay_id,
    userId: row.user_id,
    deviceId: row.device_id,
    roomId: row.room_id,
    type: row.type,
    stateKey: row.state_key,
    content: row.content,
    delayMs: row.delay_ms,
    runningSinceTs: row.running_since_ts,
    dueTs: row.due_ts,
    afterPosition: row.after_position,
  }
}
