import type { QueryParams } from '../query-params.ts'
import { NEXT, PAGE } from './paging.ts'

/** `GET /_ranvier/admin/v1/stale_devices` */
export const StaleDevicesQuery = {
  unseen_since: {
    kind: 'int',
    required: true,
    description: 'Only devices that were not used from then on, nor logged in, ms since epoch',
  },
  from: NEXT,
  limit: PAGE,
} as const satisfies QueryParams
