import type { JsonObject } from '@ranvier/protocol/json'
import type { Pusher, PusherKey, PusherKind, Storage } from '@ranvier/storage'
import { canonicalThreepid } from '../../accounts/threepids/threepid-form.ts'
import type { Clock } from '../../clock.ts'
import { invalidParam, missingParam, threepidNotFound } from '../../errors.ts'
import type { Requester } from '../../requester.ts'

/** A pusher as a client wants it. */
export interface PusherWish {
  kind: string
  appId: string
  pushkey: string
  appDisplayName: string
  deviceDisplayName: string
  profileTag: string
  lang: string
  data: JsonObject
  enabled: boolean
  /** Leaves other users' pushers with the same app and pushkey alone. */
  append: boolean
}

/** Adds a pusher, or changes the user's own with the same app and pushkey. 400 for what cannot be one. */
export type SetPusher = (by: Requester, wish: PusherWish) => Promise<void>
/** Deletes a pusher; one that is not there is none too many. */
export type DeletePusher = (key: PusherKey) => Promise<void>

// Spec: CS API `POST /pushers/set`
const MAX_PUSHKEY_BYTES = 512
const MAX_APP_ID_CHARS = 64
const NOTIFY_PATH = '/_matrix/push/v1/notify'

// Ours: every pusher costs a request an event, and its data goes into each.
const MAX_PUSHERS_PER_USER = 100
const MAX_DATA_BYTES = 65_536
const MAX_NAME_CHARS = 1_000

export function setPusher(deps: {
  storage: Pick<Storage, 'read' | 'write' | 'positions'>
  clock: Clock
  /** The server sends mail: pushers of kind `email` are kept. */
  emailEnabled: boolean
}): SetPusher {
  const { storage, clock, emailEnabled } = deps
  return async (by, wish) => {
    const kind = checkKind(wish.kind, emailEnabled)
    checkSizes(wish)
    if (kind === 'http') checkUrl(wish.data['url'])
    else await checkOwnAddress(storage, by, wish.pushkey)
    const now = (await storage.positions()).events
    await storage.write(async (tx) => {
      const { append, ...fields } = wish
      const { userId } = by
      const own = await tx.pushers.listOfUser(userId)
      const known = own.find(({ appId, pushkey }) => appId === wish.appId && pushkey === wish.pushkey)
      if (known === undefined && own.length >= MAX_PUSHERS_PER_USER)
        throw invalidParam(`A user has at most ${MAX_PUSHERS_PER_USER} pushers`)
      const pusher: Pusher = {
        ...fields,
        kind,
        userId,
        // Another device may switch it on and off: that does not make it that device's.
        deviceId: known?.deviceId ?? by.deviceId,
        pushkeyTs: clock.nowMs(),
        // What waits to be sent goes on waiting. What came before it was there, or while it was off, is not sent.
        lastPosition: known?.enabled && known.kind === kind ? known.lastPosition : now,
        badge: known?.badge ?? null,
      }
      if (!append) await tx.pushers.deleteOfOthers(pusher)
      await tx.pushers.set(pusher)
    })
  }
}

export function deletePusher({ storage }: { storage: Pick<Storage, 'write'> }): DeletePusher {
  return (key) => storage.write(async (tx) => void (await tx.pushers.delete(key)))
}

function checkKind(kind: string, emailEnabled: boolean): PusherKind {
  if (kind === 'http') return 'http'
  if (kind !== 'email') throw invalidParam("'kind' must be http, email or null")
  if (!emailEnabled) throw invalidParam('This server does not send email')
  return 'email'
}

function checkSizes(wish: PusherWish): void {
  if (wish.pushkey === '' || Buffer.byteLength(wish.pushkey) > MAX_PUSHKEY_BYTES)
    throw invalidParam(`'pushkey' must have 1 to ${MAX_PUSHKEY_BYTES} bytes`)
  if (wish.appId === '' || wish.appId.length > MAX_APP_ID_CHARS)
    throw invalidParam(`'app_id' must have 1 to ${MAX_APP_ID_CHARS} characters`)
  for (const text of [wish.appDisplayName, wish.deviceDisplayName, wish.profileTag, wish.lang])
    if (text.length > MAX_NAME_CHARS) throw invalidParam(`Names have at most ${MAX_NAME_CHARS} characters`)
  if (Buffer.byteLength(JSON.stringify(wish.data)) > MAX_DATA_BYTES)
    throw invalidParam(`'data' is larger than ${MAX_DATA_BYTES} bytes`)
}

/** NOTSPEC: `http:` is taken too, as in Synapse: gateways in the server's own network are reached without TLS. */
function checkUrl(value: unknown): void {
  if (value === undefined) throw missingParam("Missing param: data.url (required for kind 'http')")
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw invalidParam("'data.url' must be an HTTPS URL")
  if (url.pathname !== NOTIFY_PATH) throw invalidParam(`'data.url' must have the path ${NOTIFY_PATH}`)
}

async function checkOwnAddress(
  storage: Pick<Storage, 'read'>,
  by: Requester,
  address: string,
): Promise<void> {
  const email = canonicalThreepid('email', address)
  const owner = await storage.read.threepids.findOwner(email.medium, email.address)
  if (owner !== by.userId) throw threepidNotFound('Email not found')
}
