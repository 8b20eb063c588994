import { createHmac } from 'node:crypto'
import type { CallsConfig } from '../config/config.ts'
import { guestForbidden } from '../errors.ts'
import type { Requester } from '../requester.ts'

/** What a client needs to use the TURN servers. Spec: CS API §GET /voip/turnServer */
export interface TurnServer {
  username: string
  password: string
  /** Seconds. */
  ttl: number
  uris: readonly string[]
}

/** `undefined` when there are no TURN servers; 403 `M_GUEST_ACCESS_FORBIDDEN` for guests if they may not. */
export function turnServer(
  turn: CallsConfig['turn'],
  by: Pick<Requester, 'userId' | 'isGuest'>,
  nowMs: number,
): TurnServer | undefined {
  if (turn === null) return undefined
  if (by.isGuest && !turn.allowGuests) throw guestForbidden()
  const ttl = Math.floor(turn.lifetimeMs / 1000)
  const { credentials, uris } = turn
  if ('username' in credentials) return { ...credentials, ttl, uris }
  // The TURN REST API: the server recomputes the password from its own copy of the secret, and knows when it ends.
  const username = `${Math.floor(nowMs / 1000) + ttl}:${by.userId}`
  const password = createHmac('sha1', credentials.secret).update(username).digest('base64')
  return { username, password, ttl, uris }
}
