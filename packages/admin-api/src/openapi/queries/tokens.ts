import type { QueryParams } from '../query-params.ts'
import { NEXT, PAGE } from './paging.ts'

/** `GET /_ranvier/admin/v1/tokens` */
export const TokensQuery = {
  user_id: { kind: 'string', description: 'Only those of this administrator' },
  from: NEXT,
  limit: PAGE,
} as const satisfies QueryParams
