import type { KnownDifference } from '../known.ts'

/** What is read of rooms. */
export const reading: readonly KnownDifference[] = [
  {
    says: 'Dehydrated devices (MSC3814) and the rooms one has in common with somebody (MSC2666) are served; in Synapse they are experimental features. So is `state_after` of `/sync`.',
    seen: [
      { request: /\/org\.matrix\.msc3814|msc2666/, there: /^404 M_UNRECOGNIZED/ },
      { request: /use_state_after=true/, shows: /\.state: only there|state_after: only here/ },
    ],
  },
  {
    says: 'Clients are shown their own transaction ids (`unsigned.transaction_id`) in lists of threads, too.',
    seen: [{ request: /GET \S+\/threads/, shows: /unsigned\.transaction_id: only here/ }],
  },
  {
    says: '`POST /search` answers `search_categories` without categories with none, has groups also when ordered by time, ranks results in its own way, and shows profiles without an `avatar_url` that is null. So does the user directory.',
    seen: [
      { request: /POST \S+\/search as \w+ \{"search_categories":\{\}\}/, here: /^200/, there: /^400/ },
      {
        request: /POST \S+\/(search|user_directory\/search) /,
        shows: /\.rank: |room_events\.groups: only here|avatar_url: only there, null/,
      },
    ],
  },
  {
    says: 'Receipts are refused for unknown events (404) and by those who are not in the room (403), and may come without a body.',
    seen: [
      { request: /\/(receipt|read_markers).*\$none/, here: /^404/, there: /^200/ },
      { request: /\/receipt\/.* as carol \{\}/, here: /^403/, there: /^200/ },
      { request: /\/receipt\/.* as bob$/, here: /^200/, there: /^400 M_NOT_JSON/ },
    ],
  },
  {
    says: '`limit` in the filter of `/messages` counts, and empty query parameters are those that are not there.',
    seen: [
      { request: /GET \S+\/messages\?\S*limit%22%3A/ },
      { request: /GET \S+[?&](filter|since|from|to)=(&| |$)/, here: /^200/, there: /^400/ },
    ],
  },
  {
    says: 'The calls of 2014 (`/initialSync` of everything, `/events`) are not served.',
    seen: [
      { request: /GET \S+\/v3\/(initialSync|events)(\?\S*)? /, here: /^404/ },
      { request: /\/initialSync/, shows: /^(presence|receipts|visibility): only/ },
    ],
  },
  {
    says: '`/notifications` has a `next_token` only if there are more, and no `profile_tag` that is null.',
    seen: [{ request: /\/notifications/ }],
  },
  {
    says: 'Filters have ids that cannot be guessed.',
    seen: [{ request: /GET \S+\/filter\/\d/ }],
  },
]
