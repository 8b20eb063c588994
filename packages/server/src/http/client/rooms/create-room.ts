import { type Static, type TSchema, Type } from '@ranvier/admin-api/schema'
import type { RoomAlias, ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { isRoomAlias } from '@ranvier/protocol/ids/room-alias'
import { isUserId } from '@ranvier/protocol/ids/user-id'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { badJson, invalidParam } from '../../../errors.ts'
import type { NewRoom } from '../../../rooms/create-room.ts'
import type { RoomVerbs } from '../../../rooms/shadow-ban.ts'
import { clientRoute, type Route } from '../../route.ts'
import { AddressBody, askedThreepid } from './invite.ts'
import { userIdParam } from './params.ts'

const JsonObjectType = Type.Unsafe<JsonObject>(Type.Object({}))

/** Clients send `null` for what they leave open. Synapse takes it for these. */
const open = <S extends TSchema>(schema: S) => Type.Optional(Type.Union([schema, Type.Null()]))

const CreateRoomBody = Type.Object({
  visibility: open(Type.String()),
  room_alias_name: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  topic: Type.Optional(Type.String()),
  invite: Type.Optional(Type.Array(Type.String())),
  invite_3pid: Type.Optional(Type.Array(AddressBody)),
  room_version: Type.Optional(Type.String()),
  creation_content: Type.Optional(JsonObjectType),
  initial_state: Type.Optional(
    Type.Array(
      Type.Object({
        type: Type.String(),
        state_key: Type.Optional(Type.String()),
        content: JsonObjectType,
      }),
    ),
  ),
  preset: Type.Optional(Type.String()),
  is_direct: open(Type.Boolean()),
  power_level_content_override: open(JsonObjectType),
})

/** `POST /createRoom`: the room exists with all that was asked for, or not at all. */
export function createRoomRoute(deps: { verbs: RoomVerbs; serverName: ServerName }): Route {
  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/createRoom',
    auth: 'user',
    body: CreateRoomBody,
    emptyBody: true,
    async handler({ requester, body }) {
      const room = newRoom(body, deps.serverName)
      const addresses = (body.invite_3pid ?? []).map(askedThreepid)
      const roomId = await deps.verbs.createRoom(requester, room)
      // The room is there before anybody is written to. Synapse: a refusal is told although the room stays.
      for (const address of addresses) await deps.verbs.inviteByAddress(requester, roomId, address)
      const answer: Record<string, string> = { room_id: roomId }
      if (room.alias !== undefined) answer['room_alias'] = room.alias
      return answer
    },
  })
}

function newRoom(body: Static<typeof CreateRoomBody>, serverName: ServerName): NewRoom {
  const visibility = body.visibility ?? 'private'
  if (visibility !== 'public' && visibility !== 'private')
    throw invalidParam("'visibility' must be public or private")
  const room: NewRoom = {
    published: visibility === 'public',
    preset: presetOf(body.preset ?? (visibility === 'public' ? 'public_chat' : 'private_chat')),
    invite: (body.invite ?? []).map(userIdParam),
    isDirect: body.is_direct ?? false,
    creationContent: creationContent(body.creation_content ?? {}),
    initialState: (body.initial_state ?? []).map(({ type, state_key, content }) => ({
      type,
      stateKey: state_key ?? '',
      content,
    })),
  }
  if (body.room_version !== undefined) room.version = body.room_version
  if (body.room_alias_name !== undefined) room.alias = localAlias(body.room_alias_name, serverName)
  if (body.name !== undefined) room.name = body.name
  if (body.topic !== undefined) room.topic = body.topic
  if (body.power_level_content_override) room.powerLevelOverride = body.power_level_content_override
  return room
}

function presetOf(name: string): NewRoom['preset'] {
  if (name === 'private_chat' || name === 'trusted_private_chat' || name === 'public_chat') return name
  throw invalidParam(`'${name.slice(0, 100)}' is not a preset`)
}

function localAlias(localpart: string, serverName: ServerName): RoomAlias {
  const alias = `#${localpart}:${serverName}`
  if (/[\s:]/.test(localpart) || !isRoomAlias(alias)) throw invalidParam('Invalid characters in room alias')
  return alias
}

/** What would make a create event no room could have is refused here, where the client can be told why. */
function creationContent(content: JsonObject): JsonObject {
  const { additional_creators: creators, predecessor } = content
  if (creators !== undefined && !isUserIdList(creators))
    throw invalidParam("'additional_creators' must be a list of user ids")
  if (predecessor !== undefined && !isJsonObject(predecessor))
    throw badJson("'predecessor' must be an object")
  return content
}

function isUserIdList(value: unknown): value is UserId[] {
  return Array.isArray(value) && value.every(isUserId)
}
