import { type Static, Type } from './schema.ts'

/** Synapse: admin_api/user_admin_api §List all pushers */
export const AdminPusher = Type.Object({
  app_display_name: Type.String({ description: 'Name of the application, for people' }),
  app_id: Type.String({ description: 'Id of the application, such as `im.example.ios`' }),
  data: Type.Object(
    {},
    {
      description: 'As the client set it: for `http` with `url`, and perhaps `format`',
      additionalProperties: true,
    },
  ),
  device_display_name: Type.String({ description: 'Name of the device, for people' }),
  device_id: Type.Union([Type.String(), Type.Null()], {
    description: 'The device that set it; null: not known',
  }),
  enabled: Type.Boolean({ description: 'Whether notifications are sent to it' }),
  kind: Type.String({ description: '`http` or `email`' }),
  lang: Type.String({ description: 'Language the user prefers, such as `en-US`' }),
  profile_tag: Type.String({ description: 'Which rules of the device apply; mostly empty' }),
  pushkey: Type.String({ description: 'What tells this pusher from others of the application' }),
})
export type AdminPusher = Static<typeof AdminPusher>

export const AdminPusherList = Type.Object({
  pushers: Type.Array(AdminPusher, { description: 'All pushers of the user' }),
  total: Type.Integer({ description: 'How many they are' }),
})
export type AdminPusherList = Static<typeof AdminPusherList>
