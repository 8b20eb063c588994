import { type Static, Type } from 'typebox'

/** Synapse: admin_api/user_admin_api §User devices */
export const AdminDevice = Type.Object({
  user_id: Type.String(),
  device_id: Type.String(),
  display_name: Type.Union([Type.String(), Type.Null()]),
  last_seen_ip: Type.Union([Type.String(), Type.Null()]),
  last_seen_user_agent: Type.Union([Type.String(), Type.Null()]),
  last_seen_ts: Type.Union([Type.Integer({ description: 'ms since epoch' }), Type.Null()]),
})
export type AdminDevice = Static<typeof AdminDevice>

export const AdminDeviceList = Type.Object({ devices: Type.Array(AdminDevice), total: Type.Integer() })
export type AdminDeviceList = Static<typeof AdminDeviceList>

/** `POST /v2/users/{user_id}/delete_devices` */
export const DeleteDevicesBody = Type.Object({ devices: Type.Array(Type.String()) })

/** `PUT /v2/users/{user_id}/devices/{device_id}`. Without a name nothing changes. */
export const RenameDeviceBody = Type.Object({
  display_name: Type.Optional(
    Type.Union([Type.String({ description: 'At most 100 characters, else 400 `M_TOO_LARGE`' }), Type.Null()]),
  ),
})
