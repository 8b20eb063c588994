import { type Static, Type } from './schema.ts'

/** `POST /_ranvier/admin/v1/users/{user_id}/log_out` */
export const LoggedOut = Type.Object({
  devices: Type.Integer({ description: 'How many devices the user had' }),
})
export type LoggedOut = Static<typeof LoggedOut>

const nullableText = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

export const StaleDevice = Type.Object({
  user_id: Type.String({ description: 'Whose it is' }),
  device_id: Type.String({ description: 'Id of the device' }),
  display_name: nullableText('What the user calls it'),
  created_ts: Type.Integer({ description: 'When it logged in, ms since epoch' }),
  last_seen_ts: Type.Union([Type.Integer(), Type.Null()], {
    description: 'When it was used last, ms since epoch; null: never',
  }),
  last_seen_ip: nullableText('From where it was used last'),
})
export type StaleDevice = Static<typeof StaleDevice>

/** `GET /_ranvier/admin/v1/stale_devices` */
export const StaleDevices = Type.Object({
  devices: Type.Array(StaleDevice, { description: 'Those unseen longest first' }),
  next_token: Type.Optional(
    Type.String({ description: 'Where the next page begins. Absent: this is the last' }),
  ),
})
export type StaleDevices = Static<typeof StaleDevices>
