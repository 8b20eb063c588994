import { LRUCache } from 'lru-cache'

/** Keeps what was used most recently. */
export type RecentCache<K extends {}, V extends {}> = LRUCache<K, V>

/**
 * A cache of at most `entries` entries that drops what has not been used for longest. It takes memory for what it
 * holds: told a `max`, `LRUCache` makes its lists for that many at once, which was 16 MB on a server without users.
 */
export function createRecentCache<K extends {}, V extends {}>(
  entries: number,
  dispose?: (value: V, key: K) => void,
): RecentCache<K, V> {
  return createSizedCache(entries, () => 1, dispose)
}

/** The same of at most `maxSize` altogether, in whatever `sizeOf` counts; it is a whole number above 0. */
export function createSizedCache<K extends {}, V extends {}>(
  maxSize: number,
  sizeOf: (value: V) => number,
  dispose?: (value: V, key: K) => void,
): RecentCache<K, V> {
  return new LRUCache<K, V>({ maxSize, sizeCalculation: sizeOf, ...(dispose !== undefined && { dispose }) })
}
