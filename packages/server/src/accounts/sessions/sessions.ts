import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AuthSession, Transaction } from '@ranvier/storage'
import { invalidParam } from '../../errors.ts'
import type { AccountsConfig } from '../config.ts'
import { hashToken, makeAccessToken, makeDeviceId, makeRefreshToken } from '../secrets.ts'

export const MAX_DEVICE_ID_LENGTH = 512
export const MAX_DEVICE_NAME_LENGTH = 100 // Synapse: admin_api/user_admin_api §Update a device

/** What a client may say about the device it logs in on. */
export interface DeviceWish {
  deviceId?: string | undefined
  initialDisplayName?: string | undefined
  /** The client can refresh its access token. */
  refreshToken?: boolean | undefined
}

/** A log-in, ready to be answered. */
export interface Session {
  userId: UserId
  deviceId: string
  accessToken: string
  /** Undefined: the access token does not expire. */
  expiresInMs?: number | undefined
  refreshToken?: string | undefined
}

type Lifetimes = Pick<
  AccountsConfig,
  | 'refreshableTokenLifetimeMs'
  | 'nonrefreshableTokenLifetimeMs'
  | 'refreshTokenLifetimeMs'
  | 'sessionLifetimeMs'
>

/** Throws 400 unless the device id can be kept. */
export function checkDeviceId(deviceId: string | undefined): void {
  if (deviceId !== undefined && (deviceId === '' || deviceId.length > MAX_DEVICE_ID_LENGTH))
    throw invalidParam(`device_id must have 1 to ${MAX_DEVICE_ID_LENGTH} characters`)
}

/**
 * Logs a user in on a device, new or known; a known one loses the tokens it had. `auth`: the session at a provider by which.
 * Spec: CS API §Relationship between access tokens and devices
 */
export async function startSessionIn(
  tx: Transaction,
  userId: UserId,
  wish: DeviceWish,
  { lifetimes, nowMs, auth = null }: { lifetimes: Lifetimes; nowMs: number; auth?: AuthSession | null },
): Promise<Session> {
  // Who logs in as an administrator is in the audit log, also when somebody else has learnt the password.
  if (await tx.accounts.isAdmin(userId))
    tx.audit.asAdmin({ actor: userId, operation: 'adminLogIn', target: userId })
  const deviceId = wish.deviceId ?? makeDeviceId()
  const name = wish.initialDisplayName?.slice(0, MAX_DEVICE_NAME_LENGTH) ?? null
  const isNew = await tx.devices.ensure(userId, deviceId, name, nowMs)
  if (!isNew) await tx.tokens.deleteOfDevices(userId, [deviceId])
  if (!isNew || auth !== null) await tx.devices.setAuthSession(userId, deviceId, auth)
  const sessionExpiryTs = lifetimes.sessionLifetimeMs === null ? null : nowMs + lifetimes.sessionLifetimeMs
  if (wish.refreshToken === true)
    return issuePairIn(tx, { userId, deviceId, sessionExpiryTs }, { lifetimes, nowMs })

  const accessToken = makeAccessToken(userId)
  const validUntilMs = earliest(after(nowMs, lifetimes.nonrefreshableTokenLifetimeMs), sessionExpiryTs)
  await tx.tokens.addAccess({
    tokenHash: hashToken(accessToken),
    userId,
    deviceId,
    validUntilMs,
    createdTs: nowMs,
  })
  return {
    userId,
    deviceId,
    accessToken,
    expiresInMs: validUntilMs === null ? undefined : validUntilMs - nowMs,
  }
}

/** A new access token with a refresh token; `parentId` is the refresh token they were got for. */
export async function issuePairIn(
  tx: Transaction,
  login: { userId: UserId; deviceId: string; sessionExpiryTs: number | null; parentId?: number },
  { lifetimes, nowMs }: { lifetimes: Lifetimes; nowMs: number },
): Promise<Session> {
  const { userId, deviceId, sessionExpiryTs } = login
  const accessToken = makeAccessToken(userId)
  const refreshToken = makeRefreshToken(userId)
  const refreshTokenId = await tx.tokens.addRefresh({
    ...login,
    tokenHash: hashToken(refreshToken),
    expiryTs: earliest(after(nowMs, lifetimes.refreshTokenLifetimeMs), sessionExpiryTs),
  })
  const validUntilMs = earliest(after(nowMs, lifetimes.refreshableTokenLifetimeMs), sessionExpiryTs)
  await tx.tokens.addAccess({
    tokenHash: hashToken(accessToken),
    userId,
    deviceId,
    validUntilMs,
    refreshTokenId,
    createdTs: nowMs,
  })
  const expiresInMs = validUntilMs === null ? undefined : validUntilMs - nowMs
  return { userId, deviceId, accessToken, expiresInMs, refreshToken }
}

function after(nowMs: number, lifetimeMs: number | null): number | null {
  return lifetimeMs === null ? null : nowMs + lifetimeMs
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}
