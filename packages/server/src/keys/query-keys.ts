import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import type { CrossSigningKey, DeviceKeys, KeySignature, Storage } from '@ranvier/storage'
import type { DeviceName } from '@ranvier/storage/stores/sessions/named-devices'
import { parseKey } from './key-text.ts'
import { splitByServer } from './split-by-server.ts'

/** Keys as they go to clients. */
export interface QueriedKeys {
  /** By user and device. A user of this server who exists is here, also without any device. */
  deviceKeys: Map<UserId, Map<string, JsonObject>>
  masterKeys: Map<UserId, JsonObject>
  selfSigningKeys: Map<UserId, JsonObject>
  /** Of the one who asks only. */
  userSigningKeys: Map<UserId, JsonObject>
  /** Servers that could not be asked. */
  failures: ServerName[]
}

/**
 * Identity and cross-signing keys of users, with the signatures `viewer` may see; of each user the devices listed, or
 * all if none is. Who or what does not exist is left out. Spec: CS API §POST /keys/query
 */
export type QueryKeys = (
  viewer: UserId,
  wanted: ReadonlyMap<UserId, readonly string[]>,
) => Promise<QueriedKeys>

export function queryKeys(deps: {
  storage: Pick<Storage, 'read'>
  isLocal: (userId: string) => boolean
}): QueryKeys {
  const { read } = deps.storage
  return async (viewer, wanted) => {
    const { local, failures } = splitByServer(wanted.keys(), deps.isLocal)
    const whole: UserId[] = []
    const named: DeviceName[] = []
    for (const userId of local) {
      const deviceIds = new Set(wanted.get(userId))
      if (deviceIds.size === 0) whole.push(userId)
      for (const deviceId of deviceIds) named.push({ userId, deviceId })
    }
    const askedKeys = read.crossSigning.listOfUsers(local)
    /** Of those with named devices the signatures on what is answered. */
    const signaturesInPart = async () => {
      if (named.length === 0) return []
      const inPart = new Set(named.map(({ userId }) => userId))
      const keys = (await askedKeys).filter(({ userId }) => inPart.has(userId))
      return read.crossSigning.signaturesOn(viewer, [
        ...named.map(({ userId, deviceId }) => ({ targetUserId: userId, targetId: deviceId })),
        ...keys.map(({ userId, publicKey }) => ({ targetUserId: userId, targetId: publicKey })),
      ])
    }
    const [existing, crossSigning, devices, signatures] = await Promise.all([
      read.accounts.existing(local),
      askedKeys,
      Promise.all([read.deviceKeys.listOfUsers(whole), read.deviceKeys.listNamed(named)]),
      Promise.all([read.crossSigning.signaturesFor(viewer, whole), signaturesInPart()]),
    ])
    const answer: QueriedKeys = {
      // Clients ask again and again for users they do not find here.
      deviceKeys: new Map(
        local.filter((userId) => existing.has(userId)).map((userId) => [userId, new Map()]),
      ),
      masterKeys: new Map(),
      selfSigningKeys: new Map(),
      userSigningKeys: new Map(),
      failures,
    }
    const signer = new Signer(viewer, crossSigning, signatures.flat())
    for (const device of devices.flat())
      answer.deviceKeys.get(device.userId)?.set(device.deviceId, signer.device(device))
    for (const key of crossSigning) {
      if (key.usage === 'master') answer.masterKeys.set(key.userId, signer.crossSigningKey(key))
      else if (key.usage === 'self_signing')
        answer.selfSigningKeys.set(key.userId, signer.crossSigningKey(key))
      else if (key.userId === viewer) answer.userSigningKeys.set(key.userId, signer.crossSigningKey(key))
    }
    return answer
  }
}

/** Puts those signatures on keys that one user may see. Spec: CS API §Cross-signing, key and signature security */
class Signer {
  readonly #viewer: UserId
  /** Names of the keys with which each user signs others: what they have signed is nobody else's business. */
  readonly #userSigning = new Map<UserId, string>()
  /** Signatures uploaded apart from their key, by {@link targetKey}. */
  readonly #signatures = new Map<string, KeySignature[]>()

  constructor(viewer: UserId, keys: readonly CrossSigningKey[], signatures: readonly KeySignature[]) {
    this.#viewer = viewer
    for (const key of keys)
      if (key.usage === 'user_signing') this.#userSigning.set(key.userId, `ed25519:${key.publicKey}`)
    for (const signature of signatures) {
      const target = targetKey(signature.targetUserId, signature.targetId)
      const known = this.#signatures.get(target)
      if (known === undefined) this.#signatures.set(target, [signature])
      else known.push(signature)
    }
  }

  device({ userId, deviceId, keys, displayName }: DeviceKeys): JsonObject {
    const unsigned: JsonObject = displayName === null ? {} : { device_display_name: displayName }
    return { ...this.#signed(userId, deviceId, parseKey(keys)), unsigned }
  }

  crossSigningKey({ userId, publicKey, key }: CrossSigningKey): JsonObject {
    return this.#signed(userId, publicKey, parseKey(key))
  }

  #signed(owner: UserId, targetId: string, key: JsonObject): JsonObject {
    const added = this.#signatures.get(targetKey(owner, targetId)) ?? []
    const merged = new Map<string, Map<string, unknown>>()
    for (const signer of new Set([owner, this.#viewer])) {
      const own = isJsonObject(key['signatures']) ? key['signatures'][signer] : undefined
      const all = new Map<string, unknown>(isJsonObject(own) ? Object.entries(own) : [])
      for (const each of added) if (each.signerUserId === signer) all.set(each.signerKeyId, each.signature)
      if (signer !== this.#viewer) all.delete(this.#userSigning.get(signer) ?? '')
      if (all.size > 0) merged.set(signer, all)
    }
    if (merged.size === 0 && key['signatures'] === undefined) return key
    const signatures = Object.fromEntries(
      [...merged].map(([signer, all]) => [signer, Object.fromEntries(all)]),
    )
    return { ...key, signatures: signatures as JsonObject } // texts from parsed JSON and from storage
  }
}

const targetKey = (userId: string, targetId: string): string => `${userId}\0${targetId}`
