import type { AuditNotes } from '../../audit/notes.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'

export interface RegistrationToken {
  token: string
  /** null: any number. */
  usesAllowed: number | null
  /** Registrations that have shown it and are not finished. */
  pending: number
  completed: number
  /** null: never. */
  expiryTs: number | null
}

interface TokenRow {
  token: string
  uses_allowed: number | null
  pending: number
  completed: number
  expiry_ts: number | null
}

/** Tokens that let somebody register while registration is otherwise closed. */
export class RegistrationTokenReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(token: string): Promise<RegistrationToken | undefined> {
    const row = await this.db.get<TokenRow>('SELECT * FROM registration_tokens WHERE token = ?', token)
    return row && toToken(row)
  }

  async list(): Promise<RegistrationToken[]> {
    return (await this.db.all<TokenRow>('SELECT * FROM registration_tokens ORDER BY token')).map(toToken)
  }
}

export class RegistrationTokenWriter extends RegistrationTokenReader {
  readonly #db: WriteHandle
  readonly #audit: AuditNotes
  constructor(tx: { db: WriteHandle; audit: AuditNotes }) {
    super(tx.db)
    this.#db = tx.db
    this.#audit = tx.audit
  }

  /** False if the token exists. */
  async add({
    token,
    usesAllowed,
    expiryTs,
  }: Pick<RegistrationToken, 'token' | 'usesAllowed' | 'expiryTs'>): Promise<boolean> {
    const added = await this.#db.run(
      `INSERT INTO registration_tokens (token, uses_allowed, expiry_ts) VALUES (?, ?, ?)
       ON CONFLICT (token) DO NOTHING`,
      token,
      usesAllowed,
      expiryTs,
    )
    if (added === 1)
      this.#audit.changed({
        kind: 'registration_token',
        id: maskedToken(token),
        after: { uses_allowed: usesAllowed, expiry_time: expiryTs },
      })
    return added === 1
  }

  /** False if there is no such token. */
  async update(token: string, usesAllowed: number | null, expiryTs: number | null): Promise<boolean> {
    const before = this.#audit.isRecording ? await this.find(token) : undefined
    if (before !== undefined)
      this.#audit.updated(
        'registration_token',
        maskedToken(token),
        { uses_allowed: before.usesAllowed, expiry_time: before.expiryTs },
        { uses_allowed: usesAllowed, expiry_time: expiryTs },
      )
    const changed = await this.#db.run(
      'UPDATE registration_tokens SET uses_allowed = ?, expiry_ts = ? WHERE token = ?',
      usesAllowed,
      expiryTs,
      token,
    )
    return changed === 1
  }

  async delete(token: string): Promise<boolean> {
    const before = this.#audit.isRecording ? await this.find(token) : undefined
    if (before !== undefined)
      this.#audit.changed({
        kind: 'registration_token',
        id: maskedToken(token),
        before: { uses_allowed: before.usesAllowed, expiry_time: before.expiryTs },
      })
    return (await this.#db.run('DELETE FROM registration_tokens WHERE token = ?', token)) === 1
  }

  /** Reserves one use for a registration in progress; false if the token cannot be used (any more). */
  async reserve(token: string, nowMs: number): Promise<boolean> {
    const changed = await this.#db.run(
      `UPDATE registration_tokens SET pending = pending + 1 WHERE token = ?
       AND (uses_allowed IS NULL OR uses_allowed > pending + completed) AND (expiry_ts IS NULL OR expiry_ts > ?)`,
      token,
      nowMs,
    )
    return changed === 1
  }

  /** Ends a reservation: the registration succeeded, or was given up. */
  async release(token: string, completed: boolean): Promise<void> {
    await this.#db.send(
      'UPDATE registration_tokens SET pending = pending - 1, completed = completed + ? WHERE token = ? AND pending > 0',
      completed ? 1 : 0,
      token,
    )
  }

  /** Reservations live in memory; none has outlived the process that made them. */
  async releaseAll(): Promise<void> {
    await this.#db.send('UPDATE registration_tokens SET pending = 0 WHERE pending != 0')
  }
}

/** Enough to tell which one was meant, not enough to register with. */
export function maskedToken(token: string): string {
  return `${token.slice(0, Math.min(4, Math.floor(token.length / 3)))}… (${token.length} characters)`
}

function toToken(row: TokenRow): RegistrationToken {
  return {
    token: row.token,
    usesAllowed: row.uses_allowed,
    pending: row.pending,
    completed: row.completed,
    expiryTs: row.expiry_ts,
  }
}
