import type { OperationId } from '@ranvier/admin-api/openapi/operations'
import type { Row, Rows } from '../row.ts'
import { accountRows } from './accounts.ts'
import { deviceRows } from './devices.ts'
import { mediaRows } from './media.ts'
import { moderationRows } from './moderation.ts'
import { ownRows } from './own.ts'
import { roomRows } from './rooms.ts'
import { serverRows } from './server.ts'

/** By what they are about. */
export const chapters = {
  accounts: accountRows,
  devices: deviceRows,
  'rights, limits and activity': moderationRows,
  rooms: roomRows,
  media: mediaRows,
  server: serverRows,
  'our own calls': ownRows,
} as const satisfies Record<string, Rows>

/** Every call of the admin API: the compiler misses those that have no row. */
export const rows: Readonly<Record<OperationId, Row>> = {
  ...accountRows,
  ...deviceRows,
  ...moderationRows,
  ...roomRows,
  ...mediaRows,
  ...serverRows,
  ...ownRows,
}
