import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { WriteHandle } from '../../db/types.ts'
import { ConflictError } from '../../errors.ts'
import type { Transaction } from '../../transaction.ts'
import { AccountBlocks, type ListEntry } from '../account-list/blocks.ts'
import { countKind, isSameKind } from '../account-list/kinds.ts'
import { noteMove } from '../account-list/moves.ts'
import { rebuildAccountLists } from '../account-list/rebuild.ts'
import { touchAccounts } from '../account-list/seen.ts'
import { moveGrams } from '../account-names/grams.ts'
import { moveParts } from '../account-names/parts.ts'
import { searchTextOf } from '../account-names/search.ts'
import { AdminTokenWriter } from '../admin/admin-tokens.ts'
import { queueDirectoryUser } from '../directory/user-directory-queue.ts'
import { renameUploader } from '../media/uploaders.ts'
import { AccountReader } from './reader.ts'
import {
  type Account,
  type AccountPatch,
  blankAccount,
  boundOf,
  INSERT_ACCOUNT,
  insertedFields,
  type NewAccount,
  PATCH_COLUMNS,
} from './types.ts'

export class AccountWriter extends AccountReader {
  readonly #db: WriteHandle
  readonly #tx: Pick<Transaction, 'takePosition' | 'announce' | 'audit'>
  readonly #blocks: AccountBlocks
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>) {
    super(tx.db)
    this.#db = tx.db
    this.#tx = tx
    this.#blocks = new AccountBlocks(tx.db)
  }

  /** Throws `ConflictError` when the name is taken. Announces `created`. */
  async create(account: NewAccount): Promise<Account> {
    const { userId, createdTs, ...patch } = account
    // As unique as an id has to be; and it keeps other processes out until this transaction has ended.
    const position = await this.#tx.takePosition('accounts')
    if ((await this.#findEntry(userId)) !== undefined)
      throw new ConflictError(`the user id ${userId} is taken`)
    const stored = blankAccount(account)
    const entry: Entry = {
      id: position,
      name: userId,
      kind: await countKind(this.#db, stored, 1),
      search_text: searchTextOf(userId, stored.displayname),
      displayname: stored.displayname,
      avatar_url: stored.avatarUrl,
      creation_ts: createdTs,
      last_seen_ts: null,
    }
    // Whole at once: every further change of it would be made in all of the indexes.
    await this.#db.send(
      INSERT_ACCOUNT,
      ...[position, userId, createdTs, entry.kind, entry.search_text, ...insertedFields(stored)],
    )
    this.#tx.audit.changed({ kind: 'user', id: userId, after: noted(patch) })
    await this.#blocks.move(undefined, entry)
    await moveGrams(this.#db, undefined, entry)
    await moveParts(this.#db, position, undefined, entry.search_text)
    await noteMove(this.#db, position)
    await queueDirectoryUser(this.#db, userId)
    this.#tx.announce({ stream: 'accounts', position, key: userId, change: 'created' })
    return stored
  }

  /**
   * Changes what differs, and announces it: `profile` when name or picture are among it, else `updated`.
   * Throws `NotFoundError`. Returns the account as it is afterwards.
   */
  async update(userId: UserId, patch: AccountPatch): Promise<Account> {
    await this.#blocks.lock()
    const before = await this.get(userId)
    const changes = Object.fromEntries(
      Object.entries(patch).filter(
        ([key, value]) => value !== undefined && value !== before[key as keyof Account],
      ),
    ) as AccountPatch
    if (Object.keys(changes).length === 0) return before
    const after = { ...before, ...changes }
    this.#note(before, changes)
    if (changes.admin === false || changes.locked === true || changes.deactivated === true)
      await new AdminTokenWriter({ ...this.#tx, db: this.#db }).endAllOf(userId)
    const isProfile = changes.displayname !== undefined || changes.avatarUrl !== undefined
    const isListed = isProfile || changes.erased !== undefined || changes.suspended !== undefined
    const entry = await this.#getEntry(userId)
    await this.#set(userId, changes)
    if (changes.displayname !== undefined) {
      await this.#setSearchText(entry, userId, changes.displayname)
      await renameUploader(this.#db, userId, changes.displayname)
    }
    if (!isSameKind(before, after)) {
      await countKind(this.#db, before, -1)
      await this.#setKind(userId, await countKind(this.#db, after, 1))
    }
    const moved = await this.#getEntry(userId)
    await this.#blocks.move(entry, moved)
    await moveGrams(this.#db, entry, moved)
    if (isListed || entry.kind !== moved.kind) await noteMove(this.#db, entry.id)
    if (IN_DIRECTORY.some((key) => changes[key] !== undefined)) await queueDirectoryUser(this.#db, userId)
    await this.#announce(userId, isProfile ? 'profile' : 'updated', { changed: Object.keys(changes) })
    return after
  }

  /** Announces that something kept beside the account changed (`profile`, `ratelimit`, …). */
  async announceChange(userId: UserId, change: string): Promise<void> {
    await this.#announce(userId, change)
  }

  /**
   * Moves the last activity of accounts forward, to the time that stands with each, ms since epoch. Not announced: nobody
   * waits for it. Few statements, where these accounts stay in their blocks: mostly that is so.
   */
  async touch(seen: ReadonlyMap<string, number>): Promise<void> {
    await this.#blocks.lock()
    await touchAccounts(this.#db, this.#blocks, seen)
  }

  /**
   * Makes anew what is kept about all accounts for the admin's list: kinds, blocks and the search index. For accounts
   * that were written by other means than this store. Takes about a minute for a million.
   */
  async rebuildLists(): Promise<void> {
    await this.#blocks.lock()
    await rebuildAccountLists(this.#db)
  }

  /** One statement a column: a statement per combination of columns would fill the cache of prepared statements. */
  async #set(userId: UserId, patch: AccountPatch): Promise<void> {
    for (const [key, value] of Object.entries(patch)) {
      if (value === undefined) continue
      const column = PATCH_COLUMNS[key as keyof AccountPatch]
      await this.#db.send(`UPDATE users SET ${column} = ? WHERE name = ?`, boundOf(value), userId)
    }
  }

  async #setKind(userId: UserId, kind: number): Promise<void> {
    await this.#db.send('UPDATE users SET kind = ? WHERE name = ?', kind, userId)
  }

  async #setSearchText(before: Entry, userId: UserId, displayname: string | null): Promise<void> {
    const after = searchTextOf(userId, displayname)
    if (after === before.search_text) return
    await this.#db.send('UPDATE users SET search_text = ? WHERE name = ?', after, userId)
    await moveParts(this.#db, before.id, before.search_text, after)
  }

  #note(before: Account, changes: AccountPatch): void {
    const { userId } = before
    this.#tx.audit.updated('user', userId, noted(before), noted(changes))
    if (changes.passwordHash === undefined) return
    const after = { password: changes.passwordHash === null ? 'removed' : 'set' }
    this.#tx.audit.changed({ kind: 'password', id: userId, after })
  }

  #findEntry(userId: string): Promise<Entry | undefined> {
    return this.#db.get<Entry>(
      `SELECT id, name, kind, search_text, displayname, avatar_url, creation_ts, last_seen_ts FROM users
       WHERE name = ?`,
      userId,
    )
  }

  async #getEntry(userId: UserId): Promise<Entry> {
    return (await this.#findEntry(userId))!
  }

  async #announce(userId: UserId, change: string, detail?: unknown): Promise<void> {
    const position = await this.#tx.takePosition('accounts')
    this.#tx.announce({ stream: 'accounts', position, key: userId, change, detail })
  }
}

interface Entry extends ListEntry {
  search_text: string
}

/** What the user directory goes by. */
const IN_DIRECTORY = [
  'displayname',
  'avatarUrl',
  'deactivated',
  'userType',
  'appserviceId',
] as const satisfies readonly (keyof AccountPatch)[]

/** The fields of an account as the audit log shows them: without the password's hash. */
function noted(patch: AccountPatch): JsonObject {
  const fields: JsonObject = {}
  for (const [key, column] of Object.entries(PATCH_COLUMNS)) {
    const value = patch[key as keyof AccountPatch]
    if (value !== undefined && key !== 'passwordHash') fields[column] = value
  }
  return fields
}
