import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** Somebody's attempt to prove that an address is theirs. Times are milliseconds since epoch. */
export interface ThreepidSession {
  sid: string
  /** What the proof is good for. */
  purpose: string
  medium: string
  address: string
  clientSecret: string
  /** The client's number for the latest message; a lower or equal one asks for no new message. */
  lastSendAttempt: number
  /** When it was last asked for or proven. */
  touchedTs: number
  /** null: not proven yet. */
  validatedTs: number | null
}

export interface ThreepidToken {
  sid: string
  tokenHash: string
  /** Where the browser goes on afterwards. */
  nextLink: string | null
  expiryTs: number
}

interface SessionRow {
  sid: string
  purpose: string
  medium: string
  address: string
  client_secret: string
  last_send_attempt: number
  touched_ts: number
  validated_ts: number | null
}

export class ThreepidSessionReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(sid: string): Promise<ThreepidSession | undefined> {
    const row = await this.db.get<SessionRow>('SELECT * FROM threepid_sessions WHERE sid = ?', sid)
    return row && toSession(row)
  }

  /** The session of these that is not proven yet. */
  async findOpen(
    key: Pick<ThreepidSession, 'purpose' | 'medium' | 'address' | 'clientSecret'>,
  ): Promise<ThreepidSession | undefined> {
    const row = await this.db.get<SessionRow>(
      `SELECT * FROM threepid_sessions WHERE address = ? AND client_secret = ? AND purpose = ? AND medium = ?
       AND validated_ts IS NULL`,
      key.address,
      key.clientSecret,
      key.purpose,
      key.medium,
    )
    return row && toSession(row)
  }

  async findToken(sid: string, tokenHash: string): Promise<ThreepidToken | undefined> {
    const row = await this.db.get<{ next_link: string | null; expiry_ts: number }>(
      'SELECT next_link, expiry_ts FROM threepid_tokens WHERE sid = ? AND token_hash = ?',
      sid,
      tokenHash,
    )
    return row && { sid, tokenHash, nextLink: row.next_link, expiryTs: row.expiry_ts }
  }
}

export class ThreepidSessionWriter extends ThreepidSessionReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  async add(session: Omit<ThreepidSession, 'validatedTs'>): Promise<void> {
    await this.#db.send(
      `INSERT INTO threepid_sessions
         (sid, purpose, medium, address, client_secret, last_send_attempt, touched_ts)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      session.sid,
      session.purpose,
      session.medium,
      session.address,
      session.clientSecret,
      session.lastSendAttempt,
      session.touchedTs,
    )
  }

  async noteAttempt(sid: string, sendAttempt: number, nowMs: number): Promise<void> {
    await this.#db.send(
      'UPDATE threepid_sessions SET last_send_attempt = ?, touched_ts = ? WHERE sid = ?',
      sendAttempt,
      nowMs,
      sid,
    )
  }

  async addToken({ sid, tokenHash, nextLink, expiryTs }: ThreepidToken): Promise<void> {
    await this.#db.send(
      'INSERT INTO threepid_tokens (sid, token_hash, next_link, expiry_ts) VALUES (?, ?, ?, ?)',
      sid,
      tokenHash,
      nextLink,
      expiryTs,
    )
  }

  /** The address is proven. The first time counts. */
  async validate(sid: string, nowMs: number): Promise<void> {
    await this.#db.send(
      'UPDATE threepid_sessions SET validated_ts = ?, touched_ts = ? WHERE sid = ? AND validated_ts IS NULL',
      nowMs,
      nowMs,
      sid,
    )
  }

  /** With its tokens. */
  async delete(sid: string): Promise<void> {
    await this.#db.send('DELETE FROM threepid_tokens WHERE sid = ?', sid)
    await this.#db.send('DELETE FROM threepid_sessions WHERE sid = ?', sid)
  }

  /** Deletes at most `limit` sessions nothing has happened to since `beforeTs`; how many. */
  async deleteBefore(beforeTs: number, limit: number): Promise<number> {
    const rows = await this.#db.all<{ sid: string }>(
      'SELECT sid FROM threepid_sessions WHERE touched_ts < ? LIMIT ?',
      beforeTs,
      limit,
    )
    for (const { sid } of rows) await this.delete(sid)
    return rows.length
  }
}

function toSession(row: SessionRow): ThreepidSession {
  return {
    sid: row.sid,
    purpose: row.purpose,
    medium: row.medium,
    address: row.address,
    clientSecret: row.client_secret,
    lastSendAttempt: row.last_send_attempt,
    touchedTs: row.touched_ts,
    validatedTs: row.validated_ts,
  }
}
