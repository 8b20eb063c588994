import type { KnownDifference } from '../known.ts'

/** Proposals that clients use. */
export const drafts: readonly KnownDifference[] = [
  {
    says: 'Delayed events (MSC4140): a delay that is too long is 400 with `M_MAX_DELAY_EXCEEDED` and the longest there is, as the proposal has it (Synapse: 403 `M_FORBIDDEN`); who may not send now may not schedule; one of them can be asked for by its id.',
    seen: [
      { request: /msc4140\.delay=86400001 as/, here: /^400 M_UNKNOWN$/, there: /^403 M_FORBIDDEN$/ },
      { request: /msc4140\.delay=86400000 as dan/, here: /^403 M_FORBIDDEN$/, there: /^200/ },
      { request: /GET \S+\/delayed_events\/.+ as/, here: /^(200|404 M_NOT_FOUND)/, there: /^405/ },
    ],
  },
  {
    says: 'Threads that are followed (MSC4308): `dir` may be left out, and may be `f`.',
    seen: [
      {
        request: /GET \S+\/thread_subscriptions\?(limit=1|dir=f)? as/,
        here: /^200/,
        there: /^400 M_(MISSING_PARAM|INVALID_PARAM)$/,
      },
      {
        request: /\/subscription as bob \{"automatic":"\$none"\}/,
        shows: /^errcode: "IO\.ELEMENT\.MSC4306\.M_NOT_IN_THREAD"/,
      },
    ],
  },
  {
    says: 'Invite filtering (MSC4155): `enabled: false` turns the filter off.',
    seen: [
      { request: /\{filtered 10\}\/(invite|kick) as carol/, here: /^200/, there: /^403/ },
      { request: /asked into 10$/, shows: /^rooms(\.invite)?: only here/ },
    ],
  },
  {
    says: 'Lists of transports for calls (MSC4143) may be empty; Synapse leaves them out then.',
    seen: [{ request: /GET \S+\/rtc\/transports as bob/, shows: /^rtc_transports: only here, \[\]$/ }],
  },
  {
    says: '`POST /login/get_token` may come without a body, and says how long the token lasts in `expires_in_ms` alone.',
    seen: [
      { request: /POST \S+\/get_token as bob$/, here: /^401/, there: /^400 M_NOT_JSON$/ },
      { request: /POST \S+\/get_token as bob \{"auth"/, shows: /^expires_in: only there, 300$/ },
    ],
  },
]
