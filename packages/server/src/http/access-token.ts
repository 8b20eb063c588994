import type { IncomingMessage } from 'node:http'
import { missingToken } from '../errors.ts'
import type { ActAs } from '../requester.ts'
import type { Query } from './query.ts'

const SCHEME = 'Bearer '

/**
 * The access token of a request: `Authorization: Bearer …` or `?access_token=…`, `undefined` when there is none.
 * Both at once, two of one kind, or anything but `Bearer <one token>` → 401 `M_MISSING_TOKEN`: guessing which one is
 * meant could act for the wrong account.
 */
export function findAccessToken(message: IncomingMessage, query: Query): string | undefined {
  const inQuery = query['access_token']
  const header = message.headers.authorization
  if (header === undefined) {
    if (inQuery === undefined || typeof inQuery === 'string') return inQuery === '' ? undefined : inQuery
    throw missingToken('Too many access_token parameters')
  }
  if (inQuery !== undefined)
    throw missingToken('Mixing Authorization headers and access_token query parameters.')
  if (countHeader(message.rawHeaders, 'authorization') > 1)
    throw missingToken('Too many Authorization headers.')
  const token = header.startsWith(SCHEME) ? header.slice(SCHEME.length) : ''
  if (token === '' || token.includes(' ')) throw missingToken('Invalid Authorization header.')
  return token
}

/**
 * Whom an application service acts as. Of anybody else's request nothing but the token counts.
 * Spec: AS API §Identity assertion; MSC4326, and MSC3202's name for the device.
 */
export function actAsOf(query: Query): ActAs | undefined {
  const userId = query['user_id']
  const deviceId = query['device_id'] ?? query['org.matrix.msc3202.device_id']
  if (userId === undefined && deviceId === undefined) return undefined
  return { userId: first(userId), deviceId: first(deviceId) }
}

const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)

/** Node keeps the first of two `Authorization` headers and drops the other; only the raw list shows both. */
function countHeader(rawHeaders: readonly string[], name: string): number {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const each = rawHeaders[i]!
    if (each.length === name.length && each.toLowerCase() === name) count++
  }
  return count
}
