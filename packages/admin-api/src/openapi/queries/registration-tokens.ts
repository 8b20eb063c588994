import type { QueryParams } from '../query-params.ts'

export const RegistrationTokensQuery = {
  valid: {
    kind: 'bool',
    description: 'true: only those that can be used now, false: only the others. Default: all',
  },
} as const satisfies QueryParams
