import type { UserId } from '@ranvier/protocol/ids/brands'
import { isUserId } from '@ranvier/protocol/ids/user-id'
import type { Account, AuthSession, Storage } from '@ranvier/storage'
import { type Appservice, isUserOf } from '../../appservices/appservice.ts'
import type { Clock } from '../../clock.ts'
import { badRequest, exclusive, forbidden, MatrixError, userDeactivated, userLocked } from '../../errors.ts'
import type { RateLimits } from '../../rate-limit.ts'
import type { AccountsConfig } from '../config.ts'
import type { Passwords } from '../passwords.ts'
import { checkApproved } from '../registration/create-account.ts'
import { hashToken } from '../secrets.ts'
import { msisdnOf } from '../threepids/calling-codes.ts'
import { canonicalThreepid } from '../threepids/threepid-form.ts'
import { checkDeviceId, type DeviceWish, type Session, startSessionIn } from './sessions.ts'

/** Who wants to log in, in the ways a client may say it. Spec: CS API §Identifier types */
export type Identifier =
  | { type: 'm.id.user'; user: string }
  | { type: 'm.id.thirdparty'; medium: string; address: string }
  | { type: 'm.id.phone'; country: string; phone: string }

export interface LogInDeps {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  config: AccountsConfig
  passwords: Passwords
  rateLimits: RateLimits
}

/**
 * The account of an identifier whose password is right, `undefined` otherwise: a client cannot tell an unknown user
 * from a wrong password, by answer or by time. Counts failures per account; 429 when there were too many.
 */
export type CheckPassword = (identifier: Identifier, password: string) => Promise<Account | undefined>

export function checkPassword(deps: Omit<LogInDeps, 'clock'>): CheckPassword {
  return async (identifier, password) => {
    const limitKey = limitKeyOf(identifier, deps.config)
    deps.rateLimits.checkOnly('rc_login.failed_attempts', limitKey)
    const account = await findAccount(deps, identifier)
    if (await deps.passwords.verify(account?.passwordHash ?? null, password)) return account
    deps.rateLimits.check('rc_login.failed_attempts', limitKey)
    return undefined
  }
}

export type LogInWithPassword = (
  identifier: Identifier,
  password: string,
  wish: DeviceWish,
) => Promise<Session>

/**
 * 403 `M_FORBIDDEN` for wrong credentials; when they are right, 403 `M_USER_DEACTIVATED` and 401 `M_USER_LOCKED`, and 403
 * for an account that is not approved yet.
 */
export function logInWithPassword(deps: LogInDeps): LogInWithPassword {
  const check = checkPassword(deps)
  return async (identifier, password, wish) => {
    checkDeviceId(wish.deviceId)
    const account = await check(identifier, password)
    if (account === undefined) throw forbidden('Invalid username or password')
    return startSession(deps, account, wish)
  }
}

export type LogInWithToken = (loginToken: string, wish: DeviceWish) => Promise<Session>

/** Logs in with a token of `login/get_token`, which is used up by it. 403 `M_FORBIDDEN` for any other. */
export function logInWithToken(deps: LogInDeps): LogInWithToken {
  return async (loginToken, wish) => {
    checkDeviceId(wish.deviceId)
    const taken = await deps.storage.write((tx) =>
      tx.loginTokens.take(hashToken(loginToken), deps.clock.nowMs()),
    )
    const account = taken && (await deps.storage.read.accounts.find(taken.userId))
    if (account === undefined) throw forbidden('Invalid login token')
    return startSession(deps, account, wish, { isLimited: true, auth: taken?.session ?? null })
  }
}

export type LogInAsAppservice = (
  appservice: Appservice,
  identifier: Identifier,
  wish: DeviceWish,
) => Promise<Session>

/** A device for a user of an application service. 400 `M_EXCLUSIVE` for others' users, 403 for one who is not there. */
export function logInAsAppservice(deps: LogInDeps): LogInAsAppservice {
  return async (appservice, identifier, wish) => {
    checkDeviceId(wish.deviceId)
    if (identifier.type === 'm.id.user' && !isUserOf(appservice, fullUserId(identifier.user, deps.config)))
      throw exclusive('The application service cannot act as this user')
    const account = await findAccount(deps, identifier)
    if (account === undefined) throw forbidden('Invalid username')
    if (!isUserOf(appservice, account.userId))
      throw exclusive('The application service cannot act as this user')
    return startSession(deps, account, wish, { isLimited: false })
  }
}

async function startSession(
  deps: LogInDeps,
  account: Account,
  wish: DeviceWish,
  { isLimited, auth = null }: { isLimited: boolean; auth?: AuthSession | null } = { isLimited: true },
): Promise<Session> {
  const { userId } = account
  if (isLimited) deps.rateLimits.check('rc_login.account', userId)
  return deps.storage.write(async (tx) => {
    // As it is now: the password took its time to check.
    const present = await tx.accounts.get(userId)
    if (present.deactivated) throw userDeactivated()
    if (present.locked) throw userLocked()
    checkApproved(present, deps.config)
    return startSessionIn(tx, userId, wish, { lifetimes: deps.config, nowMs: deps.clock.nowMs(), auth })
  })
}

function limitKeyOf(identifier: Identifier, config: AccountsConfig): string {
  if (identifier.type === 'm.id.user') return fullUserId(identifier.user, config).toLowerCase()
  if (identifier.type === 'm.id.phone') return `msisdn ${identifier.country} ${identifier.phone}`
  return `${identifier.medium} ${identifier.address.toLowerCase()}`
}

function fullUserId(user: string, config: AccountsConfig): string {
  return user.startsWith('@') ? user : `@${user}:${config.serverName}`
}

async function findAccount(deps: Pick<LogInDeps, 'storage' | 'config'>, identifier: Identifier) {
  const { accounts, threepids } = deps.storage.read
  if (identifier.type === 'm.id.user') {
    const userId = fullUserId(identifier.user, deps.config)
    if (!isUserId(userId)) return undefined
    const candidates = await accounts.listFolded(userId)
    // Old accounts may differ by case alone: then the client has to write it exactly.
    return candidates.find((account) => account.userId === userId) ?? onlyOne(candidates)
  }
  const threepid = threepidOf(identifier)
  const owner: UserId | undefined = threepid && (await threepids.findOwner(threepid.medium, threepid.address))
  return owner === undefined ? undefined : accounts.find(owner)
}

function onlyOne(accounts: readonly Account[]): Account | undefined {
  return accounts.length === 1 ? accounts[0] : undefined
}

function threepidOf(identifier: Exclude<Identifier, { type: 'm.id.user' }>) {
  if (identifier.type === 'm.id.phone') {
    const address = msisdnOf(identifier.country, identifier.phone)
    if (address === undefined) throw badRequest('Unable to parse phone number')
    return { medium: 'msisdn', address }
  }
  try {
    return canonicalThreepid(identifier.medium, identifier.address)
  } catch (error) {
    // Nobody can have this address; the client learns no more than of one that nobody happens to have.
    if (error instanceof MatrixError) return undefined
    throw error
  }
}
