import type { AccountSelection, BulkJobBody } from '@ranvier/admin-api/bulk-jobs'
import type { AccountFilter } from '@ranvier/storage'
import type { BulkRequest } from '../../../bulk/wish.ts'
import { invalidParam } from '../../../errors.ts'

/** The body as the verb takes it. 400 `M_INVALID_PARAM` for an empty filter. */
export function bulkRequest(body: BulkJobBody, approvalEnabled: boolean): BulkRequest {
  const { action, users, filter, media, devices, rooms, reason } = body
  const { limit, use_admin: useAdmin, before_ts: beforeTs, after_ts: afterTs } = body
  return {
    action,
    users,
    filter: filter && filterOf(filter, approvalEnabled),
    media,
    devices: devices?.map(({ user_id, device_id }) => ({ userId: user_id, deviceId: device_id })),
    unseenSinceTs: body.unseen_since,
    userId: body.user_id,
    rooms,
    reason,
    ...(action === 'redact' && { redact: { limit, useAdmin, beforeTs, afterTs } }),
  }
}

/** The same defaults as the list `/v3/users` has, so that an administrator gets what they have seen there. */
function filterOf(selection: AccountSelection, approvalEnabled: boolean): AccountFilter {
  const { user_id: userId, name, guests = true, deactivated, locked = false, admins } = selection
  if (Object.keys(selection).length === 0)
    throw invalidParam("An empty 'filter' finds everybody: if that is meant, write a default down")
  const approved = approvalEnabled && selection.approved === false ? false : undefined
  return {
    userId,
    name,
    guests,
    deactivated,
    locked,
    approved,
    admins,
    notUserTypes: selection.not_user_type ?? [],
  }
}
