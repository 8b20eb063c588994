import { type Static, Type } from './schema.ts'

const count = (description: string) => Type.Integer({ description })
const measured = Type.Integer({ description: 'When it was measured, ms since epoch' })
const page = {
  complete_ts: Type.Union([Type.Integer(), Type.Null()], {
    description: 'When everything had been measured for the last time, ms since epoch; null: never yet',
  }),
  next_token: Type.Optional(
    Type.String({ description: 'Where the next page begins. Absent: this is the last' }),
  ),
}

/** `GET /_ranvier/admin/v1/storage/rooms` */
export const RoomStorageList = Type.Object({
  rooms: Type.Array(
    Type.Object({
      room_id: Type.String({ description: 'Id of the room' }),
      name: Type.Union([Type.String(), Type.Null()], { description: 'Its name; null: it has none' }),
      events: count('Events of its history'),
      event_bytes: count('Bytes of their JSON. What the database adds is not in it'),
      snapshots: count('Snapshots of its state: one for each change'),
      state_bytes: count('Bytes of these snapshots'),
      measured_ts: measured,
    }),
    { description: 'In the order that was asked for' },
  ),
  ...page,
})
export type RoomStorageList = Static<typeof RoomStorageList>

/** `GET /_ranvier/admin/v1/storage/users` */
export const UserStorageList = Type.Object({
  users: Type.Array(
    Type.Object({
      user_id: Type.String({ description: 'Full id of the account' }),
      media_files: count('Files the user has uploaded'),
      media_bytes: count('Bytes of these files'),
      devices: count('Devices'),
      joined_rooms: count('Rooms the user is in'),
      account_data_bytes: count('Bytes of what clients keep for the user'),
      backed_up_keys: count('Keys of messages in backups'),
      measured_ts: measured,
    }),
    { description: 'In the order that was asked for' },
  ),
  ...page,
})
export type UserStorageList = Static<typeof UserStorageList>
