import { Type } from '@ranvier/admin-api/schema'
import type { Accounts } from '../../../accounts/accounts.ts'
import { checkPasswordsKept } from '../../../accounts/change-password.ts'
import type { EmailPurpose } from '../../../accounts/threepids/email-sessions.ts'
import { forbidden, threepidUnsupported } from '../../../errors.ts'
import { clientRoute, type Route } from '../../route.ts'

const PATHS = {
  add: '/_matrix/client/v3/account/3pid',
  password: '/_matrix/client/v3/account/password',
  register: '/_matrix/client/v3/register',
} as const satisfies Record<EmailPurpose, string>

const EmailTokenBody = Type.Object({
  email: Type.String(),
  client_secret: Type.String(),
  send_attempt: Type.Integer(),
  next_link: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

/** `POST …/email/requestToken`, and the refusal of `…/msisdn/requestToken`: this server sends no text messages. */
export function emailTokenRoutes({ accounts }: { accounts: Accounts }): Route[] {
  const { config, emailSessions, ownThreepids } = accounts

  function checkOpen(purpose: EmailPurpose): void {
    if (purpose === 'add') ownThreepids.checkMayChange()
    if (purpose === 'password') checkPasswordsKept(config)
    if (purpose === 'register' && !config.registration) throw forbidden('Registration has been disabled')
  }

  return (['add', 'password', 'register'] as const).flatMap((purpose) => [
    clientRoute({
      method: 'POST',
      path: `${PATHS[purpose]}/email/requestToken`,
      auth: 'none',
      body: EmailTokenBody,
      async handler({ body, request }) {
        checkOpen(purpose)
        const { email, client_secret: clientSecret, send_attempt: sendAttempt, next_link } = body
        const wish = { email, clientSecret, sendAttempt, nextLink: next_link ?? undefined }
        return { sid: await emailSessions.request(purpose, wish, request.ip) }
      },
    }),
    clientRoute({
      method: 'POST',
      path: `${PATHS[purpose]}/msisdn/requestToken`,
      auth: 'none',
      body: Type.Object({}),
      handler: () => {
        throw threepidUnsupported('This server does not send messages to phone numbers')
      },
    }),
  ])
}
