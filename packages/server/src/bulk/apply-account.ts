import type { AccountAction } from '@ranvier/admin-api/bulk-actions'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AccountPatch, AccountSummary, BulkItemEnd, Transaction } from '@ranvier/storage'
import type { AccountDependents } from '../accounts/account-data.ts'
import { deactivateIn } from '../accounts/deactivate.ts'
import { logOutUserIn } from '../accounts/sessions/log-out.ts'
import { startRedactionIn } from '../moderation/redact-user.ts'
import type { BulkWish } from './wish.ts'

/** Files quarantined in one transaction. */
const FILES = 100

/** What became of an item: an end, or `more`: something was done, and there is more to do. */
export interface ItemOutcome {
  end: BulkItemEnd | 'more'
  affected?: number
  error?: string
}

/** Flags of an account that are just set. */
const FLAGS: Partial<Record<AccountAction, AccountPatch>> = {
  suspend: { suspended: true },
  unsuspend: { suspended: false },
  shadow_ban: { shadowBanned: true },
  unshadow_ban: { shadowBanned: false },
  lock: { locked: true },
  unlock: { locked: false },
}

/** Whether the action would change the account. Unknown, without looking further, for what it has and has sent: then true. */
export function wouldChange(action: AccountAction, account: AccountSummary): boolean {
  if (action === 'deactivate') return !account.deactivated
  if (action === 'erase') return !account.erased
  const flags = Object.entries(FLAGS[action] ?? {})
  return flags.length === 0 || flags.some(([key, value]) => account[key as keyof AccountSummary] !== value)
}

/** Does the action to one account, as the verb for a single one does. */
export async function applyToAccount(
  tx: Transaction,
  userId: UserId,
  wish: BulkWish & { action: AccountAction },
  context: { by: UserId; nowMs: number; dependents: readonly AccountDependents[] },
): Promise<ItemOutcome> {
  const { action } = wish
  if (action === 'redact') {
    await startRedactionIn(
      tx,
      context.by,
      userId,
      { rooms: [], reason: wish.reason, ...wish.redact },
      context.nowMs,
    )
    return { end: 'done' }
  }
  const account = await tx.accounts.find(userId)
  if (account === undefined) return { end: 'failed', error: 'User not found' }
  if (!wouldChange(action, account)) return { end: 'unchanged' }
  switch (action) {
    case 'deactivate':
    case 'erase':
      await deactivateIn(tx, userId, { erase: action === 'erase', nowMs: context.nowMs }, context.dependents)
      return { end: 'done' }
    case 'log_out':
      return { end: 'done', affected: await logOutUserIn(tx, userId, context.dependents) }
    case 'quarantine_media': {
      const files = await tx.media.listQuarantinable(userId, FILES)
      if (files.length === 0) return { end: 'done' }
      return { end: 'more', affected: await tx.media.quarantine(files, context.by) }
    }
    default:
      await tx.accounts.update(userId, FLAGS[action]!)
      return { end: 'done' }
  }
}
