import type { RoomAlias, ServerName } from './brands.ts'
import { isIdText } from './limits.ts'
import { isServerName } from './server-name.ts'

export interface RoomAliasParts {
  /** Never empty; any characters but `:` and NUL. */
  localpart: string
  server: ServerName
}

/** The parts of a room alias, `undefined` if it is not one. */
export function parseRoomAlias(value: unknown): RoomAliasParts | undefined {
  if (!isIdText(value, '#')) return undefined
  const colon = value.indexOf(':')
  if (colon < 2) return undefined
  const server = value.slice(colon + 1)
  return isServerName(server) ? { localpart: value.slice(1, colon), server } : undefined
}

/** True for `#localpart:server`. */
export function isRoomAlias(value: unknown): value is RoomAlias {
  return parseRoomAlias(value) !== undefined
}
