import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle, SqlValue, WriteHandle } from '../db/types.ts'
import { ConflictError, NotFoundError } from '../errors.ts'
import type { Transaction } from '../transaction.ts'
import { type AccountFilter, type AccountPage, countAccounts, listAccounts } from './account-list.ts'
import { searchTextOf } from './account-search.ts'
import {
  ACCOUNT_COLUMNS,
  type Account,
  type AccountPatch,
  type AccountRow,
  type NewAccount,
  PATCH_COLUMNS,
  toAccount,
} from './account-types.ts'
import { queueDirectoryUser } from './user-directory-queue.ts'

/** Local accounts, deactivated ones and guests included. */
export class AccountReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(userId: string): Promise<Account | undefined> {
    const row = await this.db.get<AccountRow>(`SELECT ${ACCOUNT_COLUMNS} FROM users WHERE name = ?`, userId)
    return row && toAccount(row)
  }

  async get(userId: string): Promise<Account> {
    const account = await this.find(userId)
    if (account === undefined) throw new NotFoundError('User')
    return account
  }

  /** The accounts whose ids are equal to `userId` but for the case of ASCII letters. */
  async listFolded(userId: string): Promise<Account[]> {
    const rows = await this.db.all<AccountRow>(
      `SELECT ${ACCOUNT_COLUMNS} FROM users WHERE LOWER(name) = LOWER(?)`,
      userId,
    )
    return rows.map(toAccount)
  }

  /** Whether the account is a server administrator, as the row stands now. */
  async isAdmin(userId: string): Promise<boolean> {
    const row = await this.db.get<{ admin: number }>('SELECT admin FROM users WHERE name = ?', userId)
    return row?.admin === 1
  }

  /** The oldest account of a person: no guest, bot or support account. `undefined` when nobody is here yet. */
  async firstPerson(): Promise<UserId | undefined> {
    const row = await this.db.get<{ name: UserId }>(
      `SELECT name FROM users WHERE is_guest = 0 AND (user_type IS NULL OR user_type NOT IN ('bot', 'support'))
       ORDER BY creation_ts, name LIMIT 1`,
    )
    return row?.name
  }

  /** Of `userIds`, those that have an account here. */
  async existing(userIds: readonly string[]): Promise<Set<UserId>> {
    if (userIds.length === 0) return new Set()
    const rows = await this.db.all<{ name: UserId }>('SELECT name FROM users WHERE name = ANY(?)', userIds)
    return new Set(rows.map((row) => row.name))
  }

  list(filter: AccountFilter, page: AccountPage): Promise<Account[]> {
    return listAccounts(this.db, filter, page)
  }

  count(filter: AccountFilter): Promise<number> {
    return countAccounts(this.db, filter)
  }
}

export class AccountWriter extends AccountReader {
  readonly #db: WriteHandle
  readonly #tx: Pick<Transaction, 'takePosition' | 'announce'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce'>) {
    super(tx.db)
    this.#db = tx.db
    this.#tx = tx
  }

  /** Throws `ConflictError` when the name is taken. Announces `created`. */
  async create(account: NewAccount): Promise<Account> {
    const { userId, createdTs, ...patch } = account
    const created = await this.#db.run(
      `INSERT INTO users (name, creation_ts, search_text) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING`,
      userId,
      createdTs,
      searchTextOf(userId, patch.displayname ?? null),
    )
    if (created === 0) throw new ConflictError(`the user id ${userId} is taken`)
    await this.#set(userId, patch)
    const stored = await this.get(userId)
    await this.#count(stored, 1)
    await queueDirectoryUser(this.#db, userId)
    await this.#announce(userId, 'created')
    return stored
  }

  /**
   * Changes what differs, and announces it: `profile` when name or picture are among it, else `updated`.
   * Throws `NotFoundError`. Returns the account as it is afterwards.
   */
  async update(userId: UserId, patch: AccountPatch): Promise<Account> {
    const before = await this.get(userId)
    const changes = Object.fromEntries(
      Object.entries(patch).filter(
        ([key, value]) => value !== undefined && value !== before[key as keyof Account],
      ),
    ) as AccountPatch
    if (Object.keys(changes).length === 0) return before
    await this.#set(userId, changes)
    const after = { ...before, ...changes }
    if (kindOf(before) !== kindOf(after)) {
      await this.#count(before, -1)
      await this.#count(after, 1)
    }
    if (IN_DIRECTORY.some((key) => changes[key] !== undefined)) await queueDirectoryUser(this.#db, userId)
    const isProfile = changes.displayname !== undefined || changes.avatarUrl !== undefined
    await this.#announce(userId, isProfile ? 'profile' : 'updated', { changed: Object.keys(changes) })
    return after
  }

  /** Announces that something kept beside the account changed (`profile`, `ratelimit`, …). */
  async announceChange(userId: UserId, change: string): Promise<void> {
    await this.#announce(userId, change)
  }

  /** Moves the account's last activity forward. Not announced: nobody waits for it. */
  async touch(userId: string, seenTs: number): Promise<void> {
    await this.#db.run(
      'UPDATE users SET last_seen_ts = ? WHERE name = ? AND (last_seen_ts IS NULL OR last_seen_ts < ?)',
      seenTs,
      userId,
      seenTs,
    )
  }

  /** One statement a column: a statement per combination of columns would fill the cache of prepared statements. */
  async #set(userId: UserId, patch: AccountPatch): Promise<void> {
    for (const [key, value] of Object.entries(patch)) {
      if (value === undefined) continue
      const column = PATCH_COLUMNS[key as keyof AccountPatch]
      const bound: SqlValue = typeof value === 'boolean' ? (value ? 1 : 0) : value
      await this.#db.run(`UPDATE users SET ${column} = ? WHERE name = ?`, bound, userId)
    }
    if (patch.displayname !== undefined)
      await this.#db.run(
        'UPDATE users SET search_text = ? WHERE name = ?',
        searchTextOf(userId, patch.displayname),
        userId,
      )
  }

  async #count(account: Account, by: 1 | -1): Promise<void> {
    await this.#db.run(
      `INSERT INTO user_counts (is_guest, deactivated, locked, approved, user_type, accounts)
       VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (is_guest, deactivated, locked, approved, user_type)
       DO UPDATE SET accounts = user_counts.accounts + excluded.accounts`,
      account.isGuest ? 1 : 0,
      account.deactivated ? 1 : 0,
      account.locked ? 1 : 0,
      account.approved ? 1 : 0,
      account.userType ?? '',
      by,
    )
  }

  async #announce(userId: UserId, change: string, detail?: unknown): Promise<void> {
    const position = await this.#tx.takePosition('accounts')
    this.#tx.announce({ stream: 'accounts', position, key: userId, change, detail })
  }
}

/** What the user directory goes by. */
const IN_DIRECTORY = [
  'displayname',
  'avatarUrl',
  'deactivated',
  'userType',
  'appserviceId',
] as const satisfies readonly (keyof AccountPatch)[]

/** Accounts of one kind are counted together. */
function kindOf(account: Account): string {
  const { isGuest, deactivated, locked, approved, userType } = account
  return [isGuest, deactivated, locked, approved, userType ?? ''].join()
}
