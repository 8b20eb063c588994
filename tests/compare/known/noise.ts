import type { KnownDifference } from '../known.ts'

/** What administrators need not know: what is said by chance, or where neither answer is of use to anybody. */
export const noise: readonly KnownDifference[] = [
  {
    because: 'Synapse writes down who was there some seconds later',
    seen: [{ request: /users|devices/i, shows: /last_seen_\w+: / }],
  },
  {
    because: 'What the authorisation of a user knows already: nothing yet',
    seen: [{ request: /./, shows: /^completed: only here, \[\]$/ }],
  },
  {
    because: 'Members that are null there are absent here, as the specification has it',
    seen: [{ request: /\/devices/, shows: /(last_seen_ip|last_seen_ts|display_name): only there, null/ }],
  },
  {
    because: 'Other names for the same',
    seen: [
      { request: /./, shows: /filename\*=UTF-8/ },
      { request: /\/federation\/v1\/version|\/key\/v2\/server/ },
    ],
  },
  {
    because: 'Ids that are counted, and tokens that are made up',
    seen: [
      { request: /^get(Event|User)Report: /, shows: /^id: / },
      { request: /\/room_keys\//, shows: /^etag: / },
      { request: /^createRegistrationToken: /, shows: /^token: "[^"]{1,64}", there "[^"]{1,64}"$/ },
      { request: /^resetDestination: destination $/ },
    ],
  },
  {
    because: 'Whether somebody is active now depends on how long ago they were',
    seen: [{ request: /\/presence\//, shows: /^currently_active: only/ }],
  },
  {
    because: 'What rooms have depends on which are there from other runs',
    seen: [{ request: /\/publicRooms/, shows: /^chunk\[\]\.\w+: only/ }],
  },
  {
    because: 'There are more changes where there were more runs',
    seen: [{ request: /^listQuarantineChanges: / }],
  },
  {
    because: 'Whether to log in again is said with every unknown token',
    seen: [{ request: /./, shows: /^soft_logout: only/ }],
  },
]
