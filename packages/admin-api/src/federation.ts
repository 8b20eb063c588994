import { type Static, Type } from './schema.ts'

const nullableInt = (description: string) => Type.Union([Type.Integer(), Type.Null()], { description })
const next_token = Type.Optional(
  Type.String({ description: '`from` of the next page; absent on the last one' }),
)

/** Synapse: usage/administration/admin_api/federation */
export const DestinationItem = Type.Object({
  destination: Type.String({ description: 'Name of the server' }),
  retry_last_ts: Type.Integer({
    description: 'When sending was last tried after a failure, ms since epoch; 0: it goes well',
  }),
  retry_interval: Type.Integer({ description: 'How long to wait before the next try, ms; 0: it goes well' }),
  failure_ts: nullableInt('Since when sending fails, ms since epoch; null: it goes well'),
  last_successful_stream_ordering: nullableInt('Position up to which it has everything; null: not known'),
})
export type DestinationItem = Static<typeof DestinationItem>

export const DestinationList = Type.Object({
  destinations: Type.Array(DestinationItem, { description: 'The servers of this page' }),
  total: Type.Integer({ description: 'How many servers there are' }),
  next_token,
})
export type DestinationList = Static<typeof DestinationList>

export const DestinationRoomList = Type.Object({
  rooms: Type.Array(
    Type.Object({
      room_id: Type.String({ description: 'Id of the room' }),
      stream_ordering: Type.Integer({ description: 'Position of the last event it was to get' }),
    }),
    { description: 'The rooms of this page' },
  ),
  total: Type.Integer({ description: 'How many rooms there are' }),
  next_token,
})
export type DestinationRoomList = Static<typeof DestinationRoomList>
