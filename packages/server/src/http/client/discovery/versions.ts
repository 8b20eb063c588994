import { clientRoute, type Route } from '../../route.ts'

/**
 * The versions clients may speak to us, all of them and not only the newest: a client looks for any it knows, and some
 * refuse a server without. What of them is not served stands in `docs/client-api.md`.
 */
const VERSIONS = [
  ...['r0.0.1', 'r0.1.0', 'r0.2.0', 'r0.3.0', 'r0.4.0', 'r0.5.0', 'r0.6.0', 'r0.6.1'],
  ...[
    'v1.1',
    'v1.2',
    'v1.3',
    'v1.4',
    'v1.5',
    'v1.6',
    'v1.7',
    'v1.8',
    'v1.9',
    'v1.10',
    'v1.11',
    'v1.12',
    'v1.13',
    'v1.14',
    'v1.15',
    'v1.16',
    'v1.17',
    'v1.18',
    'v1.19',
  ],
]

/**
 * What clients look for by the name of its proposal, though some of it has come into the specification since. Each line
 * is served to everybody.
 */
const UNSTABLE_FEATURES = [
  'org.matrix.e2e_cross_signing',
  ...['org.matrix.msc2285.stable', 'org.matrix.msc3771', 'org.matrix.msc3773'], // receipts, and counts by thread
  ...['org.matrix.msc3440.stable', 'org.matrix.msc3981', 'org.matrix.msc3874'], // threads, relations and filters by them
  ...['uk.half-shot.msc2666.query_mutual_rooms', 'uk.half-shot.msc2666.query_mutual_rooms.stable'],
  ...['org.matrix.msc3030', 'org.matrix.msc3266', 'org.matrix.msc3827.stable'], // dates, summaries, types of public rooms
  'org.matrix.msc3391', // deleting account data
  'org.matrix.msc3881', // pushers that are off
  'org.matrix.msc3916.stable', // media behind the token
  ...['uk.tcpip.msc4133', 'uk.tcpip.msc4133.stable'], // fields of profiles
  ...['org.matrix.msc4155', 'org.matrix.msc4380.stable'], // invites filtered and blocked
  'com.beeper.msc4169', // redactions sent as events
  ...['org.matrix.msc2432', 'fi.mau.msc2659.stable'], // lists of aliases, bridges that are pinged
] as const

/**
 * `GET /_matrix/client/versions`
 *
 * Answers with and without a token (MSC4026). `unstableFeatures` adds what depends on the configuration.
 */
export function versionsRoute(deps: { unstableFeatures: Readonly<Record<string, boolean>> }): Route {
  const served = Object.fromEntries(UNSTABLE_FEATURES.map((name) => [name, true]))
  const answer = { versions: VERSIONS, unstable_features: { ...served, ...deps.unstableFeatures } }
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/versions',
    auth: 'none',
    handler: () => answer,
  })
}
