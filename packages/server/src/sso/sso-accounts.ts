import type { UserId } from '@ranvier/protocol/ids/brands'
import { isUserId } from '@ranvier/protocol/ids/user-id'
import { outsideAction, type Storage, type Transaction } from '@ranvier/storage'
import type { AccountsConfig } from '../accounts/config.ts'
import { createAccountIn } from '../accounts/registration/create-account.ts'
import type { CheckUsername } from '../accounts/registration/usernames.ts'
import { canonicalThreepid } from '../accounts/threepids/threepid-form.ts'
import type { Clock } from '../clock.ts'
import { forbidden, MatrixError, userDeactivated } from '../errors.ts'
import type { RemoteUser, SsoProvider } from './provider.ts'

export interface SsoAccountDeps {
  storage: Pick<Storage, 'write'>
  clock: Clock
  config: AccountsConfig
  checkUsername: CheckUsername
  onRegistered: (userId: UserId) => Promise<void>
}

/**
 * The account of somebody a provider vouches for, made if need be. 403 for who gets none, 400 for a name none can have. A
 * name that is taken gets a number, unless the user has chosen it: then 400 `M_USER_IN_USE`.
 */
export type FindSsoAccount = (
  provider: SsoProvider,
  user: RemoteUser,
  how: { isChosen: boolean },
) => Promise<{ userId: UserId; isNew: boolean }>

const MAX_NAMES = 100 // Synapse: 1,000; who shares a name with so many needs another

export function findSsoAccount(deps: SsoAccountDeps): FindSsoAccount {
  return async (provider, user, how) => {
    const found = await deps.storage.write((tx) => findIn(deps, tx, provider, user, how))
    if (found.isNew) await outsideAction(() => deps.onRegistered(found.userId))
    return found
  }
}

/** In one transaction: two browsers of one person who comes for the first time make one account. */
async function findIn(
  deps: SsoAccountDeps,
  tx: Transaction,
  provider: SsoProvider,
  user: RemoteUser,
  { isChosen }: { isChosen: boolean },
): Promise<{ userId: UserId; isNew: boolean }> {
  const externalId = { authProvider: provider.id, externalId: user.subject }
  const known = await tx.threepids.findExternalOwner(provider.id, user.subject)
  if (known !== undefined) {
    if ((await tx.accounts.get(known)).deactivated) throw userDeactivated()
    return { userId: known, isNew: false }
  }
  if (user.localpart === '' && !isChosen)
    throw forbidden('The provider does not say what the account is to be called')
  const existing =
    provider.allowsExistingUsers && !isChosen ? await existingAccount(deps, tx, user.localpart) : undefined
  if (existing !== undefined) {
    await tx.threepids.addExternalId(existing, externalId)
    return { userId: existing, isNew: false }
  }
  if (!provider.registers) throw forbidden('There is no account for you here')
  const { userId } = await createAccountIn(
    tx,
    {
      localpart: isChosen
        ? await checkedName(deps, tx, user.localpart)
        : await freeName(deps, tx, user.localpart),
      passwordHash: null,
      displayname: user.displayname,
      approved: !deps.config.approval.requiredForNew,
    },
    { ...deps, nowMs: deps.clock.nowMs() },
  )
  await tx.threepids.addExternalId(userId, externalId)
  if (user.email !== null) await addEmail(tx, userId, user.email, deps.clock.nowMs())
  return { userId, isNew: true }
}

async function existingAccount(
  { config }: SsoAccountDeps,
  tx: Transaction,
  localpart: string,
): Promise<UserId | undefined> {
  const userId = `@${localpart}:${config.serverName}`
  if (!isUserId(userId)) return undefined
  const account = await tx.accounts.find(userId)
  if (account?.deactivated) throw userDeactivated()
  return account?.userId
}

async function checkedName(deps: SsoAccountDeps, tx: Transaction, localpart: string): Promise<string> {
  await deps.checkUsername(tx.accounts, localpart)
  return localpart
}

/** The name, or with the first number behind it that makes it one nobody has. */
async function freeName(deps: SsoAccountDeps, tx: Transaction, localpart: string): Promise<string> {
  for (let n = 0; ; n++) {
    const name = n === 0 ? localpart : `${localpart}${n}`
    try {
      await deps.checkUsername(tx.accounts, name)
      return name
    } catch (error) {
      const isTaken = error instanceof MatrixError && error.errcode === 'M_USER_IN_USE'
      if (!isTaken || n === MAX_NAMES) throw error
    }
  }
}

/** An address that is another account's stays there, and one that is none is passed over. */
async function addEmail(tx: Transaction, userId: UserId, text: string, nowMs: number): Promise<void> {
  try {
    const { address } = canonicalThreepid('email', text)
    if ((await tx.threepids.findOwner('email', address)) === undefined)
      await tx.threepids.put(userId, 'email', address, nowMs)
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error
  }
}
