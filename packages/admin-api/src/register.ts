import { type Static, Type } from 'typebox'

/** `GET /v1/register` */
export const RegisterNonce = Type.Object({ nonce: Type.String() })
export type RegisterNonce = Static<typeof RegisterNonce>

/** `POST /v1/register`. Synapse: admin_api/register_api */
export const SecretRegisterBody = Type.Object({
  nonce: Type.String(),
  username: Type.String({ maxLength: 512 }),
  password: Type.String({ maxLength: 512 }),
  mac: Type.String({ description: 'HMAC-SHA1 in lower-case hex' }),
  admin: Type.Optional(Type.Boolean({ default: false })),
  displayname: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  user_type: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  device_id: Type.Optional(Type.String()),
  initial_device_display_name: Type.Optional(Type.String()),
  inhibit_login: Type.Optional(Type.Boolean()),
  refresh_token: Type.Optional(Type.Boolean()),
})
export type SecretRegisterBody = Static<typeof SecretRegisterBody>

export const SecretRegisterAnswer = Type.Object({
  user_id: Type.String(),
  home_server: Type.String(),
  access_token: Type.Optional(Type.String()),
  device_id: Type.Optional(Type.String()),
  expires_in_ms: Type.Optional(Type.Integer()),
  refresh_token: Type.Optional(Type.String()),
})
export type SecretRegisterAnswer = Static<typeof SecretRegisterAnswer>
