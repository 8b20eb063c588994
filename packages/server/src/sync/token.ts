import { invalidParam } from '../errors.ts'

/** How far a client has come in every stream it hears of. */
export interface SyncToken {
  events: number
  accountData: number
  receipts: number
  toDevice: number
  deviceLists: number
  presence: number
  /** Of the typing counter in memory; see `notify/typing.ts` for what happens to it at a restart. */
  typing: number
}

const PREFIX = 's1_'
const FIELDS = ['events', 'accountData', 'receipts', 'toDevice', 'deviceLists', 'presence', 'typing'] as const

// A place before all live events is written with a minus: history from other servers has positions below zero.
const TOKEN = /^s1_-?[0-9a-z]{1,11}(?:_[0-9a-z]{1,11}){6}$/

/** The token that was written last. While nothing happens all clients are given the same, and come back with it. */
let lastWritten: { token: SyncToken; text: string } | undefined

/** The token as clients see it: `s1_` and the positions in base 36. */
export function formatToken(token: SyncToken): string {
  if (lastWritten !== undefined && isSame(token, lastWritten.token)) return lastWritten.text
  let text = 's1'
  for (const field of FIELDS) text += `_${token[field].toString(36)}`
  lastWritten = { token: { ...token }, text }
  return text
}

function isSame(a: SyncToken, b: SyncToken): boolean {
  return (
    a.events === b.events &&
    a.accountData === b.accountData &&
    a.receipts === b.receipts &&
    a.toDevice === b.toDevice &&
    a.deviceLists === b.deviceLists &&
    a.presence === b.presence &&
    a.typing === b.typing
  )
}

/** Throws 400 `M_INVALID_PARAM` for anything that is no token of ours. */
export function parseToken(text: string, parameter = 'since'): SyncToken {
  if (text === lastWritten?.text) return { ...lastWritten.token }
  if (!TOKEN.test(text)) throw invalidParam(`'${parameter}' is not a token of this server`)
  const positions = text
    .slice(PREFIX.length)
    .split('_')
    .map((part) => Number.parseInt(part, 36))
  if (!positions.every(Number.isSafeInteger))
    throw invalidParam(`'${parameter}' is not a token of this server`)
  const [events, accountData, receipts, toDevice, deviceLists, presence, typing] = positions
  return {
    events: events!,
    accountData: accountData!,
    receipts: receipts!,
    toDevice: toDevice!,
    deviceLists: deviceLists!,
    presence: presence!,
    typing: typing!,
  }
}

/**
 * The place in the `events` stream that a sync token (`next_batch`, `prev_batch`) stands for: events up to and with it
 * lie before the token. `/messages` takes it as `from` and `to`. Throws 400 `M_INVALID_PARAM`.
 */
export function eventsPositionOf(token: string, parameter = 'from'): number {
  return parseToken(token, parameter).events
}

/** A token that is only good for paging through a room's events: `/messages` gives these out. */
export function eventsToken(position: number): string {
  return formatToken({ ...START, events: position })
}

/** Before everything. */
export const START: SyncToken = {
  events: 0,
  accountData: 0,
  receipts: 0,
  toDevice: 0,
  deviceLists: 0,
  presence: 0,
  typing: 0,
}

/**
 * `token` with no position beyond `now`: after a backup was restored, clients hold tokens from a future that has not
 * happened, and would otherwise hear of nothing until it has.
 */
export function atMost(token: SyncToken, now: SyncToken): SyncToken {
  if (!FIELDS.some((field) => token[field] > now[field])) return token
  const result = { ...token }
  for (const field of FIELDS) result[field] = Math.min(token[field], now[field])
  // A typing counter from the future belongs to another run of the server: everything may have changed.
  if (token.typing > now.typing) result.typing = 0
  return result
}
