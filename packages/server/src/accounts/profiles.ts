import type { UserId } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import type { Json, JsonObject } from '@ranvier/protocol/json'
import type { Storage, Transaction } from '@ranvier/storage'
import type { AppserviceQueries } from '../appservices/queries.ts'
import {
  badRequest,
  forbidden,
  invalidParam,
  keyTooLarge,
  notFound,
  profileTooLarge,
  userSuspended,
} from '../errors.ts'
import type { IsAdmin, Requester } from '../requester.ts'
import { actAs } from '../rooms/auto-join.ts'
import type { PropagateProfile } from '../rooms/profile.ts'
import { type AvatarDeps, checkAvatar } from './avatar-rules.ts'
import type { AccountsConfig } from './config.ts'

export const MAX_DISPLAYNAME_LENGTH = 256 // Synapse: handlers/profile
export const MAX_AVATAR_URL_LENGTH = 1000
const MAX_FIELD_BYTES = 255 // Spec: CS API §Profiles
const MAX_PROFILE_BYTES = 65_536
// Spec: Appendices §Common Namespaced Identifier Grammar
const FIELD = /^[a-z][a-z0-9._-]*$/

export interface ProfileDeps {
  storage: Pick<Storage, 'read' | 'write'>
  config: AccountsConfig
  avatars: AvatarDeps
  isAdmin: IsAdmin
  propagateProfile: PropagateProfile
  /** Asks another server for its user's profile; `undefined` when it has none. */
  fetchRemoteProfile?: (userId: UserId) => Promise<JsonObject | undefined>
  /** Application services make users of theirs when somebody looks for them. */
  appserviceQueries?: Pick<AppserviceQueries, 'userExists'>
}

export interface Profiles {
  /** The whole profile. 404 `M_NOT_FOUND` for an unknown user or one without a profile. */
  get(userId: UserId): Promise<JsonObject>
  /** Throws 403 `M_FORBIDDEN` when the configuration keeps this profile from this requester. */
  checkMayRead(requester: Requester | null, userId: UserId): Promise<void>
  /** One field. 404 when it is not set. */
  getField(userId: UserId, field: string): Promise<Json>
  /** 403 for others' profiles unless the requester is an administrator; 400 for what cannot be kept. */
  setField(by: Requester, userId: UserId, field: string, value: Json): Promise<void>
  deleteField(by: Requester, userId: UserId, field: string): Promise<void>
  /** As {@link setField}, where it is not the user who says so: also what users may not change themselves. */
  setForUser(userId: UserId, field: 'displayname' | 'avatar_url', value: string): Promise<void>
}

/** Reads and changes profiles. Spec: CS API §Profiles */
export function profiles(deps: ProfileDeps): Profiles {
  async function findLocal(userId: UserId): Promise<JsonObject | undefined> {
    const { accounts } = deps.storage.read
    let account = await accounts.find(userId)
    if (account === undefined && (await deps.appserviceQueries?.userExists(userId)))
      account = await accounts.find(userId)
    if (account === undefined || !account.hasProfile) return undefined
    const custom = await deps.storage.read.profiles.list(userId)
    return profileOf(account, custom)
  }

  async function get(userId: UserId): Promise<JsonObject> {
    const isLocal = serverNameOf(userId) === deps.config.serverName
    const profile = isLocal ? await findLocal(userId) : await deps.fetchRemoteProfile?.(userId)
    if (profile === undefined) throw notFound('Profile')
    return profile
  }

  async function change(
    by: Requester,
    userId: UserId,
    field: string,
    value: Json | undefined,
    { isServer } = { isServer: false },
  ): Promise<void> {
    checkFieldName(field)
    if (serverNameOf(userId) !== deps.config.serverName)
      throw badRequest('User is not hosted on this homeserver')
    const isAdmin = await deps.isAdmin(by.userId)
    if (userId !== by.userId && !isAdmin) throw forbidden("Cannot change another user's profile")
    if (by.suspended) throw userSuspended('Profiles of suspended accounts cannot be changed')
    const isMember = field === 'displayname' || field === 'avatar_url'
    if (isMember && value !== undefined) checkMemberField(field, value)
    if (isMember && !isAdmin && !isServer) checkMayChange(deps.config, field)
    if (field === 'avatar_url' && typeof value === 'string') await checkAvatar(deps.avatars, value)
    const tellRooms = await deps.storage.write(async (tx) => {
      if (userId !== by.userId) tx.audit.asAdmin()
      if (!isMember) return void (await setCustom(tx, userId, field, value))
      await setMemberField(tx, userId, field, value)
      // A shadow-banned user sees the new name, rooms do not. Synapse: admin_api/user_admin_api §Shadow-ban
      return by.shadowBanned ? undefined : deps.propagateProfile(tx, userId)
    })
    await tellRooms?.()
  }

  return {
    get,
    async checkMayRead(requester, userId) {
      if (!deps.config.profilesNeedSharedRoom || requester?.userId === userId) return
      const shared =
        requester === null ? [] : await deps.storage.read.members.sharedRooms(requester.userId, userId)
      if (shared.length === 0) throw forbidden('Profile is not available')
    },
    async getField(userId, field) {
      const profile = await get(userId)
      const value = Object.hasOwn(profile, field) ? profile[field] : undefined
      if (value === undefined) throw notFound('Profile field')
      return value
    },
    setField: change,
    deleteField: (by, userId, field) => change(by, userId, field, undefined),
    setForUser: (userId, field, value) => change(actAs(userId), userId, field, value, { isServer: true }),
  }
}

async function setMemberField(
  tx: Transaction,
  userId: UserId,
  field: string,
  value: Json | undefined,
): Promise<void> {
  const text = cleanProfileText(value as string | null | undefined) // checkMemberField has seen it
  const patch = field === 'displayname' ? { displayname: text } : { avatarUrl: text }
  await tx.accounts.update(userId, { ...patch, hasProfile: true })
}

async function setCustom(
  tx: Transaction,
  userId: UserId,
  field: string,
  value: Json | undefined,
): Promise<void> {
  const account = await tx.accounts.get(userId)
  if (value === undefined) await tx.profiles.delete(userId, field)
  else {
    await tx.profiles.put(userId, field, JSON.stringify(value))
    const whole = profileOf(account, await tx.profiles.list(userId))
    if (Buffer.byteLength(JSON.stringify(whole)) > MAX_PROFILE_BYTES)
      throw profileTooLarge(`A profile has at most ${MAX_PROFILE_BYTES} bytes`)
  }
  await tx.accounts.update(userId, { hasProfile: true })
  await tx.accounts.announceChange(userId, 'profile')
}

function profileOf(
  account: { displayname: string | null; avatarUrl: string | null },
  custom: readonly { field: string; value: string }[],
): JsonObject {
  const profile: JsonObject = {}
  if (account.displayname !== null) profile['displayname'] = account.displayname
  if (account.avatarUrl !== null) profile['avatar_url'] = account.avatarUrl
  for (const { field, value } of custom) profile[field] = JSON.parse(value) as Json // written by setCustom
  return profile
}

/** Trimmed text; nothing at all is null. */
export function cleanProfileText(value: string | null | undefined): string | null {
  const text = value?.trim() ?? ''
  return text === '' ? null : text
}

function checkFieldName(field: string): void {
  if (Buffer.byteLength(field) > MAX_FIELD_BYTES)
    throw keyTooLarge(`A profile field's name has at most ${MAX_FIELD_BYTES} bytes`)
  if (!FIELD.test(field)) throw invalidParam('Invalid profile field name')
}

function checkMemberField(field: string, value: Json): void {
  if (value === null) return
  const max = field === 'displayname' ? MAX_DISPLAYNAME_LENGTH : MAX_AVATAR_URL_LENGTH
  if (typeof value !== 'string') throw invalidParam(`'${field}' must be a string`)
  if (value.length > max) throw badRequest(`${field} is too long (max ${max} characters)`)
}

function checkMayChange(config: AccountsConfig, field: string): void {
  if (!(field === 'displayname' ? config.setDisplayname : config.setAvatarUrl))
    throw forbidden(`Changing ${field} is disabled on this homeserver`)
}
