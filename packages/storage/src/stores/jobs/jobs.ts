import { randomBytes } from 'node:crypto'
import type { Json, JsonObject } from '@ranvier/protocol/json'
import { checkStorable } from '../../db/sql-text.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import { NotFoundError } from '../../errors.ts'
import type { Transaction } from '../../transaction.ts'

/** `scheduled` waits for its time, `active` has begun; the others have ended. */
export const JOB_STATUSES = ['scheduled', 'active', 'complete', 'failed', 'cancelled'] as const
export type JobStatus = (typeof JOB_STATUSES)[number]

/** Long work with its progress, which survives the process. */
export interface Job {
  id: string
  /** Which kind of work: the name of a `defineJob`. */
  name: string
  /** The user or room it concerns. */
  subject: string | null
  params: JsonObject
  status: JobStatus
  /** How far it has come; the result when it has ended. `null` before the first step. */
  progress: Json
  /** Why the last step failed. */
  error: string | null
  createdTs: number
  updatedTs: number
  /** When its next step is due. */
  dueTs: number
  /** Failures since the last step that succeeded. */
  attempts: number
  /** The row of the audit log that says who began it; null: nobody. */
  auditId: number | null
  /** Where it was last changed in the stream `jobs`. */
  position: number
}

interface JobRow {
  id: string
  name: string
  subject: string | null
  params: string
  status: JobStatus
  progress: string
  error: string | null
  created_ts: number
  updated_ts: number
  due_ts: number
  attempts: number
  audit_id: number | null
  position: number
}

export interface JobFilter {
  name?: string
  subject?: string
  statuses?: readonly JobStatus[]
  /** Jobs due at this time or before. */
  maxDueTs?: number
}

const LIVE = `status IN ('scheduled', 'active')`

export class JobReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** The job with this id, also long after it has ended. */
  async find(id: string): Promise<Job | undefined> {
    const row = await this.db.get<JobRow>('SELECT * FROM jobs WHERE id = ?', id)
    return row && toJob(row)
  }

  /** Throws `NotFoundError`. */
  async get(id: string): Promise<Job> {
    const job = await this.find(id)
    if (job === undefined) throw new NotFoundError(`job ${id}`)
    return job
  }

  /** A job of this name about this subject that has not ended. */
  async findLive(name: string, subject: string): Promise<Job | undefined> {
    const row = await this.db.get<JobRow>(
      `SELECT * FROM jobs WHERE subject = ? AND name = ? AND ${LIVE} ORDER BY created_ts LIMIT 1`,
      subject,
      name,
    )
    return row && toJob(row)
  }

  /** Jobs in the order of their times, earliest first. */
  async list(filter: JobFilter, limit: number): Promise<Job[]> {
    const conditions = ['1 = 1']
    const params: (string | number | readonly string[])[] = []
    if (filter.name !== undefined) {
      conditions.push('name = ?')
      params.push(filter.name)
    }
    if (filter.subject !== undefined) {
      conditions.push('subject = ?')
      params.push(filter.subject)
    }
    if (filter.statuses?.length === 1) {
      // Of one status they are in order in an index.
      conditions.push('status = ?')
      params.push(filter.statuses[0]!)
    } else if (filter.statuses !== undefined) {
      conditions.push('status = ANY(?)')
      params.push(filter.statuses)
    }
    if (filter.maxDueTs !== undefined) {
      conditions.push('due_ts <= ?')
      params.push(filter.maxDueTs)
    }
    const sql = `SELECT * FROM jobs WHERE ${conditions.join(' AND ')} ORDER BY due_ts, id LIMIT ?`
    return (await this.db.all<JobRow>(sql, ...params, limit)).map(toJob)
  }

  /** Jobs that were changed after this position of the stream `jobs`, in the order of their last change. */
  async listAfter(position: number, limit: number): Promise<Job[]> {
    const sql = 'SELECT * FROM jobs WHERE position > ? ORDER BY position LIMIT ?'
    return (await this.db.all<JobRow>(sql, position, limit)).map(toJob)
  }

  /**
   * The job of one of `names` that has been due longest, none of `except`; `undefined` if none is due. What was to go on
   * at once when it was written is due also if the clock has been set back since.
   */
  async findDue(
    names: readonly string[],
    except: readonly string[],
    nowMs: number,
  ): Promise<Job | undefined> {
    const row = await this.db.get<JobRow>(
      `SELECT * FROM jobs WHERE ${LIVE} AND (due_ts <= ? OR (updated_ts > ? AND due_ts <= updated_ts))
         AND name = ANY(?) AND id != ALL(?) ORDER BY due_ts, id LIMIT 1`,
      nowMs,
      nowMs,
      names,
      except,
    )
    return row && toJob(row)
  }

  /** When the next of these jobs is due. */
  async nextDueTs(names: readonly string[], except: readonly string[]): Promise<number | undefined> {
    const row = await this.db.get<{ due_ts: number | null }>(
      `SELECT MIN(due_ts) AS due_ts FROM jobs WHERE ${LIVE} AND name = ANY(?) AND id != ALL(?)`,
      names,
      except,
    )
    return row?.due_ts ?? undefined
  }
}

export interface NewJob {
  /** Made up if absent. */
  id?: string
  subject?: string
  params: JsonObject
  createdTs: number
  /** When to begin; at once if absent. */
  dueTs?: number
}

export class JobWriter extends JobReader {
  readonly #db: WriteHandle
  readonly #tx: Pick<Transaction, 'takePosition' | 'announce' | 'audit'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>) {
    super(tx.db)
    this.#db = tx.db
    this.#tx = tx
  }

  /** Adds work to do once this transaction has committed; its id. This fails with `ConflictError` if the id is taken. */
  async enqueue(name: string, job: NewJob): Promise<string> {
    const id = job.id ?? randomBytes(12).toString('base64url')
    await this.#db.send(INSERT, ...insertParams(id, name, job))
    const { subject = null, params } = job
    this.#tx.audit.enqueued(id)
    this.#tx.audit.changed({ kind: 'job', id, after: { name, subject, params } })
    await this.#announce(id, 'enqueued')
    return id
  }

  /** As `enqueue`, for work of which there is one: nothing happens if a job has this id, ended or not. */
  async ensure(name: string, job: NewJob & { id: string }): Promise<void> {
    const added = await this.#db.run(
      `${INSERT} ON CONFLICT (id) DO NOTHING`,
      ...insertParams(job.id, name, job),
    )
    if (added === 1) await this.#announce(job.id, 'enqueued')
  }

  /** Lets a job that waits go on at once, when the server starts: a runner at work is not told. */
  async hurry(id: string, nowMs: number): Promise<void> {
    await this.#db.send(
      `UPDATE jobs SET due_ts = ? WHERE id = ? AND due_ts > ? AND ${LIVE}`,
      nowMs,
      id,
      nowMs,
    )
  }

  /**
   * Keeps how far the job has come, and when to go on. In the transaction of the step's own work, the step has
   * happened exactly once. False if the job has ended meanwhile (cancelled): then undo the step.
   */
  async saveProgress(
    id: string,
    progress: Json,
    { dueTs, nowMs }: { dueTs: number; nowMs: number },
  ): Promise<boolean> {
    const changed = await this.#db.run(
      `UPDATE jobs SET status = 'active', progress = ?, due_ts = ?, updated_ts = ?, attempts = 0, error = NULL
       WHERE id = ? AND ${LIVE}`,
      JSON.stringify(progress),
      dueTs,
      nowMs,
      id,
    )
    if (changed === 1) await this.#announce(id, 'progress')
    return changed === 1
  }

  /** The job has done all its work; `progress` stays as its result. False if it had ended before. */
  async finish(id: string, progress: Json, nowMs: number): Promise<boolean> {
    const changed = await this.#db.run(
      `UPDATE jobs SET status = 'complete', progress = ?, updated_ts = ?, attempts = 0, error = NULL
       WHERE id = ? AND ${LIVE}`,
      JSON.stringify(progress),
      nowMs,
      id,
    )
    if (changed === 1) await this.#announce(id, 'complete')
    return changed === 1
  }

  /** A step failed and is tried again at `dueTs`. */
  async retry(id: string, error: string, { dueTs, nowMs }: { dueTs: number; nowMs: number }): Promise<void> {
    await this.#db.send(
      `UPDATE jobs SET status = 'active', error = ?, attempts = attempts + 1, due_ts = ?, updated_ts = ?
       WHERE id = ? AND ${LIVE}`,
      error,
      dueTs,
      nowMs,
      id,
    )
  }

  /** The job has failed for good. */
  async fail(id: string, error: string, nowMs: number): Promise<void> {
    const changed = await this.#db.run(
      `UPDATE jobs SET status = 'failed', error = ?, attempts = attempts + 1, updated_ts = ? WHERE id = ? AND ${LIVE}`,
      error,
      nowMs,
      id,
    )
    if (changed === 1) await this.#announce(id, 'failed')
  }

  /** Ends a job that has not ended. False if it has, or there is none. What its steps did stays. */
  async cancel(id: string, nowMs: number): Promise<boolean> {
    const changed = await this.#db.run(
      `UPDATE jobs SET status = 'cancelled', updated_ts = ? WHERE id = ? AND ${LIVE}`,
      nowMs,
      id,
    )
    if (changed === 1) {
      this.#tx.audit.changed({ kind: 'job', id, after: { status: 'cancelled' } })
      await this.#announce(id, 'cancelled')
    }
    return changed === 1
  }

  /** Forgets at most `limit` jobs that ended before `beforeTs`; how many. */
  async deleteEnded(beforeTs: number, limit: number): Promise<number> {
    return this.#db.run(
      `DELETE FROM jobs WHERE id IN (
         SELECT id FROM jobs WHERE status IN ('complete', 'failed', 'cancelled') AND updated_ts < ? LIMIT ?)`,
      beforeTs,
      limit,
    )
  }

  async #announce(id: string, change: string): Promise<void> {
    const position = await this.#tx.takePosition('jobs')
    await this.#db.send('UPDATE jobs SET position = ? WHERE id = ?', position, id)
    this.#tx.announce({ stream: 'jobs', position, key: id, change })
  }
}

const INSERT = `INSERT INTO jobs (id, name, subject, params, status, progress, error, created_ts, updated_ts, due_ts, attempts)
  VALUES (?, ?, ?, ?, 'scheduled', 'null', NULL, ?, ?, ?, 0)`

function insertParams(id: string, name: string, job: NewJob) {
  const { subject = null, params, createdTs, dueTs = createdTs } = job
  return [id, name, subject, JSON.stringify(params, storable), createdTs, createdTs, dueTs]
}

/** JSON would hide what a job that looks it up could never find, and would be tried again for. */
function storable(_key: string, value: unknown): unknown {
  if (typeof value === 'string') checkStorable([value])
  return value
}

function toJob(row: JobRow): Job {
  const { created_ts, updated_ts, due_ts, audit_id, params, progress, ...same } = row
  return {
    ...same,
    params: JSON.parse(params) as JsonObject,
    progress: JSON.parse(progress) as Json,
    createdTs: created_ts,
    updatedTs: updated_ts,
    dueTs: due_ts,
    auditId: audit_id,
  }
}
