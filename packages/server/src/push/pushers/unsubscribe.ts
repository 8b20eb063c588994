import { createHmac, timingSafeEqual } from 'node:crypto'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { PusherKey, Storage } from '@ranvier/storage'

/** Synapse's path. */
export const UNSUBSCRIBE_PATH = '/_synapse/client/unsubscribe'

/** A link that deletes this pusher and can do nothing else. It works as long as the pusher is there. */
export function unsubscribeUrl(
  { publicBaseUrl, secret }: { publicBaseUrl: string; secret: string },
  { userId, appId, pushkey }: PusherKey,
): string {
  const token = `${Buffer.from(userId).toString('base64url')}.${signatureOf(secret, { userId, appId, pushkey })}`
  const query = new URLSearchParams({ access_token: token, app_id: appId, pushkey })
  return `${publicBaseUrl}${UNSUBSCRIBE_PATH.slice(1)}?${query}`
}

/** Deletes the pusher a link was made for. False when the link is none of ours. */
export type Unsubscribe = (link: { token: string; appId: string; pushkey: string }) => Promise<boolean>

export function unsubscribe(deps: { storage: Pick<Storage, 'write'>; secret: string }): Unsubscribe {
  return async ({ token, appId, pushkey }) => {
    const [encoded = '', signature = ''] = token.split('.')
    const userId = Buffer.from(encoded, 'base64url').toString() as UserId // signed, so it is one of ours
    if (!isSame(signature, signatureOf(deps.secret, { userId, appId, pushkey }))) return false
    await deps.storage.write((tx) => tx.pushers.delete({ userId, appId, pushkey }))
    return true
  }
}

function signatureOf(secret: string, { userId, appId, pushkey }: PusherKey): string {
  const text = JSON.stringify(['unsubscribe', userId, appId, pushkey])
  return createHmac('sha256', secret).update(text).digest('base64url')
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
