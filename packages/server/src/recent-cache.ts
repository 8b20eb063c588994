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
  return new LRUCache<K, V>({
    maxSize: entries,
    sizeCalculation: () => 1,
    ...(dispose !== undefined && { dispose }),
  })
}
