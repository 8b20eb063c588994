import { type Static, Type } from './schema.ts'

/** Synapse: admin_api/user_admin_api §User devices */
export const AdminDevice = Type.Object({
  user_id: Type.String({ description: 'Owner of the device, full user id' }),
  device_id: Type.String({ description: 'Identifier of the device' }),
  display_name: Type.Union([Type.String(), Type.Null()], {
    description: 'Name the user gave the device; null without one',
  }),
  last_seen_ip: Type.Union([Type.String(), Type.Null()], {
    description: 'Address the device was last seen at; may be minutes old',
  }),
  last_seen_user_agent: Type.Union([Type.String(), Type.Null()], {
    description: '`User-Agent` the device was last seen with; may be minutes old',
  }),
  last_seen_ts: Type.Union([Type.Integer(), Type.Null()], {
    description: 'When the device was last seen, ms since epoch; may be minutes old',
  }),
})
export type AdminDevice = Static<typeof AdminDevice>

const ListedDevice = Type.Object({
  ...AdminDevice.properties,
  dehydrated: Type.Optional(
    Type.Boolean({
      description:
        'True for the dehydrated device, on which nobody is logged in: it keeps messages for the user’s next device. ' +
        'Absent for users without one',
    }),
  ),
})

export const AdminDeviceList = Type.Object({
  devices: Type.Array(ListedDevice, { description: 'All devices of the user' }),
  total: Type.Integer({ description: 'How many they are' }),
})
export type AdminDeviceList = Static<typeof AdminDeviceList>

/** `POST /v2/users/{user_id}/delete_devices` */
export const DeleteDevicesBody = Type.Object({
  devices: Type.Array(Type.String(), { description: 'Ids of the devices; unknown ones are passed over' }),
})

/** `POST /v2/users/{user_id}/devices` */
export const CreateDeviceBody = Type.Object({
  device_id: Type.String({ minLength: 1, description: 'Id of the new device' }),
})

/** `PUT /v2/users/{user_id}/devices/{device_id}`. Without a name nothing changes. */
export const RenameDeviceBody = Type.Object({
  display_name: Type.Optional(
    Type.Union([Type.String({ description: 'The new name, at most 100 characters' }), Type.Null()]),
  ),
})
