import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

/** What a user has to do with a thread. MSC4306 */
export interface ThreadSubscription {
  roomId: RoomId
  rootId: EventId
  /** Of its last change, in the `account_data` stream. */
  position: number
  subscribed: boolean
  /** A client subscribed because of something said in the thread; the user did not ask for it. */
  automatic: boolean
  /** Position in the `events` stream up to which the thread was left; 0 if it never was. */
  leftAfter: number
}

interface RawSubscription {
  room_id: RoomId
  root_id: EventId
  position: number
  subscribed: number
  automatic: number
  left_after: number
}
const COLUMNS = 'room_id, root_id, position, subscribed, automatic, left_after'

export class ThreadSubscriptionReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** `undefined`: the user has never been subscribed, nor left. */
  async find(userId: string, roomId: string, rootId: string): Promise<ThreadSubscription | undefined> {
    const row = await this.db.get<RawSubscription>(
      `SELECT ${COLUMNS} FROM thread_subscriptions WHERE user_id = ? AND room_id = ? AND root_id = ?`,
      userId,
      roomId,
      rootId,
    )
    return row && toSubscription(row)
  }

  /** Roots of the threads of the room the user is subscribed to. */
  async subscribedIn(userId: string, roomId: string): Promise<ReadonlySet<EventId>> {
    const rows = await this.db.all<{ root_id: EventId }>(
      'SELECT root_id FROM thread_subscriptions WHERE user_id = ? AND room_id = ? AND subscribed = 1',
      userId,
      roomId,
    )
    return new Set(rows.map((row) => row.root_id))
  }

  /** The user's changes in positions above `after` up to `upTo`, the newest (`b`) or oldest first. */
  async changes(
    userId: string,
    { after, upTo, dir, limit }: { after: number; upTo: number; dir: 'b' | 'f'; limit: number },
  ): Promise<ThreadSubscription[]> {
    const rows = await this.db.all<RawSubscription>(
      `SELECT ${COLUMNS} FROM thread_subscriptions WHERE user_id = ? AND position > ? AND position <= ?
       ORDER BY position ${dir === 'b' ? 'DESC' : 'ASC'} LIMIT ?`,
      userId,
      after,
      upTo,
      limit,
    )
    return rows.map(toSubscription)
  }
}

export class ThreadSubscriptionWriter extends ThreadSubscriptionReader {
  readonly #tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>) {
    super(tx.db)
    this.#tx = tx
  }

  async set(userId: UserId, subscription: Omit<ThreadSubscription, 'position'>): Promise<void> {
    const { roomId, rootId, subscribed, automatic, leftAfter } = subscription
    const position = await this.#tx.takePosition('account_data')
    await this.#tx.db.send(
      `INSERT INTO thread_subscriptions (user_id, room_id, root_id, position, subscribed, automatic, left_after)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (user_id, room_id, root_id) DO UPDATE SET position = excluded.position,
         subscribed = excluded.subscribed, automatic = excluded.automatic, left_after = excluded.left_after`,
      userId,
      roomId,
      rootId,
      position,
      subscribed ? 1 : 0,
      automatic ? 1 : 0,
      leftAfter,
    )
    this.#tx.announce({ stream: 'account_data', position, key: userId, change: 'thread-subscription' })
  }

  /** All of a user's. Nobody is told: the account is going. */
  async deleteAll(userId: string): Promise<void> {
    await this.#tx.db.send('DELETE FROM thread_subscriptions WHERE user_id = ?', userId)
  }
}

function toSubscription(row: RawSubscription): ThreadSubscription {
  return {
    roomId: row.room_id,
    rootId: row.root_id,
    position: row.position,
    subscribed: row.subscribed === 1,
    automatic: row.automatic === 1,
    leftAfter: row.left_after,
  }
}
