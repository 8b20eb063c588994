import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Json, JsonObject } from '@ranvier/protocol/json'
import type { Action } from './action.ts'

/** One thing that was changed. Only fields that differ, and never a secret: a password is `"set"`, a token its id. */
export interface AuditChange {
  /** `user`, `device`, `room`, `media`, … */
  kind: string
  id: string
  /** Absent: there was no such thing. */
  before?: JsonObject
  /** Absent: there is none any more. */
  after?: JsonObject
}

/** A row holds no more changes; how many there were beyond is said in `more`. */
const MAX_CHANGES = 100
const MAX_CHANGE_LENGTH = 8_192

/** What a transaction tells the audit log. Costs nothing and does nothing unless it is part of an action. */
export interface AuditNotes {
  /** Whether anybody listens: for callers that would have to read what was there before. */
  readonly isRecording: boolean
  changed(change: AuditChange): void
  /** As `changed`, for fields of one thing: those that are the same before and after are left out, and nothing noted if all are. */
  updated(kind: string, id: string, before: JsonObject, after: JsonObject): void
  /** A job that carries on what this transaction began: it will point to the row. */
  enqueued(jobId: string): void
  /** It took an administrator to do this. `as`: who it is, when the request did not say, and what to call it. Nothing new where it is recorded anyway. */
  asAdmin(as?: { actor: UserId; operation: string; target: string }): void
}

const ignored = () => {}

export const NO_NOTES: AuditNotes = Object.freeze({
  isRecording: false,
  changed: ignored,
  updated: ignored,
  enqueued: ignored,
  asAdmin: ignored,
})

/** The notes of one transaction of an action. */
export class ActionNotes implements AuditNotes {
  readonly isRecording = true
  readonly changes: AuditChange[] = []
  readonly jobs: string[] = []
  action: Action
  /** The transaction has written something, noted or not. */
  hasWritten = false
  more = 0

  constructor(action: Action) {
    this.action = action
  }

  changed(change: AuditChange): void {
    if (this.changes.length === MAX_CHANGES) this.more++
    else this.changes.push(bounded(change))
  }

  updated(kind: string, id: string, before: JsonObject, after: JsonObject): void {
    const names = Object.keys(after).filter((name) => !isSame(before[name], after[name]))
    if (names.length === 0) return
    const pick = (from: JsonObject) => Object.fromEntries(names.map((name) => [name, from[name] ?? null]))
    this.changed({ kind, id, before: pick(before), after: pick(after) })
  }

  enqueued(jobId: string): void {
    this.jobs.push(jobId)
  }

  asAdmin(as?: { actor: UserId; operation: string; target: string }): void {
    if (!this.action.recorded) this.action = { ...this.action, ...as, recorded: true }
  }
}

const isSame = (a: Json | undefined, b: Json | undefined): boolean =>
  JSON.stringify(a ?? null) === JSON.stringify(b ?? null)

/** Somebody may give a job ten thousand ids: the row says that there was more than it can hold. */
function bounded(change: AuditChange): AuditChange {
  if (JSON.stringify(change).length <= MAX_CHANGE_LENGTH) return change
  const cut = (fields: JsonObject | undefined) =>
    fields && Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, shortened(value)]))
  const { kind, id } = change
  const before = cut(change.before)
  const after = cut(change.after)
  return { kind, id: id.slice(0, 512), ...(before && { before }), ...(after && { after }) }
}

const MAX_SHORT = 512

function shortened(value: Json | undefined): Json {
  const text = JSON.stringify(value ?? null)
  if (text.length <= MAX_SHORT) return value ?? null
  return Array.isArray(value) ? { items: value.length } : `${text.slice(0, MAX_SHORT)}…`
}
