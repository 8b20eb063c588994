import { type Static, Type } from './schema.ts'

/** `GET /v1/register` */
export const RegisterNonce = Type.Object({
  nonce: Type.String({ description: 'To be used once, within 60 seconds' }),
})
export type RegisterNonce = Static<typeof RegisterNonce>

/** `POST /v1/register`. Synapse: admin_api/register_api */
export const SecretRegisterBody = Type.Object({
  nonce: Type.String({ description: 'From `GET` on the same path' }),
  username: Type.String({ maxLength: 512, description: 'Localpart of the new account' }),
  password: Type.String({ maxLength: 512, description: 'Its password' }),
  mac: Type.String({
    description:
      'HMAC-SHA1 with the shared secret as key, in lower-case hex, of nonce, username, password, `admin` or `notadmin`, and `user_type` if there is one, with NUL bytes between them',
  }),
  admin: Type.Optional(Type.Boolean({ default: false, description: 'Makes a server administrator' })),
  displayname: Type.Optional(
    Type.Union([Type.String(), Type.Null()], { description: 'Default: the username; `""`: none' }),
  ),
  user_type: Type.Optional(
    Type.Union([Type.String(), Type.Null()], { description: '`bot`, `support` or a configured type' }),
  ),
  device_id: Type.Optional(
    Type.String({ description: 'Id of the device that is logged in. Default: a new one' }),
  ),
  initial_device_display_name: Type.Optional(Type.String({ description: 'Name of that device' })),
  inhibit_login: Type.Optional(Type.Boolean({ description: 'Makes the account without logging in' })),
  refresh_token: Type.Optional(Type.Boolean({ description: 'Asks for a refresh token' })),
})
export type SecretRegisterBody = Static<typeof SecretRegisterBody>

export const SecretRegisterAnswer = Type.Object({
  user_id: Type.String({ description: 'Full user id of the new account' }),
  home_server: Type.String({ description: 'Name of this server' }),
  access_token: Type.Optional(Type.String({ description: 'Absent with `inhibit_login`' })),
  device_id: Type.Optional(
    Type.String({ description: 'The device of the token; absent with `inhibit_login`' }),
  ),
  expires_in_ms: Type.Optional(
    Type.Integer({ description: 'When the token ends, ms from now; absent: never' }),
  ),
  refresh_token: Type.Optional(Type.String({ description: 'When it was asked for' })),
})
export type SecretRegisterAnswer = Static<typeof SecretRegisterAnswer>
