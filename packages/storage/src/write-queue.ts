import { setImmediate } from 'node:timers/promises'
import { type Action, currentAction, outsideAction } from './audit/action.ts'
import type { RoomCommit, RoomCommitResult } from './commit/types.ts'
import { CommitDoubt } from './commit-doubt.ts'
import type { Database, WriteHandle } from './db/types.ts'
import type { Fact } from './streams.ts'
import type { Transaction } from './transaction.ts'

const MAX_GROUP = 256

interface PendingWrite {
  kind: 'write'
  work: (tx: Transaction) => Promise<unknown>
  /** What it is part of. */
  action: Action | undefined
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}
interface PendingCommit {
  kind: 'rooms'
  commit: RoomCommit
  resolve: (value: RoomCommitResult) => void
  reject: (error: unknown) => void
}
type Pending = PendingWrite | PendingCommit

interface Outcome {
  settle: () => void
  facts: readonly Fact[]
}

export interface WriteQueueParts {
  database: Database
  /**
   * Runs `work` with a connection wrapped in the stores, and writes the audit log's row when it is part of an action;
   * `facts` collects what the transaction announces.
   */
  runOn: <T>(
    db: WriteHandle,
    work: (tx: Transaction) => Promise<T>,
    how: { facts: Fact[]; action: Action | undefined },
  ) => Promise<T>
  /** Writes the events of several rooms; results in the order of `commits`. */
  commitRooms: (
    db: WriteHandle,
    commits: readonly RoomCommit[],
  ) => Promise<{ results: RoomCommitResult[]; facts: Fact[] }>
  /** Told of every committed group's facts, in commit order, before the writers' promises resolve. */
  onFacts: (facts: readonly Fact[]) => void
}

/**
 * All writes of this process, in groups: whatever is waiting when the writer is free goes into one transaction, so
 * the disk is flushed once a group. There is no timer and no delay; groups come from load. A write that fails is
 * undone alone, by its savepoint. A promise resolves only when its group is on disk.
 */
export class WriteQueue {
  readonly #parts: WriteQueueParts
  #waiting: Pending[] = []
  #running = false
  #idle: (() => void)[] = []
  readonly #doubt: CommitDoubt

  constructor(parts: WriteQueueParts) {
    this.#parts = parts
    this.#doubt = new CommitDoubt(parts.onFacts, () => this.write(async () => {}))
  }

  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#enqueue({
        kind: 'write',
        work,
        action: currentAction(),
        resolve: resolve as (value: unknown) => void,
        reject,
      })
    })
  }

  commitRoom(commit: RoomCommit): Promise<RoomCommitResult> {
    return new Promise((resolve, reject) => this.#enqueue({ kind: 'rooms', commit, resolve, reject }))
  }

  /** Resolves when nothing waits or runs. Nothing may be asked for any more. */
  close(): Promise<void> {
    this.#doubt.close()
    return this.writing ?? Promise.resolve()
  }

  /** Resolves when nothing waits or runs; `undefined` when nothing does. */
  get writing(): Promise<void> | undefined {
    if (!this.#running && this.#waiting.length === 0) return undefined
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #enqueue(item: Pending): void {
    this.#waiting.push(item)
    if (this.#running) return
    this.#running = true
    // What the writer tells listeners, and what they begin then, is no part of what this write is part of.
    outsideAction(() => void this.#pump())
  }

  async #pump(): Promise<void> {
    // Not at once: every request read from the sockets in this turn of the event loop joins the group.
    await setImmediate()
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, MAX_GROUP)
      await this.#runGroup(group)
      // SQLite answers without a turn of the event loop: writers that follow one another would keep it from sockets.
      if (this.#waiting.length > 0) await setImmediate()
    }
    this.#running = false
    for (const done of this.#idle.splice(0)) done()
  }

  /**
   * Savepoints are for failures, and a commit of a room hardly ever fails: at first there is none around them, which
   * spares PostgreSQL two round trips and SQLite a copy of each page. `careful`: the second time, after one did fail.
   * The error, when there is no database to begin with.
   */
  async #runGroup(group: Pending[], careful = false): Promise<unknown> {
    let stage = 'begin' as 'begin' | 'work' | 'commit'
    let outcomes: Outcome[] = []
    let handle: WriteHandle | undefined
    try {
      await this.#parts.database.transaction(async (db) => {
        handle = db
        await this.#doubt.settle(db)
        stage = 'work'
        outcomes = await this.#runAll(db, group, careful)
        stage = 'commit'
      })
    } catch (error) {
      // The failure of what was sent without waiting for its answer is known at the commit.
      if (handle?.hasFailed && stage === 'commit') stage = 'work'
      if (stage === 'commit') this.#doubt.begin(factsOf(outcomes))
      // A commit whose answer was lost may have happened: running the writes again could do them twice. And a
      // transaction that cannot begin would not begin for each of them either.
      if (group.length === 1 || stage !== 'work') {
        for (const item of group) item.reject(error)
        return stage === 'begin' ? error : undefined
      }
      // The whole transaction is undone. What else fails without a savepoint are the commits of rooms.
      if (!careful && !(error instanceof TransactionLostError)) return this.#runGroup(group, true)
      // Alone, each gets its own chance and its own error. Who has none to begin with need not be waited for again.
      let unavailable: unknown
      for (const item of group) {
        if (unavailable !== undefined) item.reject(unavailable)
        else unavailable = await this.#runGroup([item])
      }
      return unavailable
    }
    const facts = factsOf(outcomes)
    if (facts.length > 0) this.#parts.onFacts(facts)
    for (const outcome of outcomes) outcome.settle()
    return undefined
  }

  async #runAll(db: WriteHandle, group: Pending[], careful: boolean): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    const commits: PendingCommit[] = []
    for (const item of group) {
      if (item.kind === 'rooms') commits.push(item)
      else outcomes.push(await this.#runWrite(db, item, group.length > 1))
    }
    // Events last: their stream's counter stays locked for the shortest time.
    if (commits.length > 0)
      outcomes.push(...(await this.#runCommits(db, commits, careful && group.length > 1)))
    return outcomes
  }

  async #runWrite(db: WriteHandle, item: PendingWrite, shared: boolean): Promise<Outcome> {
    const facts: Fact[] = []
    const work = () => this.#parts.runOn(db, item.work, { facts, action: item.action })
    if (!shared) {
      const value = await work()
      return { settle: () => item.resolve(value), facts }
    }
    try {
      const value = await inSavepoint(db, work)
      return { settle: () => item.resolve(value), facts }
    } catch (error) {
      if (error instanceof TransactionLostError) throw error
      return { settle: () => item.reject(error), facts: [] }
    }
  }

  async #runCommits(db: WriteHandle, items: PendingCommit[], careful: boolean): Promise<Outcome[]> {
    const work = () =>
      this.#parts.commitRooms(
        db,
        items.map((item) => item.commit),
      )
    try {
      const { results, facts } = careful ? await inSavepoint(db, work) : await work()
      return items.map((item, i) => ({
        settle: () => item.resolve(results[i]!),
        facts: i === 0 ? facts : [],
      }))
    } catch (error) {
      if (!careful || error instanceof TransactionLostError) throw error
      if (items.length === 1) return [{ settle: () => items[0]!.reject(error), facts: [] }]
      const outcomes: Outcome[] = []
      for (const item of items) outcomes.push(...(await this.#runCommits(db, [item], true)))
      return outcomes
    }
  }
}

function factsOf(outcomes: readonly Outcome[]): Fact[] {
  return outcomes.flatMap((outcome) => outcome.facts)
}

/** The savepoint could not be undone: the transaction is not what it was, and the whole group must begin anew. */
class TransactionLostError extends Error {
  override readonly name = 'TransactionLostError'
}

async function inSavepoint<T>(db: WriteHandle, work: () => Promise<T>): Promise<T> {
  await db.send('SAVEPOINT one_write')
  try {
    const value = await work()
    // Tells whether what was sent has failed.
    await db.run('RELEASE SAVEPOINT one_write')
    return value
  } catch (error) {
    try {
      await db.run('ROLLBACK TO SAVEPOINT one_write')
      await db.send('RELEASE SAVEPOINT one_write')
    } catch {
      // A full disk makes SQLite undo the transaction by itself; a lost connection takes it away.
      throw new TransactionLostError('the transaction was lost', { cause: error })
    }
    throw error
  }
}
