import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'
import { NotFoundError } from '../../errors.ts'
import type { AccountFilter } from '../account-list/filter.ts'
import type { AccountMemory } from '../account-list/found-memo.ts'
import type { ListedId } from '../account-list/ids.ts'
import {
  type AccountPage,
  countAccounts,
  type FoundPage,
  findAccounts,
  listAccounts,
  searchAccounts,
} from '../account-list/list.ts'
import { listTexts, type TextsPage } from '../account-list/list-texts.ts'
import { movedUsersSince } from '../account-list/moves.ts'
import { readSummaries } from '../account-list/page.ts'
import { type ScanRange, scanAccounts } from '../account-list/scan.ts'
import { type AccountDetails, findDetails } from './details.ts'
import type { SummaryText } from './summary-text.ts'
import { ACCOUNT_COLUMNS, type Account, type AccountRow, type AccountSummary, toAccount } from './types.ts'

/** Local accounts, deactivated ones and guests included. */
export class AccountReader {
  protected readonly db: ReadHandle
  readonly #memory: AccountMemory | undefined
  constructor(db: ReadHandle, memory?: AccountMemory) {
    this.db = db
    this.#memory = memory
  }

  async find(userId: string): Promise<Account | undefined> {
    const row = await this.db.get<AccountRow>(`SELECT ${ACCOUNT_COLUMNS} FROM users WHERE name = ?`, userId)
    return row && toAccount(row)
  }

  /** The account with its addresses and external identities, each in their order. */
  findDetails(userId: string): Promise<AccountDetails | undefined> {
    return findDetails(this.db, userId)
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

  /** Those of `userIds` that have an account here, in the order of their names. */
  async findMany(userIds: readonly string[]): Promise<Account[]> {
    if (userIds.length === 0) return []
    const rows = await this.db.all<AccountRow>(
      `SELECT ${ACCOUNT_COLUMNS} FROM users WHERE name = ANY(?) ORDER BY name`,
      userIds,
    )
    return rows.map(toAccount)
  }

  /** A piece of a walk through all accounts. */
  scan(filter: AccountFilter, range: ScanRange) {
    return scanAccounts(this.db, filter, range)
  }

  /** A page of the accounts that pass, and how many pass. */
  search(
    filter: AccountFilter,
    page: AccountPage,
  ): Promise<{ accounts: readonly AccountSummary[]; total: number }> {
    return searchAccounts(this.db, filter, page, this.#memory)
  }

  /** The same for who remembers what lists show of accounts: see {@link movedSince}. */
  findPage(filter: AccountFilter, page: AccountPage): Promise<FoundPage> {
    return findAccounts(this.db, filter, page, this.#memory)
  }

  /** The same as texts, for who remembers nothing of them. */
  listTexts(filter: AccountFilter, page: AccountPage, text: SummaryText): Promise<TextsPage> {
    return listTexts(this.db, filter, page, { text, memory: this.#memory })
  }

  /** What lists show of these accounts, in their order; those that are no longer there are left out. */
  async listThese(ids: readonly ListedId[]): Promise<AccountSummary[]> {
    await this.#memory?.giveWay() // to read rows is a piece of work, to find whose another
    return readSummaries(this.db, ids)
  }

  /**
   * Accounts that came or changed in what lists show, but for `admin`, since the moment with this `moved`, and the `moved` of
   * now; `undefined` when that is no longer known.
   */
  movedSince(moved: number): Promise<{ userIds: UserId[]; last: number } | undefined> {
    return movedUsersSince(this.db, moved)
  }

  list(filter: AccountFilter, page: AccountPage): Promise<AccountSummary[]> {
    return listAccounts(this.db, filter, page, this.#memory)
  }

  count(filter: AccountFilter): Promise<number> {
    return countAccounts(this.db, filter, this.#memory)
  }

  /** Lets what searches among very many need be read beforehand, and follows what changes, until the storage is closed. */
  async prepareSearches(): Promise<void> {
    await this.#memory?.columns.prepare(this.db)
  }
}
