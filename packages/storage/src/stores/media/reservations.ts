import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** A URI that was given out and has no content yet. */
export interface MediaReservation {
  mediaId: string
  /** Who may upload to it. */
  userId: UserId
  createdTs: number
  /** When the upload must be complete. */
  expiresTs: number
  /** The file will be given only to who shows a token. */
  authenticated: boolean
}

interface ReservationRow {
  media_id: string
  user_id: UserId
  created_ts: number
  expires_ts: number
  authenticated: number
}

/** URIs given out before their content. Expired ones stay until they are swept. */
export class MediaReservationReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(mediaId: string): Promise<MediaReservation | undefined> {
    const row = await this.db.get<ReservationRow>(
      'SELECT * FROM media_reservations WHERE media_id = ?',
      mediaId,
    )
    return (
      row && {
        mediaId: row.media_id,
        userId: row.user_id,
        createdTs: row.created_ts,
        expiresTs: row.expires_ts,
        authenticated: row.authenticated === 1,
      }
    )
  }

  /** How many a user has that have not expired, and when the first of them will. */
  async pendingOf(userId: string, nowMs: number): Promise<{ count: number; firstExpiresTs: number | null }> {
    const row = await this.db.get<{ n: number; first: number | null }>(
      'SELECT COUNT(*) AS n, MIN(expires_ts) AS first FROM media_reservations WHERE user_id = ? AND expires_ts > ?',
      userId,
      nowMs,
    )
    return { count: row?.n ?? 0, firstExpiresTs: row?.first ?? null }
  }
}

export class MediaReservationWriter extends MediaReservationReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  async add(reservation: MediaReservation): Promise<void> {
    await this.#db.send(
      'INSERT INTO media_reservations (media_id, user_id, created_ts, expires_ts, authenticated) VALUES (?, ?, ?, ?, ?)',
      reservation.mediaId,
      reservation.userId,
      reservation.createdTs,
      reservation.expiresTs,
      reservation.authenticated ? 1 : 0,
    )
  }

  /** Takes a reservation away, for the file that comes in its place. False if there was none. */
  async take(mediaId: string): Promise<boolean> {
    return (await this.#db.run('DELETE FROM media_reservations WHERE media_id = ?', mediaId)) === 1
  }

  /** Forgets at most `limit` that expired before a time; how many. */
  async deleteExpired(beforeTs: number, limit: number): Promise<number> {
    return this.#db.run(
      `DELETE FROM media_reservations WHERE media_id IN (
         SELECT media_id FROM media_reservations WHERE expires_ts < ? LIMIT ?)`,
      beforeTs,
      limit,
    )
  }
}
