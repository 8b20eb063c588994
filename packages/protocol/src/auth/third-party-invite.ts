import type { KeyObject } from 'node:crypto'
import { signatureKeyIds, verifyJson } from '../event/sign.ts'
import { parseVerifyKey } from '../event/signing-key.ts'
import type { RoomEvent, StateLookup } from '../event/types.ts'
import type { Json, JsonObject } from '../json.ts'
import { isJsonObject } from '../json.ts'
import { membershipIn } from './room-state.ts'
import type { AuthVerdict } from './verdict.ts'
import { ALLOWED, reject } from './verdict.ts'

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

/** A key of a third-party invite, and where one asks whether it still holds (absent: it does for ever). */
export interface InviteKey {
  publicKey: string
  validityUrl: string | undefined
}

/** The key of a third-party invite with which `signed` is signed; `undefined`: with none. */
export function keyThatSigned(signed: JsonObject, invite: JsonObject): InviteKey | undefined {
  const entries = [
    invite,
    ...(Array.isArray(invite.public_keys) ? invite.public_keys.filter(isJsonObject) : []),
  ]
  for (const { public_key: publicKey, key_validity_url: url } of entries) {
    const key = parsePublicKey(publicKey)
    if (key !== undefined && isSignedByAny(signed, [key]))
      return { publicKey: publicKey as string, validityUrl: typeof url === 'string' ? url : undefined }
  }
  return undefined
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

/** Spec: CS API §m.room.third_party_invite: the standard and the url-safe alphabet both occur. */
function parsePublicKey(text: Json | undefined): KeyObject | undefined {
  if (typeof text !== 'string') return undefined
  return parseVerifyKey(text.replaceAll('-', '+').replaceAll('_', '/'))
}

function isSignedByAny(signed: JsonObject, keys: readonly KeyObject[]): boolean {
  if (!isJsonObject(signed.signatures)) return false
  let left = MAX_VERIFICATIONS
  for (const server of Object.keys(signed.signatures)) {
    const count = signatureKeyIds(signed, server).length
    for (const key of keys) {
      left -= count
      if (left < 0) return false
      if (verifyJson(signed, server, () => key)) return true
    }
  }
  return false
}
