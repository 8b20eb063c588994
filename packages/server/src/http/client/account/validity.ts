import type { AccountValidityVerbs } from '../../../accounts/validity/account-validity.ts'
import { RENEW_PATH } from '../../../accounts/validity/account-validity.ts'
import { page } from '../../page.ts'
import { requiredQueryString } from '../../query.ts'
import type { RateLimits } from '../../rate-limit.ts'
import { clientRoute, type Route } from '../../route.ts'

/** What owners of accounts that expire do: open the link of a renewal mail, and ask for such a mail. */
export function accountValidityRoutes(deps: {
  validity: AccountValidityVerbs
  rateLimits: RateLimits
}): Route[] {
  const { validity, rateLimits } = deps
  return [
    clientRoute({
      method: 'GET',
      path: RENEW_PATH,
      auth: 'none',
      query: (query) => requiredQueryString(query, 'token'),
      async handler({ query: token }) {
        const outcome = await validity.renewWithToken(token)
        if (outcome.result === 'unknown')
          return page('Not renewed', '<p>This link is not valid. A newer mail may hold another one.</p>', {
            status: 404,
          })
        const until = new Date(outcome.expirationTs).toISOString().slice(0, 10)
        return outcome.result === 'renewed'
          ? page('Renewed', `<p>Your account can be used until ${until}.</p>`)
          : page('Renewed before', `<p>This link has been used. Your account can be used until ${until}.</p>`)
      },
    }),
    clientRoute({
      method: 'POST',
      path: '/_matrix/client/unstable/account_validity/send_mail',
      auth: 'user',
      allowExpired: true,
      async handler({ requester }) {
        rateLimits.check('rc_3pid_validation', requester.userId)
        await validity.sendMail(requester.userId)
        return {}
      },
    }),
  ]
}
