import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { KeyClaim, Storage, UploadedKey } from '@ranvier/storage'
import { splitByServer } from './split-by-server.ts'

/** What was found: by user and device, `{"<algorithm>:<key id>": key}`. */
export interface ClaimedKeys {
  oneTimeKeys: Map<UserId, Map<string, JsonObject>>
  /** Servers that could not be asked. */
  failures: ServerName[]
}

/**
 * Takes one key of each device named, `devices` being algorithms by device id: the one-time key that was uploaded
 * first, which nobody else will get, or the fallback key. Devices without either are left out.
 * Spec: CS API §POST /keys/claim, MSC4225
 */
export type ClaimKeys = (claims: ReadonlyMap<UserId, ReadonlyMap<string, string>>) => Promise<ClaimedKeys>

const CLAIMS_PER_TRANSACTION = 100

export function claimKeys(deps: {
  storage: Pick<Storage, 'write'>
  isLocal: (userId: string) => boolean
}): ClaimKeys {
  return async (claims) => {
    const { local, failures } = splitByServer(claims.keys(), deps.isLocal)
    const wanted = local.flatMap((userId) =>
      [...claims.get(userId)!].map(([deviceId, algorithm]): KeyClaim => ({ userId, deviceId, algorithm })),
    )
    const oneTimeKeys = new Map<UserId, Map<string, JsonObject>>()
    for (let i = 0; i < wanted.length; i += CLAIMS_PER_TRANSACTION) {
      const batch = wanted.slice(i, i + CLAIMS_PER_TRANSACTION)
      const taken = await deps.storage.write((tx) => tx.oneTimeKeys.claim(batch))
      batch.forEach((claim, n) => {
        const key = taken[n]
        if (key !== undefined) note(oneTimeKeys, claim, key)
      })
    }
    return { oneTimeKeys, failures }
  }
}

function note(
  found: Map<UserId, Map<string, JsonObject>>,
  { userId, deviceId }: KeyClaim,
  { algorithm, keyId, key }: UploadedKey,
): void {
  let devices = found.get(userId)
  if (devices === undefined) found.set(userId, (devices = new Map()))
  devices.set(deviceId, { [`${algorithm}:${keyId}`]: JSON.parse(key) })
}
