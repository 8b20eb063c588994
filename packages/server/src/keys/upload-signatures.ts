import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { CrossSigningKey, CrossSigningUsage, KeySignature, Storage } from '@ranvier/storage'
import { type Errcode, MatrixError, tooLarge } from '../errors.ts'
import { isSignedWith, parseKey, signatureBy, signaturesBy, signedText } from './key-text.ts'

/** By user and by device id or public key: the key with new signatures on it. */
export type SignatureUpload = ReadonlyMap<UserId, ReadonlyMap<string, JsonObject>>

/** Why some of the signatures were not taken, by user and key. */
export type SignatureFailures = Map<UserId, Map<string, { errcode: Errcode; error: string }>>

/**
 * Publishes signatures: of one's devices by one's self-signing key, of one's master key by one's devices, of others'
 * master keys by one's user-signing key. Each that is wrong is told of; the others count.
 * Spec: CS API §POST /keys/signatures/upload
 */
export type UploadSignatures = (userId: UserId, upload: SignatureUpload) => Promise<SignatureFailures>

/** NOTSPEC: each costs a check of an Ed25519 signature; clients upload a handful. */
const MAX_SIGNED_KEYS = 1_000

type KeysByUsage = Partial<Record<CrossSigningUsage, CrossSigningKey>>

/** The keys a signer's signatures are checked against. */
interface Signer {
  userId: UserId
  keys: KeysByUsage
  /** JSON of the identity keys by device. */
  devices: ReadonlyMap<string, JsonObject>
}

export function uploadSignatures({
  storage,
}: {
  storage: Pick<Storage, 'read' | 'write'>
}): UploadSignatures {
  return async (userId, upload) => {
    const total = [...upload.values()].reduce((sum, keys) => sum + keys.size, 0)
    if (total > MAX_SIGNED_KEYS) throw tooLarge(`At most ${MAX_SIGNED_KEYS} keys can be signed at once`)
    const signer = await loadSigner(storage, userId)
    const masterKeys = new Map(
      (await storage.read.crossSigning.listOfUsers([...upload.keys()]))
        .filter((key) => key.usage === 'master')
        .map((key) => [key.userId, key]),
    )
    const good: KeySignature[] = []
    const failures: SignatureFailures = new Map()
    for (const [targetUserId, keys] of upload) {
      const refused = new Map<string, { errcode: Errcode; error: string }>()
      for (const [targetId, object] of keys) {
        try {
          const signatures =
            targetUserId === userId
              ? checkOwn(signer, targetId, object)
              : checkOther(signer, masterKeys.get(targetUserId), targetId, object)
          for (const [signerKeyId, signature] of signatures)
            good.push({ targetUserId, targetId, signerUserId: userId, signerKeyId, signature })
        } catch (error) {
          if (!(error instanceof MatrixError)) throw error
          refused.set(targetId, { errcode: error.errcode, error: error.message })
        }
      }
      if (refused.size > 0) failures.set(targetUserId, refused)
    }
    await publish(storage, userId, good)
    return failures
  }
}

async function loadSigner(storage: Pick<Storage, 'read'>, userId: UserId): Promise<Signer> {
  const [keys, devices] = await Promise.all([
    storage.read.crossSigning.keysOf(userId),
    storage.read.deviceKeys.listOfUsers([userId]),
  ])
  return { userId, keys, devices: new Map(devices.map((each) => [each.deviceId, parseKey(each.keys)])) }
}

async function publish(
  storage: Pick<Storage, 'write'>,
  userId: UserId,
  signatures: readonly KeySignature[],
): Promise<void> {
  if (signatures.length === 0) return
  const others = signatures.map((each) => each.targetUserId).filter((each) => each !== userId)
  await storage.write(async (tx) => {
    await tx.crossSigning.addSignatures(signatures)
    if (others.length < signatures.length) await tx.devices.recordListChange(userId)
    await tx.crossSigning.recordSigned(userId, others)
  })
}

/** The signatures that count, by name of the key they were made with. */
type Signatures = [signerKeyId: string, signature: string][]

function checkOwn(signer: Signer, targetId: string, object: JsonObject): Signatures {
  const { master } = signer.keys
  if (master !== undefined && targetId === master.publicKey) return checkOwnMaster(signer, master, object)
  const device = signer.devices.get(targetId)
  if (device === undefined) throw unknownKey('There is no such device or master key')
  const { self_signing } = signer.keys
  if (self_signing === undefined) throw unknownKey('There is no self-signing key')
  checkSame(object, device)
  return [signatureWith(signer.userId, self_signing, object)]
}

/** One signature of a known device is needed; what other keys may have signed is none of the server's business. */
function checkOwnMaster(
  { userId, devices }: Signer,
  master: CrossSigningKey,
  object: JsonObject,
): Signatures {
  checkSame(object, parseKey(master.key))
  const signatures: Signatures = []
  for (const [keyId, signature] of Object.entries(signaturesBy(object, userId))) {
    const publicKey = identityKey(devices, keyId)
    if (publicKey === undefined || typeof signature !== 'string') continue
    if (!isSignedWith(object, { userId, keyId, publicKey }))
      throw wrongSignature(`The signature by ${keyId} is wrong`)
    signatures.push([keyId, signature])
  }
  if (signatures.length === 0) throw wrongSignature('There is no signature by one of your devices')
  return signatures
}

function checkOther(
  { userId, keys }: Signer,
  master: CrossSigningKey | undefined,
  targetId: string,
  object: JsonObject,
): Signatures {
  if (keys.user_signing === undefined) throw unknownKey('There is no user-signing key')
  if (master === undefined || master.publicKey !== targetId) throw unknownKey('There is no such master key')
  checkSame(object, parseKey(master.key))
  return [signatureWith(userId, keys.user_signing, object)]
}

function signatureWith(userId: UserId, { usage, publicKey }: CrossSigningKey, object: JsonObject) {
  const keyId = `ed25519:${publicKey}`
  const signature = signatureBy(object, userId, keyId)
  if (signature === undefined || !isSignedWith(object, { userId, keyId, publicKey }))
    throw wrongSignature(`The signature by the ${usage.replace('_', '-')} key is missing or wrong`)
  return [keyId, signature] as [string, string]
}

/** The public part of the device's key with this name. */
function identityKey(devices: Signer['devices'], keyId: string): string | undefined {
  const device = devices.get(keyId.slice(keyId.indexOf(':') + 1))
  const keys = device?.['keys'] as JsonObject | undefined // checked when it was uploaded
  const key = keys !== undefined && Object.hasOwn(keys, keyId) ? keys[keyId] : undefined
  return typeof key === 'string' && keyId.startsWith('ed25519:') ? key : undefined
}

function checkSame(object: JsonObject, stored: JsonObject): void {
  if (signedText(object) !== signedText(stored))
    throw wrongSignature('The key is not the one that was uploaded')
}

const unknownKey = (message: string) => new MatrixError(404, 'M_NOT_FOUND', message)
const wrongSignature = (message: string) => new MatrixError(400, 'M_INVALID_SIGNATURE', message)
