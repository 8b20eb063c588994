import { type Static, Type } from './schema.ts'

/** Synapse: usage/administration/admin_api/registration_tokens */
export const AdminRegistrationToken = Type.Object({
  token: Type.String({ description: 'What is shown at registration' }),
  uses_allowed: Type.Union([Type.Integer(), Type.Null()], {
    description: 'How many may register with it; null: any number',
  }),
  pending: Type.Integer({ description: 'Registrations that have shown it and are not finished' }),
  completed: Type.Integer({ description: 'Registrations that were finished with it' }),
  expiry_time: Type.Union([Type.Integer(), Type.Null()], {
    description: 'From when on it cannot be used, ms since epoch; null: never',
  }),
})
export type AdminRegistrationToken = Static<typeof AdminRegistrationToken>

/** `GET /v1/registration_tokens` */
export const RegistrationTokenList = Type.Object({
  registration_tokens: Type.Array(AdminRegistrationToken, { description: 'In the order of the tokens' }),
})
export type RegistrationTokenList = Static<typeof RegistrationTokenList>

/** `PUT /v1/registration_tokens/{token}` */
export const RegistrationTokenChange = Type.Object({
  uses_allowed: Type.Optional(
    Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: 'How many may register with it; null: any number; absent: as it is',
    }),
  ),
  expiry_time: Type.Optional(
    Type.Union([Type.Integer(), Type.Null()], {
      description: 'From when on it cannot be used, ms since epoch; null: never; absent: as it is',
    }),
  ),
})
export type RegistrationTokenChange = Static<typeof RegistrationTokenChange>

/** `POST /v1/registration_tokens/new` */
export const NewRegistrationToken = Type.Object({
  token: Type.Optional(
    Type.String({ description: '1 to 64 characters out of `A-Za-z0-9._~-`; made up if absent' }),
  ),
  // Beside a `token` nobody looks at it, whatever it is.
  length: Type.Optional(
    Type.Unknown({
      description:
        'Characters of a token that is made up: an integer from 1 to 64, 16 if absent. Ignored beside `token`',
    }),
  ),
  uses_allowed: Type.Optional(
    Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
      description: 'How many may register with it; null or absent: any number',
    }),
  ),
  expiry_time: Type.Optional(
    Type.Union([Type.Integer(), Type.Null()], {
      description: 'From when on it cannot be used, ms since epoch; null or absent: never',
    }),
  ),
})
export type NewRegistrationToken = Static<typeof NewRegistrationToken>
