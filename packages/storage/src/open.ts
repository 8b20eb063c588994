import type { Action } from './audit/action.ts'
import { appendCommitted, sealNotes } from './audit/append.ts'
import { ActionNotes, type AuditNotes, NO_NOTES } from './audit/notes.ts'
import { WatchedHandle } from './audit/watched-handle.ts'
import { commitRooms } from './commit/commit.ts'
import type { RoomCommit, RoomCommitResult } from './commit/types.ts'
import type { PostgresOptions } from './db/postgres.ts'
import { SqliteDatabase } from './db/sqlite.ts'
import type { Database, Dialect, WriteHandle } from './db/types.ts'
import { type GiveWay, givesWay } from './give-way.ts'
import { migrate } from './migrations/run.ts'
import { ensureSearchIndex } from './migrations/search-index.ts'
import { AccountColumns } from './stores/account-list/columns.ts'
import { AccountMemory } from './stores/account-list/found-memo.ts'
import { type ReadStores, readStores, writeStores } from './stores/index.ts'
import { type Fact, type StreamName, takePositions } from './streams.ts'
import type { Transaction } from './transaction.ts'
import { WriteQueue } from './write-queue.ts'

export type StorageOptions = (
  | { dialect: 'sqlite'; file: string }
  | ({ dialect: 'postgres' } & PostgresOptions)
) & {
  /** Told of errors no caller hears of: a lost idle connection, a listener that threw. */
  onError?: (error: Error) => void
}

/** The whole of what the server keeps: reads of committed data by subject, and writes. */
export interface Storage extends AsyncDisposable {
  readonly dialect: Dialect
  readonly read: ReadStores
  /**
   * Runs `work` in a transaction, together with other writes that wait at the same time. Resolves when it is on disk;
   * rejects with what `work` threw, and then nothing of it has happened. `work` must await only this transaction.
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Commits a room's next events. Only `RoomWriter` calls this. */
  commitRoom(commit: RoomCommit): Promise<RoomCommitResult>
  /** Listeners hear the facts of every committed transaction, in commit order, before its promise resolves. */
  subscribe(listener: (facts: readonly Fact[]) => void): void
  /** See `Database`: what was read may be told only after it. */
  readonly unflushed: Promise<void> | undefined
  /**
   * Whoever reads many rows for one answer waits for it before each piece of that work. On PostgreSQL it resolves at once while
   * nobody writes, as another process reads: what takes long in ours has to make turns of its own.
   */
  readonly giveWay: GiveWay
  /** See `Database`; `undefined` on PostgreSQL. */
  accountsVersion(): number | undefined
  /** The last position of each stream that a reader can see. */
  positions(): Promise<Record<StreamName, number>>
  backup(file: string, onProgress?: (done: number, total: number) => void): Promise<void>
}

/**
 * Opens the database and brings its schema up to date. Throws `DatabaseTooNewError`, or the driver's error when the
 * database cannot be reached.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const onError = options.onError ?? (() => {})
  const database = await openDatabase(options, onError)
  try {
    await migrate(database)
    await ensureSearchIndex(database, onError)
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
  }
  let closed: Promise<void> | undefined
  const listeners: ((facts: readonly Fact[]) => void)[] = []
  const queue = new WriteQueue({
    database,
    runOn,
    async commitRooms(db, commits) {
      const done = await commitRooms(db, commits)
      for (const { actions } of commits)
        if (actions !== undefined) await appendCommitted(db, actions, done.facts)
      return done
    },
    onFacts: (facts) => {
      for (const listener of listeners) {
        try {
          listener(facts)
        } catch (error) {
          // What has been committed is committed: the other listeners and the writers hear of it all the same.
          onError(error as Error)
        }
      }
    },
  })
  const { giveWay, giveWayToWrites } = givesWay(() => queue.writing)
  const toReads = database.dialect === 'sqlite' ? giveWay : giveWayToWrites
  const memory = new AccountMemory(new AccountColumns(undefined, onError, giveWay), toReads)
  return {
    dialect: database.dialect,
    get unflushed() {
      return database.unflushed
    },
    giveWay: toReads,
    accountsVersion: () => database.accountsVersion?.(),
    read: readStores(database.reader, memory),
    write: (work) => queue.write(work),
    commitRoom: (commit) => queue.commitRoom(commit),
    subscribe: (listener) => void listeners.push(listener),
    async positions() {
      const rows = await database.reader.all<{ name: StreamName; position: number }>(
        'SELECT name, position FROM streams',
      )
      return Object.fromEntries(rows.map((row) => [row.name, row.position])) as Record<StreamName, number>
    },
    async backup(file, onProgress) {
      if (database.backup === undefined) throw new Error('PostgreSQL is backed up with pg_dump')
      await database.backup(file, onProgress)
    },
    [Symbol.asyncDispose]() {
      closed ??= Promise.all([queue.close(), memory[Symbol.asyncDispose]()]).then(() =>
        database[Symbol.asyncDispose](),
      )
      return closed
    },
  }
}

async function openDatabase(options: StorageOptions, onError: (error: Error) => void): Promise<Database> {
  if (options.dialect === 'sqlite') return new SqliteDatabase(options.file)
  const { PostgresDatabase } = await import('./db/postgres.ts') // the driver is memory that SQLite has no use for
  return new PostgresDatabase(options, onError)
}

async function runOn<T>(
  db: WriteHandle,
  work: (tx: Transaction) => Promise<T>,
  { facts, action }: { facts: Fact[]; action: Action | undefined },
): Promise<T> {
  if (action === undefined) return work(transactionOn(db, facts, { handle: db, audit: NO_NOTES }))
  const notes = new ActionNotes(action)
  const value = await work(transactionOn(db, facts, { handle: new WatchedHandle(db, notes), audit: notes }))
  await sealNotes(db, notes, facts)
  return value
}

function transactionOn(
  db: WriteHandle,
  facts: Fact[],
  { handle, audit }: { handle: WriteHandle; audit: AuditNotes },
): Transaction {
  const base = {
    db: handle,
    audit,
    takePosition: (stream: StreamName, count = 1) => takePositions(db, stream, count),
    announce: (fact: Fact) => void facts.push(fact),
  }
  return { ...base, ...writeStores(base) }
}
