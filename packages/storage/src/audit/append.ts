import type { WriteHandle } from '../db/types.ts'
import { type Fact, takePositions } from '../streams.ts'
import type { ActionNotes, AuditChange } from './notes.ts'

/** What the events of a room's commit were added by: an action and what it did. */
export interface CommittedAction {
  action: ActionNotes['action']
  changes: readonly AuditChange[]
}

const MAX_USER_AGENT = 512
const MAX_TARGET = 512
const MAX_IP = 64 // an address is shorter; what a proxy writes may be anything

/**
 * Writes the row of a transaction that changed something as part of an action, in that transaction, as the last thing
 * in it. Nothing else writes to the table, and nothing changes or deletes a row of it.
 */
export async function appendAudit(
  db: WriteHandle,
  { action, changes, jobs, more }: Pick<ActionNotes, 'action' | 'changes' | 'jobs' | 'more'>,
): Promise<Fact> {
  const id = await takePositions(db, 'audit')
  const target = action.target ?? subjectOf(changes)
  await db.send(
    `INSERT INTO audit_log (id, ts, action_id, operation, actor, acting_as, token_id, token_name, ip, user_agent,
       target, changes, more_changes, jobs)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    action.ts,
    action.id,
    action.operation,
    action.actor,
    action.actingAs,
    action.token?.id ?? null,
    action.token?.name ?? null,
    cut(action.ip, MAX_IP),
    cut(action.userAgent, MAX_USER_AGENT),
    cut(target, MAX_TARGET),
    JSON.stringify(changes),
    more,
    JSON.stringify(jobs),
  )
  if (jobs.length > 0) await db.send('UPDATE jobs SET audit_id = ? WHERE id = ANY(?)', id, jobs)
  return { stream: 'audit', position: id, key: action.actor ?? '', change: action.operation }
}

/** The end of a transaction's own work: its row, if it is part of an action and has changed something. */
export async function sealNotes(db: WriteHandle, notes: ActionNotes, facts: Fact[]): Promise<void> {
  if (!notes.action.recorded) return
  if (notes.hasWritten || notes.changes.length > 0) facts.push(await appendAudit(db, notes))
}

/** The rows of actions whose events were committed: each action has one for each room it added to. */
export async function appendCommitted(
  db: WriteHandle,
  actions: readonly CommittedAction[],
  facts: Fact[],
): Promise<void> {
  for (const { action, changes } of actions) {
    if (!action.recorded) continue
    facts.push(await appendAudit(db, { action, changes: [...changes], jobs: [], more: 0 }))
  }
}

/** What an action was about whose request did not name it: the account it made, or the only thing it changed. */
function subjectOf(changes: readonly AuditChange[]): string | null {
  const account = changes.find(({ kind }) => kind === 'user')
  if (account !== undefined) return account.id
  return changes.length === 1 ? changes[0]!.id : null
}

function cut(text: string | null, length: number): string | null {
  // What a database cannot hold, or what would not be the same text on the way back, is not worth refusing an action for.
  return text === null ? null : text.slice(0, length).replaceAll('\0', '').toWellFormed()
}
