import { createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import { decodeBase64, encodeBase64 } from '../base64.ts'
import { parseKeyId } from '../ids/key-id.ts'

/** A server's Ed25519 key. The secret stays inside the `KeyObject`: printing or serialising this value does not show it. */
export interface SigningKey {
  /** `ed25519:` and the version, as in `signatures`. */
  readonly keyId: string
  readonly privateKey: KeyObject
  /** Unpadded base64 of the 32 bytes, as published under `verify_keys`. */
  readonly publicKey: string
}

const SEED_BYTES = 32
// RFC 8410: what DER puts before the 32 bytes of an Ed25519 private (PKCS #8) and public (SPKI) key.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** The key that a 32-byte seed stands for. Throws a `RangeError` for another length or a malformed key id. */
export function signingKeyFromSeed(keyId: string, seed: Uint8Array): SigningKey {
  if (parseKeyId(keyId)?.algorithm !== 'ed25519') throw new RangeError(`not an Ed25519 key id: ${keyId}`)
  if (seed.length !== SEED_BYTES)
    throw new RangeError(`an Ed25519 seed has ${SEED_BYTES} bytes, not ${seed.length}`)
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { keyId, privateKey, publicKey: encodeBase64(spki.subarray(SPKI_PREFIX.length)) }
}

/** A new key named `ed25519:a_` and four letters or digits, as Synapse names them. */
export function generateSigningKey(random: (size: number) => Uint8Array = randomBytes): SigningKey {
  const version = Buffer.from(random(2)).toString('hex')
  return signingKeyFromSeed(`ed25519:a_${version}`, random(SEED_BYTES))
}

/** A published key for checking signatures, `undefined` if the text is not the base64 of 32 bytes. */
export function parseVerifyKey(publicKey: string): KeyObject | undefined {
  const bytes = decodeBase64(publicKey)
  if (bytes?.length !== SEED_BYTES) return undefined
  return createPublicKey({ key: Buffer.concat([SPKI_PREFIX, bytes]), format: 'der', type: 'spki' })
}

/**
 * Reads a signing key file: one `ed25519 <version> <base64 seed>` a line; empty lines are skipped.
 * Throws an `Error` that names the line, never its content.
 *
 * Synapse: `signing_key_path`.
 */
export function parseSigningKeyFile(text: string): SigningKey[] {
  const keys: SigningKey[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const key = parseLine(line.trim())
    if (key === undefined)
      throw new Error(`line ${index + 1} of the signing key file is not "ed25519 <version> <base64 seed>"`)
    keys.push(key)
  }
  return keys
}

function parseLine(line: string): SigningKey | undefined {
  const [algorithm, version, base64, ...rest] = line.split(/\s+/)
  const seed = base64 === undefined ? undefined : decodeBase64(base64)
  const keyId = `${algorithm}:${version}`
  if (parseKeyId(keyId)?.algorithm !== 'ed25519' || seed?.length !== SEED_BYTES || rest.length > 0)
    return undefined
  return signingKeyFromSeed(keyId, seed)
}

/** The text of a signing key file. It is a secret: write it with mode 0600. The inverse of {@link parseSigningKeyFile}. */
export function formatSigningKeyFile(keys: readonly SigningKey[]): string {
  return keys.map((key) => `${key.keyId.replace(':', ' ')} ${encodeBase64(seedOf(key))}\n`).join('')
}

function seedOf(key: SigningKey): Uint8Array {
  return key.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_PREFIX.length)
}
