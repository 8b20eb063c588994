import { randomInt } from 'node:crypto'
import type { Storage } from '@ranvier/storage'
import { defineJob, type JobKind } from '../../jobs/define-job.ts'
import { sendRenewalMailIn, type ValidityDeps } from './account-validity.ts'

const WATCH_ID = 'account-validity'
const FILL = 'account-validity-fill'
const PAUSE_MS = 30 * 60_000 // Synapse's
const HIDES_PER_STEP = 100
const MAILS_PER_STEP = 50
const ACCOUNTS_PER_STEP = 500

/** Renewal mail goes out in the order in which accounts expire: how far this round has come. */
interface WatchProgress {
  [name: string]: string | number
  ts: number
  userId: string
}

/** Every half hour: takes accounts that have expired out of the user directory, writes to those that soon will. */
export function watchValidityJob(deps: ValidityDeps): JobKind {
  return defineJob<Record<string, never>, WatchProgress>({
    name: WATCH_ID,
    async step({ nowMs }, _params, progress) {
      const { config, storage } = deps
      const pause = { progress: { ts: 0, userId: '' }, dueTs: nowMs + PAUSE_MS }
      if (config === null) return pause
      const expired = await storage.read.accountValidity.listToHide(nowMs, HIDES_PER_STEP)
      if (expired.length > 0)
        return async (tx) => {
          await tx.accountValidity.setHidden(expired, true)
          return { progress: progress ?? pause.progress }
        }
      if (config.renewAtMs === null) return pause
      // Who could not be written to in time is not written to for ever.
      const range = { fromTs: nowMs - config.renewAtMs, toTs: nowMs + config.renewAtMs }
      const after = progress ?? pause.progress
      const due = await storage.read.accountValidity.listUnmailed({ ...range, after }, MAILS_PER_STEP)
      const last = due.at(-1)
      return async (tx) => {
        for (const { userId } of due) await sendRenewalMailIn(tx, userId, deps)
        return last === undefined || due.length < MAILS_PER_STEP
          ? pause
          : { progress: { ts: last.expirationTs, userId: last.userId } }
      }
    },
  })
}

/**
 * Gives accounts that are older than the setting a time at which they expire: spread over the last tenth of the period,
 * so that not all of them expire, and are written to, at once. Synapse does the same.
 */
export function fillValidityJob({ config, storage }: ValidityDeps): JobKind {
  return defineJob<Record<string, never>, string>({
    name: FILL,
    async step({ nowMs }, _params, after) {
      if (config === null) return { progress: after ?? '', done: true }
      const { periodMs } = config
      const page = await storage.read.accountValidity.accountsBehind(after ?? '', ACCOUNTS_PER_STEP)
      const last = page.at(-1)
      if (last === undefined) return { progress: after ?? '', done: true }
      return async (tx) => {
        for (const { userId, isMissing } of page) {
          if (!isMissing || (await tx.accountValidity.find(userId)) !== undefined) continue
          const expirationTs = nowMs + periodMs - randomInt(Math.min(2 ** 47, Math.floor(periodMs / 10) + 1))
          await tx.accountValidity.set(userId, { expirationTs, mailSent: false })
        }
        return { progress: last.userId, done: page.length < ACCOUNTS_PER_STEP }
      }
    },
  })
}

/** Sets the jobs to work, or, where accounts do not expire (any more), shows again whom the directory has hidden. */
export async function startValidity(deps: ValidityDeps & { storage: Storage }): Promise<void> {
  const { storage, clock, config } = deps
  if (config === null) {
    for (;;) {
      const hidden = await storage.read.accountValidity.listHidden(HIDES_PER_STEP)
      if (hidden.length === 0) return
      await storage.write((tx) => tx.accountValidity.setHidden(hidden, false))
    }
  }
  await storage.write(async (tx) => {
    const createdTs = clock.nowMs()
    await tx.jobs.ensure(WATCH_ID, { id: WATCH_ID, params: {}, createdTs })
    if ((await tx.jobs.findLive(FILL, FILL)) === undefined)
      await tx.jobs.enqueue(FILL, { subject: FILL, params: {}, createdTs })
  })
}
