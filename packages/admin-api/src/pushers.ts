import { type Static, Type } from 'typebox'

/** Synapse: admin_api/user_admin_api §List all pushers */
export const AdminPusher = Type.Object({
  app_display_name: Type.String(),
  app_id: Type.String(),
  data: Type.Object(
    {},
    {
      description: 'As the client set it: for `http` with `url`, and perhaps `format`',
      additionalProperties: true,
    },
  ),
  device_display_name: Type.String(),
  device_id: Type.Union([Type.String(), Type.Null()]),
  enabled: Type.Boolean(),
  kind: Type.String({ description: '`http` or `email`' }),
  lang: Type.String(),
  profile_tag: Type.String(),
  pushkey: Type.String(),
})
export type AdminPusher = Static<typeof AdminPusher>

export const AdminPusherList = Type.Object({ pushers: Type.Array(AdminPusher), total: Type.Integer() })
export type AdminPusherList = Static<typeof AdminPusherList>
