import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'
import type { AccountDataChange } from '../client-data/account-data.ts'

/** What users changed about their push rules: one JSON document a user. Changes share the stream of account data. */
export class PushRuleReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** `undefined` for a user who has only the server's default rules. */
  async find(userId: string): Promise<{ rules: string; position: number } | undefined> {
    const row = await this.db.get<{ rules: string; position: number }>(
      'SELECT rules, position FROM push_rules WHERE user_id = ?',
      userId,
    )
    return row && { rules: row.rules, position: row.position }
  }
}

export class PushRuleWriter extends PushRuleReader {
  readonly #tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>) {
    super(tx.db)
    this.#tx = tx
  }

  /** Replaces the user's document; `rules` is JSON text. */
  async set(userId: UserId, rules: string): Promise<void> {
    const position = await this.#tx.takePosition('account_data')
    await this.#tx.db.send(
      `INSERT INTO push_rules (user_id, rules, position) VALUES (?, ?, ?)
       ON CONFLICT (user_id) DO UPDATE SET rules = excluded.rules, position = excluded.position`,
      userId,
      rules,
      position,
    )
    const detail: AccountDataChange = { roomId: null, type: 'm.push_rules' }
    this.#tx.announce({ stream: 'account_data', position, key: userId, detail })
  }

  /** Back to the defaults. Nobody is told: the account is going. */
  async delete(userId: string): Promise<void> {
    await this.#tx.db.send('DELETE FROM push_rules WHERE user_id = ?', userId)
  }
}
