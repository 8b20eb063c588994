const KEY_ID = /^([a-z0-9_]+):([A-Za-z0-9_]+)$/

/** The parts of a server key id such as `ed25519:a_1`, `undefined` if it is not one. Spec: S2S §Retrieving server keys. */
export function parseKeyId(value: unknown): { algorithm: string; version: string } | undefined {
  const match = typeof value === 'string' ? KEY_ID.exec(value) : null
  return match === null ? undefined : { algorithm: match[1]!, version: match[2]! }
}
