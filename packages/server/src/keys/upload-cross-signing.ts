import { parseVerifyKey } from '@ranvier/protocol/event/signing-key'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import {
  CROSS_SIGNING_USAGES,
  type CrossSigningKey,
  type CrossSigningUsage,
  type Storage,
  type Transaction,
} from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { forbidden, invalidParam, invalidSignature, missingParam } from '../errors.ts'
import { isSignedWith, keyText } from './key-text.ts'

/** New cross-signing keys by usage, as on the wire. */
export type CrossSigningUpload = Partial<Record<CrossSigningUsage, JsonObject>>

/**
 * Publishes cross-signing keys. `proof-needed`, and nothing has happened: keys are there already that would become
 * others, so the user must prove to be themselves first (`isProven`). A new master key takes the keys it has not
 * signed with it. Throws 400 `M_INVALID_PARAM`, `M_MISSING_PARAM` without a master key, `M_INVALID_SIGNATURE`; 403 for
 * a key that is named as one of the user's devices. Spec: CS API §POST /keys/device_signing/upload
 */
export type UploadCrossSigningKeys = (
  userId: UserId,
  upload: CrossSigningUpload,
  how: { isProven: boolean },
) => Promise<'done' | 'proof-needed'>

interface NewKey extends Omit<CrossSigningKey, 'replaceableUntilTs'> {
  json: JsonObject
}
type StoredKeys = Partial<Record<CrossSigningUsage, CrossSigningKey>>

export function uploadCrossSigningKeys(deps: {
  storage: Pick<Storage, 'write'>
  clock: Clock
}): UploadCrossSigningKeys {
  return (userId, upload, { isProven }) => {
    const given = CROSS_SIGNING_USAGES.flatMap((usage) => {
      const json = upload[usage]
      return json === undefined ? [] : [parseNewKey(userId, usage, json)]
    })
    return deps.storage.write(async (tx) => {
      const stored = await tx.crossSigning.keysOf(userId)
      checkSignatures(userId, given, stored)
      const fresh = given.filter((key) => stored[key.usage]?.key !== key.key)
      if (fresh.length === 0) return 'done'
      const mayReplace = (stored.master?.replaceableUntilTs ?? 0) > deps.clock.nowMs()
      if (stored.master !== undefined && !isProven && !mayReplace) return 'proof-needed'
      await replaceKeys(tx, userId, fresh, stored)
      return 'done'
    })
  }
}

function parseNewKey(userId: UserId, usage: CrossSigningUsage, json: JsonObject): NewKey {
  const member = `${usage}_key`
  if (json['user_id'] !== userId) throw invalidParam(`'${member}.user_id' must be the user who uploads it`)
  if (!Array.isArray(json['usage']) || !json['usage'].includes(usage))
    throw invalidParam(`'${member}.usage' must contain '${usage}'`)
  const keys = isJsonObject(json['keys']) ? Object.entries(json['keys']) : []
  const [keyId, publicKey] = keys[0] ?? []
  // Padded base64 would be another name for the same key.
  const isKey =
    typeof publicKey === 'string' && !publicKey.endsWith('=') && parseVerifyKey(publicKey) !== undefined
  if (keys.length !== 1 || !isKey || keyId !== `ed25519:${publicKey}`)
    throw invalidParam(`'${member}.keys' must be one Ed25519 key, named by itself in unpadded base64`)
  return { userId, usage, publicKey, json, key: keyText(json) }
}

/** Every key but the master key is signed by the master key that is given, or else by the one there is. */
function checkSignatures(userId: UserId, given: readonly NewKey[], stored: StoredKeys): void {
  const master = given.find((key) => key.usage === 'master') ?? stored.master
  if (master === undefined) throw missingParam('No master signing key is available')
  const { publicKey } = master
  for (const { usage, json } of given) {
    if (usage === 'master') continue
    if (!isSignedWith(json, { userId, keyId: `ed25519:${publicKey}`, publicKey }))
      throw invalidSignature(`'${usage}_key' is not signed by the master key`)
  }
}

async function replaceKeys(
  tx: Transaction,
  userId: UserId,
  fresh: readonly NewKey[],
  stored: StoredKeys,
): Promise<void> {
  for (const { publicKey } of fresh)
    if ((await tx.devices.find(userId, publicKey)) !== undefined)
      throw forbidden('The id of a key is the id of one of your devices')
  const master = fresh.find((key) => key.usage === 'master')
  const isNewMaster = master !== undefined && master.publicKey !== stored.master?.publicKey
  for (const usage of CROSS_SIGNING_USAGES) {
    const old = stored[usage]
    const key = fresh.find((each) => each.usage === usage)
    const isGone = key === undefined ? isNewMaster : key.publicKey !== old?.publicKey
    // What the old key has signed, and what was signed of it, says nothing of the new one.
    if (old !== undefined && isGone) await tx.crossSigning.delete(old)
    if (key !== undefined) await tx.crossSigning.set(key)
  }
  await tx.devices.recordListChange(userId)
}
