import type { KeyObject } from 'node:crypto'
import { createPublicKey, verify } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import type { RoomEvent, StateLookup } from '../event/types.ts'
import type { Json, JsonObject } from '../json.ts'
import { isJsonObject } from '../json.ts'
import { membershipIn } from './room-state.ts'
import type { AuthVerdict } from './verdict.ts'
import { ALLOWED, reject } from './verdict.ts'

const ED25519_KEY_BYTES = 32
const ED25519_SIGNATURE_BYTES = 64
// An identity server publishes two keys. The bound keeps a forged invite from costing many verifications.
const MAX_VERIFICATIONS = 64

/**
 * Whether an invite that came of a third-party invite is good. Who invites need not be joined any more.
 * Spec: Rooms v12 §Authorization rules, 5.4.1.
 */
export function checkThirdPartyInvite(event: RoomEvent, target: string, state: StateLookup): AuthVerdict {
  if (membershipIn(state, target) === 'ban') return reject('banned', `${target} is banned`)
  const invite = event.content.third_party_invite
  if (!isJsonObject(invite) || !isJsonObject(invite.signed)) return bad('it has no signed part')
  const { signed } = invite
  if (signed.mxid === undefined || typeof signed.token !== 'string') return bad('mxid or token is missing')
  if (signed.mxid !== target) return bad('it was made for another user')
  const source = state('m.room.third_party_invite', signed.token)
  if (source === undefined) return bad('no third-party invite has this token')
  if (source.sender !== event.sender) return bad('somebody else sent the third-party invite')
  return isSignedByAny(signed, publicKeysOf(source.content)) ? ALLOWED : bad('no signature fits its keys')
}

function bad(why: string): AuthVerdict {
  return reject('bad-third-party-invite', `The third-party invite is not valid: ${why}`)
}

function publicKeysOf(content: JsonObject): KeyObject[] {
  const texts: (Json | undefined)[] = [content.public_key]
  if (Array.isArray(content.public_keys)) {
    for (const entry of content.public_keys) if (isJsonObject(entry)) texts.push(entry.public_key)
  }
  return texts.map(parsePublicKey).filter((key) => key !== undefined)
}

function parsePublicKey(text: Json | undefined): KeyObject | undefined {
  if (typeof text !== 'string') return undefined
  const raw = Buffer.from(text, 'base64') // takes both alphabets, padded or not
  if (raw.length !== ED25519_KEY_BYTES) return undefined
  try {
    return createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
      format: 'jwk',
    })
  } catch {
    return undefined // 32 bytes that are no point of the curve
  }
}

function isSignedByAny(signed: JsonObject, keys: readonly KeyObject[]): boolean {
  const signatures = signaturesOf(signed.signatures)
  if (signatures.length === 0 || keys.length === 0) return false
  const { signatures: _signatures, unsigned: _unsigned, ...payload } = signed
  const bytes = tryCanonical(payload)
  if (bytes === undefined) return false
  let left = MAX_VERIFICATIONS
  for (const signature of signatures) {
    for (const key of keys) {
      if (left-- === 0) return false
      if (verify(null, bytes, key, signature)) return true
    }
  }
  return false
}

function signaturesOf(value: Json | undefined): Buffer[] {
  if (!isJsonObject(value)) return []
  const found: Buffer[] = []
  for (const byKeyId of Object.values(value)) {
    if (!isJsonObject(byKeyId)) continue
    for (const [keyId, text] of Object.entries(byKeyId)) {
      if (typeof text !== 'string' || !keyId.startsWith('ed25519:')) continue
      const signature = Buffer.from(text, 'base64')
      if (signature.length === ED25519_SIGNATURE_BYTES) found.push(signature)
    }
  }
  return found
}

function tryCanonical(payload: JsonObject): Buffer | undefined {
  try {
    return Buffer.from(canonicalJson(payload, { strict: false }))
  } catch {
    return undefined
  }
}
