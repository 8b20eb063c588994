import { outsideAction, type SeenConnection, type Storage } from '@ranvier/storage'
import type { Clock, Timer } from '../clock.ts'
import { createRecentCache } from '../recent-cache.ts'
import type { Requester } from '../requester.ts'
import type { AccountsConfig } from './config.ts'

const FLUSH_AFTER_MS = 5_000
/** Synapse: `LAST_SEEN_GRANULARITY`. What was written less than this ago is good enough. */
const GRANULARITY_MS = 120_000
const ROWS_PER_WRITE = 200
const MAX_WAITING = 10_000
const PURGE_EVERY_MS = 3_600_000

/** Notes who was seen from where. Costs a request nothing: rows are written later, many at once. */
export interface SeenRecorder extends AsyncDisposable {
  record(requester: Requester, from: { ip: string; userAgent: string }): void
  /** Writes what waits. Call before reading "last seen". */
  flush(): Promise<void>
}

export function seenRecorder(deps: {
  storage: Pick<Storage, 'write'>
  clock: Clock
  config: Pick<AccountsConfig, 'userIpsMaxAgeMs' | 'trackPuppetedUserIps'>
  onError: (error: unknown) => void
}): SeenRecorder {
  const { storage, clock, config } = deps
  const waiting = new Map<string, SeenConnection>()
  const written = createRecentCache<string, number>(MAX_WAITING)
  let timer: Timer | undefined
  let flushing: Promise<void> = Promise.resolve()
  let purgedAtMs = 0

  async function writeAll(): Promise<void> {
    timer?.cancel()
    timer = undefined
    const rows = [...waiting.values()]
    waiting.clear()
    for (let i = 0; i < rows.length; i += ROWS_PER_WRITE) await writeSome(rows.slice(i, i + ROWS_PER_WRITE))
    await purgeOld()
  }

  async function writeSome(rows: readonly SeenConnection[]): Promise<void> {
    await storage.write(async (tx) => {
      for (const row of rows) {
        await tx.userIps.record(row)
        await tx.accounts.touch(row.userId, row.lastSeenTs)
        if (row.deviceId !== null)
          await tx.devices.touch(row.userId, row.deviceId, {
            ts: row.lastSeenTs,
            ip: row.ip,
            userAgent: row.userAgent,
          })
      }
    })
  }

  async function purgeOld(): Promise<void> {
    const nowMs = clock.nowMs()
    const maxAgeMs = config.userIpsMaxAgeMs
    if (nowMs - purgedAtMs < PURGE_EVERY_MS) return
    purgedAtMs = nowMs
    await storage.write((tx) => tx.userIps.deleteBefore(nowMs - maxAgeMs))
  }

  // One after another: a reader that flushes must also wait for what is being written already.
  function flush(): Promise<void> {
    if (waiting.size > 0) flushing = outsideAction(() => flushing.catch(() => {}).then(writeAll))
    return flushing
  }

  const flushInBackground = () => void flush().catch(deps.onError)

  return {
    record(requester, { ip, userAgent }) {
      // Synapse: `track_appservice_user_ips`. It is the bridge that was there, not the user.
      if (requester.tokenId < 0) return
      // A puppet's requests are the administrator's. Synapse: admin_api/user_admin_api §Login as a user
      const isPuppet = requester.puppetedBy !== null && !config.trackPuppetedUserIps
      const userId = isPuppet ? requester.puppetedBy! : requester.userId
      const key = `${userId}\0${requester.tokenId}\0${ip}\0${userAgent}`
      const nowMs = clock.nowMs()
      if (Math.abs(nowMs - (written.get(key) ?? Number.NEGATIVE_INFINITY)) < GRANULARITY_MS) return
      written.set(key, nowMs)
      waiting.set(`${userId}\0${requester.tokenId}\0${ip}`, {
        userId,
        tokenId: requester.tokenId,
        deviceId: isPuppet ? null : requester.deviceId,
        ip,
        userAgent,
        lastSeenTs: nowMs,
      })
      if (waiting.size >= MAX_WAITING) flushInBackground()
      else timer ??= clock.setTimeout(flushInBackground, FLUSH_AFTER_MS)
    },
    flush,
    async [Symbol.asyncDispose]() {
      timer?.cancel()
      await flush()
    },
  }
}
