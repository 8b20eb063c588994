import { type ServerName, type SigningKey, signJson } from '@ranvier/protocol'
import { canonicalJson } from '@ranvier/protocol/canonical-json'
import type { Clock } from '../clock.ts'
import type { OldSigningKey } from '../config/config.ts'

/** How long others may believe what we say of our keys. Synapse: `key_refresh_interval` */
const VALIDITY_MS = 24 * 3600_000
/** What is published is signed anew when this much of its validity is left. */
const RENEW_MS = VALIDITY_MS / 2

/** The keys this server signs with and signed with, signed with its own: canonical JSON text. */
export type PublishedKeys = () => string

/**
 * Signed once for half a day: whoever asks for it costs us no signature.
 *
 * Canonical, because some verify the signature over the very bytes they were sent.
 */
export function publishedKeys(deps: {
  serverName: ServerName
  signingKey: SigningKey
  oldSigningKeys: Readonly<Record<string, OldSigningKey>>
  clock: Clock
}): PublishedKeys {
  const { serverName, signingKey, clock } = deps
  const oldKeys = Object.entries(deps.oldSigningKeys).map(([keyId, { publicKey, expiredTs }]) => [
    keyId,
    { key: publicKey, expired_ts: expiredTs },
  ])
  let text = ''
  let validUntilMs = 0
  return () => {
    const nowMs = clock.nowMs()
    const leftMs = validUntilMs - nowMs
    if (leftMs > RENEW_MS && leftMs <= VALIDITY_MS) return text
    validUntilMs = nowMs + VALIDITY_MS
    const keys = {
      server_name: serverName,
      valid_until_ts: validUntilMs,
      verify_keys: { [signingKey.keyId]: { key: signingKey.publicKey } },
      old_verify_keys: Object.fromEntries(oldKeys),
    }
    text = canonicalJson(signJson(keys, serverName, signingKey))
    return text
  }
}
