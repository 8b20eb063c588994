import { fitsInBytes, MAX_ID_BYTES } from '@ranvier/protocol/ids/limits'
import type { Json, JsonObject } from '@ranvier/protocol/json'
import type { Storage, Transaction, UploadedKey } from '@ranvier/storage'
import { badRequest, invalidParam, tooLarge, unknownToken } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { withSignedCurve } from './key-counts.ts'
import { keyText, parseKey, signedText } from './key-text.ts'

/** What a device publishes of itself. Members that are absent stay as they are. */
export interface KeyUpload {
  /** As on the wire: `user_id`, `device_id`, `algorithms`, `keys`, `signatures`. */
  deviceKeys: JsonObject | undefined
  /** By `<algorithm>:<key id>`; objects, or strings for unsigned keys. */
  oneTimeKeys: JsonObject
  fallbackKeys: JsonObject
}

/**
 * Publishes keys of the requester's device; how many one-time keys it has now, by algorithm. All of it happens or
 * nothing. 400 for device keys of somebody else, for a one-time key that differs from the one kept under its id, and
 * for a token without a device. Spec: CS API §POST /keys/upload
 */
export type UploadKeys = (
  requester: Pick<Requester, 'userId' | 'deviceId'>,
  upload: KeyUpload,
) => Promise<Record<string, number>>

/** NOTSPEC: clients keep about a hundred keys here; more in one request would hold up everybody's writes. */
const MAX_KEYS_PER_UPLOAD = 1_000

type Owner = { userId: Requester['userId']; deviceId: string }

export function uploadKeys({ storage }: { storage: Pick<Storage, 'write'> }): UploadKeys {
  return async ({ userId, deviceId }, upload) => {
    if (deviceId === null) throw badRequest('To upload keys, the access token must belong to a device')
    const owner = { userId, deviceId }
    const keys = parseUpload(owner, upload)
    return storage.write(async (tx) => {
      // The device may have been deleted since the request came in: keys without one would stay forever.
      if ((await tx.devices.find(userId, deviceId)) === undefined) throw unknownToken()
      await storeKeysIn(tx, owner, keys)
      return withSignedCurve(await tx.oneTimeKeys.counts(userId, deviceId))
    })
  }
}

/** Keys of a device that are fit to be stored. */
interface ParsedUpload {
  deviceKeys: string | undefined
  oneTimeKeys: UploadedKey[]
  fallbackKeys: UploadedKey[]
}

/** Throws 400 and 413 for keys that cannot be stored. */
export function parseUpload(owner: Owner, upload: KeyUpload): ParsedUpload {
  const deviceKeys = upload.deviceKeys && checkDeviceKeys(owner, upload.deviceKeys)
  const oneTimeKeys = parseKeys(upload.oneTimeKeys)
  const fallbackKeys = parseKeys(upload.fallbackKeys)
  const algorithms = new Set(fallbackKeys.map((key) => key.algorithm))
  if (algorithms.size < fallbackKeys.length)
    throw invalidParam('There can be only one fallback key of each algorithm')
  return { deviceKeys, oneTimeKeys, fallbackKeys }
}

/** Throws 400 for a one-time key that differs from the one kept under its id. */
export async function storeKeysIn(tx: Transaction, owner: Owner, keys: ParsedUpload): Promise<void> {
  if (keys.deviceKeys !== undefined) await replaceDeviceKeys(tx, owner, keys.deviceKeys)
  await addOneTimeKeys(tx, owner, keys.oneTimeKeys)
  for (const key of keys.fallbackKeys) await tx.oneTimeKeys.setFallback(owner.userId, owner.deviceId, key)
}

/** The text to keep. */
function checkDeviceKeys({ userId, deviceId }: Owner, { unsigned, ...keys }: JsonObject): string {
  if (keys['user_id'] !== userId)
    throw invalidParam("'device_keys.user_id' must be the user who uploads them")
  if (keys['device_id'] !== deviceId)
    throw invalidParam("'device_keys.device_id' must be the device that uploads them")
  return keyText(keys)
}

function parseKeys(keys: JsonObject): UploadedKey[] {
  const entries = Object.entries(keys)
  if (entries.length > MAX_KEYS_PER_UPLOAD)
    throw tooLarge(`At most ${MAX_KEYS_PER_UPLOAD} keys can be uploaded at once`)
  return entries.map(([name, key]) => {
    const colon = name.indexOf(':')
    if (colon < 1 || colon === name.length - 1 || !fitsInBytes(name, MAX_ID_BYTES))
      throw invalidParam(`'${name.slice(0, 100)}' is not of the form '<algorithm>:<key id>'`)
    return {
      algorithm: name.slice(0, colon),
      keyId: name.slice(colon + 1),
      key: keyText(key as Json), // parsed JSON has no undefined
    }
  })
}

async function replaceDeviceKeys(tx: Transaction, { userId, deviceId }: Owner, text: string): Promise<void> {
  const old = await tx.deviceKeys.find(userId, deviceId)
  if (old === text) return
  // Signatures on and by the device vouch for the keys it had.
  if (old !== undefined && signedText(parseKey(old)) !== signedText(parseKey(text)))
    await tx.crossSigning.deleteSignaturesOfKeys(userId, [deviceId])
  await tx.deviceKeys.set(userId, deviceId, text)
  await tx.devices.recordListChange(userId)
}

async function addOneTimeKeys(
  tx: Transaction,
  { userId, deviceId }: Owner,
  keys: readonly UploadedKey[],
): Promise<void> {
  const nameOf = (key: UploadedKey) => `${key.algorithm}:${key.keyId}`
  const keyIds = keys.map((key) => key.keyId)
  const known = new Map(
    (await tx.oneTimeKeys.listByIds(userId, deviceId, keyIds)).map((key) => [nameOf(key), key.key]),
  )
  const fresh: UploadedKey[] = []
  for (const key of keys) {
    const name = nameOf(key)
    const old = known.get(name)
    if (old === undefined) fresh.push(key)
    // Synapse: the wording and `M_UNKNOWN` are what matrix-rust-sdk knows this by, to warn of a broken store.
    else if (!isSameKey(old, key.key))
      throw badRequest(`One time key ${name} already exists. Old key: ${old}; new key: ${key.key}`)
  }
  await tx.oneTimeKeys.add(userId, deviceId, fresh)
}

/** A client that tries again may have signed the same key anew. */
function isSameKey(a: string, b: string): boolean {
  if (a === b) return true
  if (!a.startsWith('{') || !b.startsWith('{')) return false
  return signedText(parseKey(a)) === signedText(parseKey(b))
}
