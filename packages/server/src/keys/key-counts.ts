import type { UserId } from '@ranvier/protocol/ids/brands'
import { KEY_COUNTS_CHANGED, type Storage, TOKENS_REMOVED } from '@ranvier/storage'
import { createRecentCache } from '../recent-cache.ts'

/** What the keys of a device look like to its owner, as `/sync` shows it. */
export interface KeyCounts {
  /** One-time keys left, by algorithm; `signed_curve25519` is always there. */
  oneTimeKeys: Readonly<Record<string, number>>
  /** Algorithms with a fallback key that nobody was given yet. */
  unusedFallbackKeyTypes: readonly string[]
}

/** The counts of a device. From memory and at once, unless its keys have changed since they were last asked for. */
export type FindKeyCounts = (userId: UserId, deviceId: string) => KeyCounts | Promise<KeyCounts>

/** Synapse: clients wait for this count before they upload their first keys. */
export function withSignedCurve(counts: Record<string, number>): Record<string, number> {
  return { signed_curve25519: 0, ...counts }
}

type CountsOfDevices = Map<string, KeyCounts | Promise<KeyCounts>>

export function keyCounts(
  storage: Pick<Storage, 'read' | 'subscribe'>,
  limits: { users: number } = { users: 20_000 },
): FindKeyCounts {
  const cache = createRecentCache<UserId, CountsOfDevices>(limits.users)
  storage.subscribe((facts) => {
    for (const { stream, change, key } of facts) {
      const isChange = stream === 'to_device' && change === KEY_COUNTS_CHANGED
      // Who is logged out may be gone with their keys: a user's devices that come and go would all be kept.
      if (isChange || (stream === 'accounts' && change === TOKENS_REMOVED)) cache.delete(key as UserId)
    }
  })

  async function load(userId: UserId, deviceId: string): Promise<KeyCounts> {
    const [counts, unusedFallbackKeyTypes] = await Promise.all([
      storage.read.oneTimeKeys.counts(userId, deviceId),
      storage.read.oneTimeKeys.unusedFallbackTypes(userId, deviceId),
    ])
    return { oneTimeKeys: withSignedCurve(counts), unusedFallbackKeyTypes }
  }

  return (userId, deviceId) => {
    let devices = cache.get(userId)
    if (devices === undefined) cache.set(userId, (devices = new Map()))
    let counts = devices.get(deviceId)
    if (counts === undefined) {
      // The promise is kept until there is a value: what is being read while a fact makes it stale is forgotten with the rest.
      counts = keepIn(devices, deviceId, load(userId, deviceId))
    }
    return counts
  }
}

function keepIn(devices: CountsOfDevices, deviceId: string, loading: Promise<KeyCounts>): Promise<KeyCounts> {
  devices.set(deviceId, loading)
  loading.then(
    (counts) => devices.set(deviceId, counts),
    () => devices.delete(deviceId),
  )
  return loading
}
