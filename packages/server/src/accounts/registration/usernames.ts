import type { UserId } from '@ranvier/protocol/ids/brands'
import { MAX_ID_BYTES } from '@ranvier/protocol/ids/limits'
import { isNewLocalpart, isUserId } from '@ranvier/protocol/ids/user-id'
import type { Storage } from '@ranvier/storage'
import { exclusive, invalidUsername, userInUse } from '../../errors.ts'
import type { AccountsConfig } from '../config.ts'

/** Whether the id belongs to an application service other than `appserviceId`; null stands for a person. */
export type IsReserved = (userId: UserId, appserviceId: string | null) => boolean

/** Throws 400 unless an account with this name may be made. Whether the name is taken is looked up in `accounts`. */
export type CheckUsername = (
  accounts: Pick<Storage['read']['accounts'], 'listFolded'>,
  localpart: string,
  options?: {
    guest?: boolean
    ownedBy?: UserId | undefined
    /** Which application service makes the account; null: none. */
    appserviceId?: string | null
  },
) => Promise<UserId>

/**
 * The rules for names of new accounts; the same for everybody who makes one.
 * Spec: Appendices §User identifiers. Synapse: numbers belong to guests, a leading `_` to application services.
 */
export function createCheckUsername(deps: {
  config: Pick<AccountsConfig, 'serverName' | 'noticesLocalpart'>
  isReserved: IsReserved
}): CheckUsername {
  const { serverName, noticesLocalpart } = deps.config
  return async (accounts, localpart, { guest = false, ownedBy, appserviceId = null } = {}) => {
    if (localpart === '') throw invalidUsername('User ID cannot be empty')
    if (!isNewLocalpart(localpart))
      throw invalidUsername("User ID can only contain characters a-z, 0-9, or '=_-./+'")
    const isPerson = appserviceId === null
    if (isPerson && localpart.startsWith('_')) throw invalidUsername('User ID may not begin with _')
    if (isPerson && !guest && /^[0-9]+$/.test(localpart))
      throw invalidUsername('Numeric user IDs are reserved for guest users.')
    const userId = `@${localpart}:${serverName}`
    if (!isUserId(userId)) throw invalidUsername(`User ID may not be longer than ${MAX_ID_BYTES} characters`)
    if (localpart === noticesLocalpart || deps.isReserved(userId, appserviceId))
      throw exclusive('This user ID is reserved.')
    const taken = await accounts.listFolded(userId)
    // A guest may keep its own name when it becomes a full account.
    if (taken.some((account) => account.userId !== ownedBy)) throw userInUse()
    return userId
  }
}
