import type { AccountAction, MembershipAction } from '@ranvier/admin-api/bulk-actions'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { BulkItem, BulkItemEnd, Storage, Transaction } from '@ranvier/storage'
import { type AccountDependents, deleteDevicesIn } from '../accounts/account-data.ts'
import type { Clock } from '../clock.ts'
import { MatrixError } from '../errors.ts'
import { parseMxc } from '../media/media-id.ts'
import type { ForceMembership } from '../rooms/admin/force-membership.ts'
import { applyToAccount, type ItemOutcome } from './apply-account.ts'
import { isMediaItem, parseDeviceItem } from './items.ts'
import { type BulkWish, isMembershipAction } from './wish.ts'

export interface ApplyDeps {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  dependents: readonly AccountDependents[]
  forceMembership: ForceMembership
  /** Told of failures that are not the administrator's. */
  onError: (error: unknown, where: { jobId: string; item: string }) => void
}

export interface ItemWork {
  jobId: string
  by: UserId
  wish: BulkWish
  item: BulkItem
  /** Aborted when the server stops: what goes wrong then is done later. */
  signal: AbortSignal
}

/**
 * Does one item, and says in the same transaction what became of it: killed at any moment, it has happened with its note
 * or not at all. Nothing happens once the job has ended. What goes wrong ends the item, not the job.
 */
export async function applyItem(deps: ApplyDeps, work: ItemWork): Promise<void> {
  try {
    if (isMembershipAction(work.wish.action)) await applyToRoom(deps, work, work.wish.action)
    else
      await deps.storage.write(async (tx) => {
        if (await isLive(tx, work.jobId)) await note(deps, tx, work, await outcomeIn(deps, tx, work))
      })
  } catch (error) {
    if (work.signal.aborted) throw error
    const isTheirs = error instanceof MatrixError
    if (!isTheirs) deps.onError(error, { jobId: work.jobId, item: work.item.item })
    const text = isTheirs ? error.message : 'Internal error: see the log of the server'
    await deps.storage.write((tx) => note(deps, tx, work, { end: 'failed', error: text }))
  }
}

async function isLive(tx: Transaction, jobId: string): Promise<boolean> {
  const job = await tx.jobs.find(jobId)
  return job?.status === 'scheduled' || job?.status === 'active'
}

async function note(
  { clock }: ApplyDeps,
  tx: Transaction,
  { jobId, item: { seq } }: ItemWork,
  { end, affected = 0, error = undefined }: ItemOutcome,
): Promise<void> {
  const nowMs = clock.nowMs()
  if (end === 'more') await tx.bulkJobs.begin(jobId, seq, affected, nowMs)
  else await tx.bulkJobs.settle(jobId, seq, { end, affected, error: error ?? null }, nowMs)
}

async function outcomeIn(deps: ApplyDeps, tx: Transaction, work: ItemWork): Promise<ItemOutcome> {
  const { wish, by } = work
  const { item } = work.item
  if (wish.action === 'delete_devices') return deleteDevice(tx, item, wish, deps.dependents)
  if (isMediaItem(item)) return quarantineFile(tx, item, by)
  const action = wish.action as AccountAction // what is neither of devices nor of memberships
  const context = { by, nowMs: deps.clock.nowMs(), dependents: deps.dependents }
  const outcome = await applyToAccount(tx, item as UserId, { ...wish, action }, context)
  const isSecondLook = action === 'quarantine_media' && work.item.affected === 0
  // Of an account without files to hide there was nothing to do.
  return isSecondLook && outcome.end === 'done' ? { end: 'unchanged' } : outcome
}

async function deleteDevice(
  tx: Transaction,
  item: string,
  { target }: BulkWish,
  dependents: readonly AccountDependents[],
): Promise<ItemOutcome> {
  const { userId, deviceId } = parseDeviceItem(item)
  const device = await tx.devices.find(userId, deviceId)
  if (device === undefined) return { end: 'failed', error: 'Device not found' }
  // It may have been used since it was found.
  const seenTs = device.lastSeenTs ?? device.createdTs
  if (target.kind === 'stale-devices' && seenTs >= target.unseenSinceTs) return { end: 'unchanged' }
  await deleteDevicesIn(tx, userId, [deviceId], dependents)
  return { end: 'done', affected: 1 }
}

async function quarantineFile(tx: Transaction, uri: string, by: UserId): Promise<ItemOutcome> {
  const { mediaId } = parseMxc(uri)! // was parsed before it was kept
  const file = await tx.media.find(mediaId)
  if (file === undefined) return { end: 'failed', error: 'Media not found' }
  if (file.quarantinedBy !== null) return { end: 'unchanged' }
  if (file.safeFromQuarantine) return { end: 'failed', error: 'The file is protected from quarantine' }
  return { end: 'done', affected: await tx.media.quarantine([mediaId], by) }
}

/** A room's events commit by themselves: that it is begun is noted before, so that afterwards it counts as done. */
async function applyToRoom(deps: ApplyDeps, work: ItemWork, action: MembershipAction): Promise<void> {
  const { jobId, by, wish } = work
  const { seq, item, state } = work.item
  const goesOn = await deps.storage.write(async (tx) => {
    if (!(await isLive(tx, jobId))) return false
    await tx.bulkJobs.begin(jobId, seq, 0, deps.clock.nowMs())
    return true
  })
  if (!goesOn) return
  const change = { userId: wish.userId!, action, reason: wish.reason }
  const outcome = await deps.forceMembership(by, item as RoomId, change)
  const end: BulkItemEnd = outcome !== undefined || state === 'started' ? 'done' : 'unchanged'
  await deps.storage.write((tx) => note(deps, tx, work, { end }))
}
