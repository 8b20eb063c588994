import { type Static, Type } from './schema.ts'

/** Synapse: admin_api/account_validity */
export const AccountValidityBody = Type.Object({
  user_id: Type.String({ description: 'Whose account, full user id' }),
  expiration_ts: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'When it expires, ms since epoch. Default: one configured period from now',
    }),
  ),
  enable_renewal_emails: Type.Optional(
    Type.Boolean({
      default: true,
      description: 'Send the user a mail with a link to renew it before it expires',
    }),
  ),
})

export const AccountValidityAnswer = Type.Object({
  expiration_ts: Type.Integer({ description: 'When the account expires now, ms since epoch' }),
})
export type AccountValidityAnswer = Static<typeof AccountValidityAnswer>
