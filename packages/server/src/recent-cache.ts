import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { Clock } from './clock.ts'

/** Keeps what was used most recently. */
export type RecentCache<K extends {}, V extends {}> = LRUCache<K, V>

/** What nobody has used for so long is forgotten, however much room there is. Synapse: `caches.cache_entry_ttl` */
const IDLE_MS = 30 * 60_000
const SWEEP_INTERVAL_MS = 10 * 60_000

/** A cache and its own time, which goes on only while it is swept: so nobody ever meets what is too old. */
interface Ageing {
  cache?: WeakRef<{ purgeStale(): boolean }>
  nowMs: number
}

/** All caches of the process, whose memory it is, until they are collected. */
const ageing = new Set<Ageing>()

/**
 * A cache of at most `entries` entries that drops what has not been used for longest, and what has not been used for
 * half an hour. It takes memory for what it holds: told a `max`, `LRUCache` makes its lists for that many at once, which
 * was 16 MB on a server without users.
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
  const own: Ageing = { nowMs: 1 } // to `LRUCache`, 0 is no time
  const cache = new LRUCache<K, V>({
    maxSize,
    sizeCalculation: sizeOf,
    ttl: IDLE_MS,
    ttlResolution: 0,
    updateAgeOnGet: true,
    perf: { now: () => own.nowMs },
    ...(dispose !== undefined && { dispose }),
  })
  own.cache = new WeakRef(cache)
  ageing.add(own)
  return cache
}

/** The same of what is more than a memory of what can be looked up again: age alone makes nothing of it forgotten. */
export function createLastingCache<K extends {}, V extends {}>(
  entries: number,
  dispose?: (value: V, key: K) => void,
): RecentCache<K, V> {
  return new LRUCache<K, V>({
    maxSize: entries,
    sizeCalculation: () => 1,
    ...(dispose !== undefined && { dispose }),
  })
}

/** Lets all caches forget, from now on, what nobody uses. */
export function forgetIdle(clock: Clock): Disposable {
  let sweptAtMs = clock.nowMs()
  let timer = clock.setTimeout(sweep, SWEEP_INTERVAL_MS)

  function sweep(): void {
    const nowMs = clock.nowMs()
    void passTime(Math.max(0, nowMs - sweptAtMs)) // of a clock that goes back it is not known how much has passed
    sweptAtMs = nowMs
    timer = clock.setTimeout(sweep, SWEEP_INTERVAL_MS)
  }

  return { [Symbol.dispose]: () => timer.cancel() }
}

async function passTime(ms: number): Promise<void> {
  for (const one of [...ageing]) {
    const cache = one.cache?.deref()
    if (cache === undefined) {
      ageing.delete(one)
      continue
    }
    one.nowMs += ms
    cache.purgeStale()
    await setImmediate() // who else has work waits for one cache, not for all
  }
}
