import type { SeenConnection, SeenDevice, Storage } from '@ranvier/storage'
import type { Clock } from '../../clock.ts'
import { LateWrites } from '../../late-writes.ts'
import { createRecentCache } from '../../recent-cache.ts'
import type { Requester } from '../../requester.ts'
import type { AccountsConfig } from '../config.ts'

const FLUSH_AFTER_MS = 5_000
/** Synapse: `LAST_SEEN_GRANULARITY`. What was written less than this ago is good enough. */
const GRANULARITY_MS = 120_000
const MAX_KNOWN = 10_000
const PURGE_EVERY_MS = 3_600_000

/** Notes who was seen from where. Costs a request nothing: rows are written later, many at once. */
export interface SeenRecorder extends AsyncDisposable {
  record(requester: Requester, from: { ip: string; userAgent: string }): void
  /** Writes what waits; rejects when it cannot. Call before deciding by "last seen". */
  flush(): Promise<void>
  /** Nothing waits: {@link settle} would change nothing. */
  readonly isSettled: boolean
  /** Writes what waits if it can. Call before reading "last seen". */
  settle(): Promise<void>
}

export function seenRecorder(deps: {
  storage: Pick<Storage, 'write'>
  clock: Clock
  config: Pick<AccountsConfig, 'userIpsMaxAgeMs' | 'trackPuppetedUserIps'>
  onError: (error: unknown) => void
}): SeenRecorder {
  const { storage, clock, config } = deps
  const written = createRecentCache<string, number>(MAX_KNOWN)
  const late = new LateWrites<string, SeenConnection>({
    clock,
    afterMs: FLUSH_AFTER_MS,
    write: writeSome,
    onError: deps.onError,
  })
  /** Where somebody came from who has come with this token since it was read: mostly from there again. */
  const last = new WeakMap<Requester, { ip: string; userAgent: string; notedAtMs: number }>()
  let purgedAtMs = 0

  async function writeSome(rows: readonly (readonly [string, SeenConnection])[]): Promise<void> {
    const nowMs = clock.nowMs()
    const isPurgeDue = nowMs - purgedAtMs >= PURGE_EVERY_MS
    await storage.write(async (tx) => {
      const connections = rows.map(([, row]) => row)
      // Accounts first: where several processes write, one waits there for the other.
      await tx.accounts.touch(latest(connections.map((row) => [row.userId, row.lastSeenTs] as const)))
      await tx.userIps.record(connections)
      await tx.devices.touch(devicesIn(connections))
      if (isPurgeDue) await tx.userIps.deleteBefore(nowMs - config.userIpsMaxAgeMs)
    })
    if (isPurgeDue) purgedAtMs = nowMs
  }

  return {
    record(requester, { ip, userAgent }) {
      // Synapse: `track_appservice_user_ips`. It is the bridge that was there, not the user.
      if (requester.tokenId < 0) return
      const nowMs = clock.nowMs()
      const before = last.get(requester)
      if (before?.ip === ip && before.userAgent === userAgent && isFresh(before.notedAtMs, nowMs)) return
      // A puppet's requests are the administrator's. Synapse: admin_api/user_admin_api §Login as a user
      const isPuppet = requester.puppetedBy !== null && !config.trackPuppetedUserIps
      const userId = isPuppet ? requester.puppetedBy! : requester.userId
      const key = `${userId}\0${requester.tokenId}\0${ip}\0${userAgent}`
      const notedAtMs = written.get(key)
      if (notedAtMs !== undefined && isFresh(notedAtMs, nowMs)) {
        last.set(requester, { ip, userAgent, notedAtMs })
        return
      }
      written.set(key, nowMs)
      late.set(`${userId}\0${requester.tokenId}\0${ip}`, {
        userId,
        tokenId: requester.tokenId,
        deviceId: isPuppet ? null : requester.deviceId,
        ip,
        userAgent,
        lastSeenTs: nowMs,
      })
    },
    get isSettled() {
      return late.isSettled
    },
    flush: () => late.flush(),
    settle: () => late.settle(),
    [Symbol.asyncDispose]: () => late[Symbol.asyncDispose](),
  }
}

const isFresh = (notedAtMs: number, nowMs: number) => Math.abs(nowMs - notedAtMs) < GRANULARITY_MS

/** The largest number of each key. */
function latest<K>(pairs: readonly (readonly [K, number])[]): Map<K, number> {
  const found = new Map<K, number>()
  for (const [key, n] of pairs) if (n > (found.get(key) ?? Number.NEGATIVE_INFINITY)) found.set(key, n)
  return found
}

/** Each device once, as it was seen last. */
function devicesIn(connections: readonly SeenConnection[]): SeenDevice[] {
  const found = new Map<string, SeenDevice>()
  for (const { userId, deviceId, lastSeenTs: ts, ip, userAgent } of connections) {
    if (deviceId === null) continue
    const key = `${userId}\0${deviceId}`
    const known = found.get(key)
    if (known === undefined || known.ts < ts) found.set(key, { userId, deviceId, ts, ip, userAgent })
  }
  return [...found.values()]
}
