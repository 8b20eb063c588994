import type { KnownDifference } from '../known.ts'

/** Addresses. */
export const mail: readonly KnownDifference[] = [
  {
    says: '`…/requestToken`: what is malformed is 400 `M_INVALID_PARAM` before the address is looked up (Synapse: `M_THREEPID_NOT_FOUND`); `send_attempt` is an integer; a phone number must be one.',
    seen: [
      {
        request: /\/account\/password\/email\/requestToken as nobody/,
        here: /^400 M_INVALID_PARAM/,
        there: /^400 M_THREEPID_NOT_FOUND/,
      },
      { request: /requestToken as nobody .*"send_attempt":1\.5/, here: /^400 M_BAD_JSON/, there: /^200/ },
      { request: /^an address is deleted: \{"medium":"msisdn"/, here: /^400/, there: /^200/ },
    ],
  },
  {
    says: 'A link in a mail is void once what it proves has been used.',
    seen: [
      {
        request: /^GET \S+\/add_threepid\/email\/submit_token( \(2\))?$/,
        shows: /^status: 400, there 200$/,
      },
      {
        request: /^GET \S+\/password_reset\/email\/submit_token\?\S*client_secret=a%20b/,
        shows: /^status: 200, there 400$/,
      },
    ],
  },
]
