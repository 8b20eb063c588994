import { type Static, Type } from './schema.ts'

/** Synapse: admin_api/statistics §Users' media usage statistics */
export const MediaStatisticsList = Type.Object({
  users: Type.Array(
    Type.Object({
      user_id: Type.String({ description: 'Full user id' }),
      displayname: Type.Union([Type.String(), Type.Null()], { description: 'Display name' }),
      media_count: Type.Integer({ description: 'Files uploaded' }),
      media_length: Type.Integer({ description: 'Their bytes together' }),
    }),
    { description: 'Users who have uploaded something' },
  ),
  total: Type.Integer({ description: 'How many such users there are' }),
  next_token: Type.Optional(Type.Integer({ description: '`from` of the next page; absent on the last one' })),
})
export type MediaStatisticsList = Static<typeof MediaStatisticsList>

/** `GET /v1/statistics/database/rooms` */
export const RoomSizes = Type.Object({
  rooms: Type.Array(
    Type.Object({
      room_id: Type.String({ description: 'Id of the room' }),
      estimated_size: Type.Integer({ description: 'Bytes its events take, roughly' }),
    }),
    { description: 'The ten largest, largest first' },
  ),
})
export type RoomSizes = Static<typeof RoomSizes>
