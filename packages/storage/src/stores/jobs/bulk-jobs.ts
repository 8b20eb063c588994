import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import { type BulkInsert, bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import type { JobStatus } from './jobs.ts'

/** `started` has been begun and may have happened; `unchanged` was so already. The last three are ends. */
export const BULK_ITEM_STATES = ['pending', 'started', 'done', 'unchanged', 'failed'] as const
export type BulkItemState = (typeof BULK_ITEM_STATES)[number]
export type BulkItemEnd = 'done' | 'unchanged' | 'failed'

/** Something an administrator does to many at once. */
export interface BulkJob {
  id: string
  action: string
  by: UserId
  createdTs: number
  updatedTs: number
  status: JobStatus
  /** Why it failed. */
  error: string | null
  /** What it was started with. */
  params: JsonObject
  /** Whether all items are known: `total` counts those known so far. */
  gathered: boolean
  total: number
  done: number
  unchanged: number
  failed: number
}

export interface BulkItem {
  seq: number
  /** An account, file, device or room, as text. */
  item: string
  state: BulkItemState
  /** Files or devices of it that were reached. */
  affected: number
  error: string | null
  updatedTs: number | null
}

interface JobRow {
  id: string
  action: string
  by_user: UserId
  created_ts: number
  updated_ts: number
  status: JobStatus
  error: string | null
  params: string
  gathered: number
  total: number
  done: number
  unchanged: number
  failed: number
}

const JOBS = `SELECT b.id, b.action, b.by_user, b.created_ts, b.gathered, b.total, b.done, b.unchanged, b.failed,
    j.updated_ts, j.status, j.error, j.params
  FROM bulk_jobs b JOIN jobs j ON j.id = b.id`
const ITEMS = 'SELECT seq, item, state, affected, error, updated_ts FROM bulk_items WHERE job_id = ?'

export class BulkJobReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  async find(id: string): Promise<BulkJob | undefined> {
    const row = await this.db.get<JobRow>(`${JOBS} WHERE b.id = ?`, id)
    return row && toJob(row)
  }

  /** The newest first, behind the one at `before`. */
  async list(before: { createdTs: number; id: string } | undefined, limit: number): Promise<BulkJob[]> {
    const { createdTs, id } = before ?? { createdTs: Number.MAX_SAFE_INTEGER, id: '' }
    const rows = await this.db.all<JobRow>(
      `${JOBS} WHERE (b.created_ts, b.id) < (?, ?) ORDER BY b.created_ts DESC, b.id DESC LIMIT ?`,
      createdTs,
      id,
      limit,
    )
    return rows.map(toJob)
  }

  /** In their order, behind the one with the number `after`; only those of a state, if one is given. */
  async items(
    id: string,
    { state, after, limit }: { state?: BulkItemState | undefined; after: number; limit: number },
  ): Promise<BulkItem[]> {
    const rows = await this.db.all<ItemRow>(
      state === undefined
        ? `${ITEMS} AND seq > ? ORDER BY seq LIMIT ?`
        : `${ITEMS} AND state = ? AND seq > ? ORDER BY seq LIMIT ?`,
      id,
      ...(state === undefined ? [] : [state]),
      after,
      limit,
    )
    return rows.map(toItem)
  }

  /** Items that have not ended, those that were begun first. */
  async unfinished(id: string, limit: number): Promise<BulkItem[]> {
    const started = await this.items(id, { state: 'started', after: -1, limit })
    const pending = await this.items(id, { state: 'pending', after: -1, limit: limit - started.length })
    return [...started, ...pending]
  }
}

const NEW_ITEMS: BulkInsert = {
  table: 'bulk_items',
  columns: { job_id: 'text', seq: 'bigint', item: 'text', state: 'text', affected: 'bigint' },
}
const COUNTERS: Readonly<Record<BulkItemEnd, string>> = {
  done: 'UPDATE bulk_jobs SET done = done + 1 WHERE id = ?',
  unchanged: 'UPDATE bulk_jobs SET unchanged = unchanged + 1 WHERE id = ?',
  failed: 'UPDATE bulk_jobs SET failed = failed + 1 WHERE id = ?',
}

export class BulkJobWriter extends BulkJobReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  /** The work itself is enqueued by the caller, under the same id and in the same transaction. */
  async create(job: Pick<BulkJob, 'id' | 'action' | 'by' | 'createdTs'>): Promise<void> {
    await this.#db.send(
      `INSERT INTO bulk_jobs (id, action, by_user, created_ts, gathered, total, done, unchanged, failed)
       VALUES (?, ?, ?, ?, 0, 0, 0, 0, 0)`,
      job.id,
      job.action,
      job.by,
      job.createdTs,
    )
  }

  /** Adds items behind those there are. */
  async addItems(id: string, items: readonly string[]): Promise<void> {
    if (items.length === 0) return
    const row = await this.#db.get<{ total: number }>('SELECT total FROM bulk_jobs WHERE id = ?', id)
    const first = row!.total
    await bulkInsert(
      this.#db,
      NEW_ITEMS,
      items.map((item, i) => [id, first + i, item, 'pending', 0]),
    )
    await this.#db.send('UPDATE bulk_jobs SET total = total + ? WHERE id = ?', items.length, id)
  }

  async setGathered(id: string): Promise<void> {
    await this.#db.send('UPDATE bulk_jobs SET gathered = 1 WHERE id = ?', id)
  }

  /** Notes that the item is being worked on, and what more of it was reached. */
  async begin(id: string, seq: number, affected: number, nowMs: number): Promise<void> {
    await this.#db.send(
      `UPDATE bulk_items SET state = 'started', affected = affected + ?, updated_ts = ?
       WHERE job_id = ? AND seq = ? AND state IN ('pending', 'started')`,
      affected,
      nowMs,
      id,
      seq,
    )
  }

  /** Says what became of an item. Nothing happens if that was said before. */
  async settle(
    id: string,
    seq: number,
    { end, affected, error }: { end: BulkItemEnd; affected: number; error: string | null },
    nowMs: number,
  ): Promise<void> {
    const changed = await this.#db.run(
      `UPDATE bulk_items SET state = ?, affected = affected + ?, error = ?, updated_ts = ?
       WHERE job_id = ? AND seq = ? AND state IN ('pending', 'started')`,
      end,
      affected,
      error,
      nowMs,
      id,
      seq,
    )
    if (changed === 1) await this.#db.send(COUNTERS[end], id)
  }

  /** Deletes up to `limit` items of jobs that have been forgotten, and such jobs without items; how many rows. */
  async deleteForgotten(limit: number): Promise<number> {
    const forgotten = `SELECT b.id FROM bulk_jobs b WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = b.id)`
    const job = await this.#db.get<{ id: string }>(`${forgotten} LIMIT 1`)
    if (job === undefined) return 0
    const items = await this.#db.run(
      `DELETE FROM bulk_items WHERE job_id = ? AND seq IN (SELECT seq FROM bulk_items WHERE job_id = ? LIMIT ?)`,
      job.id,
      job.id,
      limit,
    )
    if (items > 0) return items
    return this.#db.run('DELETE FROM bulk_jobs WHERE id = ?', job.id)
  }
}

interface ItemRow {
  seq: number
  item: string
  state: BulkItemState
  affected: number
  error: string | null
  updated_ts: number | null
}

function toItem({ updated_ts, ...same }: ItemRow): BulkItem {
  return { ...same, updatedTs: updated_ts }
}

function toJob(row: JobRow): BulkJob {
  const { by_user, created_ts, updated_ts, params, gathered, ...same } = row
  return {
    ...same,
    by: by_user,
    createdTs: created_ts,
    updatedTs: updated_ts,
    params: JSON.parse(params) as JsonObject,
    gathered: gathered === 1,
  }
}
