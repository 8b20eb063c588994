import { type Static, type TSchema, Type } from '@ranvier/admin-api/schema'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { fitsInBytes, MAX_ID_BYTES } from '@ranvier/protocol/ids/limits'
import { isRoomId } from '@ranvier/protocol/ids/room-id'
import { isUserId } from '@ranvier/protocol/ids/user-id'
import type { JsonObject } from '@ranvier/protocol/json'
import { invalidParam } from '../../../errors.ts'

/** An object with any members, each of which fits `schema`. */
export function mapOf<S extends TSchema>(schema: S) {
  return Type.Unsafe<Record<string, Static<S>>>(Type.Record(Type.String(), schema))
}

/** Any object. */
export const AnyObject = Type.Unsafe<JsonObject>(Type.Object({}))

const optional = <S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]))

const Signatures = mapOf(mapOf(Type.String()))

const DeviceKeys = Type.Object({
  user_id: Type.String(),
  device_id: Type.String(),
  algorithms: Type.Array(Type.String()),
  keys: mapOf(Type.String()),
  signatures: Signatures,
})

const Keys = mapOf(
  Type.Union([Type.String(), Type.Object({ key: Type.String(), signatures: Type.Optional(Signatures) })]),
)

export const UploadBody = Type.Object({
  device_keys: optional(DeviceKeys),
  one_time_keys: optional(Keys),
  fallback_keys: optional(Keys),
  'org.matrix.msc2732.fallback_keys': optional(Keys),
})

/** `PUT /dehydrated_device`. MSC3814 */
export const DehydratedDeviceBody = Type.Object({
  device_id: Type.String(),
  device_data: Type.Unsafe<JsonObject>(Type.Object({ algorithm: Type.String() })),
  initial_device_display_name: optional(Type.String()),
  device_keys: DeviceKeys,
  one_time_keys: optional(Keys),
  fallback_keys: optional(Keys),
})

const CrossSigningKey = Type.Object({
  user_id: Type.String(),
  usage: Type.Array(Type.String()),
  keys: mapOf(Type.String()),
  signatures: Type.Optional(Signatures),
})

export const CrossSigningBody = Type.Object({
  master_key: optional(CrossSigningKey),
  self_signing_key: optional(CrossSigningKey),
  user_signing_key: optional(CrossSigningKey),
})

// Larger numbers would not come back as they went in.
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

export const SessionBody = Type.Object({
  first_message_index: Count,
  forwarded_count: Count,
  is_verified: Type.Boolean(),
  session_data: AnyObject,
})
export type SessionBody = Static<typeof SessionBody>

export const RoomSessionsBody = Type.Object({ sessions: mapOf(SessionBody) })
export const AllSessionsBody = Type.Object({ rooms: mapOf(RoomSessionsBody) })

/** The members as a map by user. Throws 400 `M_INVALID_PARAM` for a name that is no user id. */
export function byUser<T>(members: Record<string, T>): Map<UserId, T> {
  const map = new Map<UserId, T>()
  for (const [userId, value] of Object.entries(members)) {
    if (!isUserId(userId)) throw invalidParam(`'${userId.slice(0, 100)}' is not a user id`)
    map.set(userId, value)
  }
  return map
}

/** Of these members, those whose name is a user id. */
export function ofUsers<T>(members: Record<string, T>): Map<UserId, T> {
  const map = new Map<UserId, T>()
  for (const [userId, value] of Object.entries(members)) if (isUserId(userId)) map.set(userId, value)
  return map
}

/** A room id. Throws 400 `M_INVALID_PARAM`. */
export function roomIdOf(text: string): RoomId {
  if (!isRoomId(text)) throw invalidParam(`'${text.slice(0, 100)}' is not a room id`)
  return text
}

/** The id of a Megolm session. Throws 400 `M_INVALID_PARAM`. */
export function sessionIdOf(text: string): string {
  if (text === '' || !fitsInBytes(text, MAX_ID_BYTES))
    throw invalidParam(`A session id has 1 to ${MAX_ID_BYTES} bytes`)
  return text
}

/** A map of maps, or a map of values, as JSON objects. */
export function fromMap<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries(map)
}
