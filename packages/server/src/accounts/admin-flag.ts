import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { badRequest } from '../errors.ts'
import type { Requester } from '../requester.ts'

/**
 * Makes an account a server administrator, or an ordinary one again; works on its next request.
 * 400 `M_UNKNOWN` for demoting oneself, 404 for an unknown account.
 */
export type SetAdmin = (by: Requester, userId: UserId, admin: boolean) => Promise<void>

export function setAdmin(deps: { storage: Pick<Storage, 'write'> }): SetAdmin {
  return async (by, userId, admin) => {
    if (!admin && by.userId === userId) throw badRequest('You may not demote yourself.')
    await deps.storage.write((tx) => tx.accounts.update(userId, { admin }))
  }
}
