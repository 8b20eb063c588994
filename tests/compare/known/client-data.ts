import type { KnownDifference } from '../known.ts'

/** Keys, account data, push rules, pushers. */
export const data: readonly KnownDifference[] = [
  {
    says: 'Push rules may be asked for without the slash at the end; a rule whose name has a slash is 400 `M_INVALID_PARAM`, and names may be long.',
    seen: [
      { request: /GET \S+\/pushrules(\/global)? as/, here: /^200/, there: /^40[04] M_UNRECOGNIZED/ },
      { request: /PUT \S+\/pushrules\/global\/override\/(a%2Fb)? as/, here: /^400 M_INVALID_PARAM/ },
      { request: /PUT \S+\/pushrules\/global\/override\/x+/, here: /^200/, there: /^413/ },
    ],
  },
  {
    says: 'Pushers by mail are 400 `M_INVALID_PARAM` where no mail is sent.',
  },
  {
    says: 'Default push rules are those of the specification, in its order, with those for polls and calls of drafts that clients know; own rules may come without `conditions`.',
    seen: [
      {
        request: /./,
        shows:
          /(override|underride|content)(\[\d+\])?(: \d+ items|\.actions\[)|^actions\[|postcontent: only there/,
      },
      { request: /\/pushrules/, shows: /^status: (200, there 4\d\d|404, there 200)|^body: / },
    ],
  },
  {
    says: 'Tags may be set before a room is joined.',
    seen: [
      {
        request: /\/tags/,
        shows: /^status: 200, there 403|^body: \{\}, there "M_FORBIDDEN"|^tags\.[\w.]+: only/,
      },
    ],
  },
  {
    says: 'Pushers are shown with `enabled` and `device_id`.',
    seen: [
      {
        request: /GET \S+\/pushers/,
        shows: /pushers\[\d+\]\.[\w.]*(enabled|device_id): only here|^pushers: \d+ items/,
      },
    ],
  },
  {
    says: 'Keys of users who do not exist are not in the answer, rather than none of theirs.',
    seen: [
      { request: /POST \S+\/keys\/query/, shows: /nobody\S*: only there, \{\}/ },
      { request: /signatures\/upload/, shows: /^failures\./ },
      { request: /"device_keys":null/ },
    ],
  },
]
