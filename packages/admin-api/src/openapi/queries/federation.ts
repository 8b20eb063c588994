import type { QueryParams } from '../query-params.ts'

const from = {
  kind: 'int',
  default: 0,
  description: 'Where the page begins: `next_token` of the page before',
} as const
const limit = { kind: 'int', default: 100, description: 'Most items of a page' } as const
const dir = {
  kind: 'enum',
  values: ['f', 'b'],
  default: 'f',
  description: '`f`: ascending, `b`: descending',
} as const

/** `GET /v1/federation/destinations` */
export const DestinationsQuery = {
  from,
  limit,
  destination: { kind: 'string', description: 'Only servers whose name contains this, in any letter case' },
  order_by: {
    kind: 'enum',
    values: [
      'destination',
      'retry_last_ts',
      'retry_interval',
      'failure_ts',
      'last_successful_stream_ordering',
    ],
    default: 'destination',
    description: 'What the servers are ordered by; equal ones go by ascending name',
  },
  dir,
} as const satisfies QueryParams

/** `GET /v1/federation/destinations/{destination}/rooms` */
export const DestinationRoomsQuery = { from, limit, dir } as const satisfies QueryParams
