import { randomBytes } from 'node:crypto'
import type { Storage, Transaction } from '@ranvier/storage'
import { defineJob, type JobKind } from '../jobs/define-job.ts'
import type { Mail } from './mail.ts'
import type { SendMail } from './transport.ts'

/** The name of the job that sends one mail. */
const SEND_MAIL = 'send-mail'
/** With the runner's back-off: for the better part of a day. */
const MAX_ATTEMPTS = 30
export const FORGET_UNSENT_ID = 'forget-unsent-mail'
/** When {@link SEND_MAIL} has long given up. */
const KEPT_MS = 2 * 86_400_000
const BATCH = 200
const PAUSE_MS = 3_600_000

/**
 * Puts a mail into the outbox in a transaction that decides that it is due: what is acknowledged with it will be sent,
 * also after a crash. A crash right after the mail server has taken it may send it twice, with the same `Message-ID`.
 */
export async function queueMailIn(tx: Transaction, mail: Mail, nowMs: number): Promise<void> {
  const id = randomBytes(12).toString('base64url')
  await tx.mailOutbox.put(id, JSON.stringify(mail), nowMs)
  // The mail itself is no parameter: those are kept for a week, and may be logged.
  await tx.jobs.enqueue(SEND_MAIL, { params: { mail: id }, createdTs: nowMs })
}

/** Sends one mail, again and again later until it is taken. */
export function sendMailJob(deps: {
  storage: Pick<Storage, 'read'>
  serverName: string
  send: SendMail
}): JobKind {
  return defineJob<{ mail: string }, null>({
    name: SEND_MAIL,
    maxAttempts: MAX_ATTEMPTS,
    async step({ signal }, { mail: id }) {
      const message = await deps.storage.read.mailOutbox.find(id)
      if (message === undefined) return { progress: null, done: true }
      const mail = JSON.parse(message) as Mail // written by queueMailIn
      await deps.send(mail, `<${id}@${deps.serverName}>`, signal)
      return async (tx) => {
        await tx.mailOutbox.delete(id)
        return { progress: null, done: true }
      }
    },
  })
}

/** Deletes mail that could not be sent for days: what it says is stale, and may be secret. */
export function forgetUnsentMailJob(): JobKind {
  return defineJob<Record<string, never>, null>({
    name: FORGET_UNSENT_ID,
    step:
      ({ nowMs }) =>
      async (tx) => {
        const forgotten = await tx.mailOutbox.deleteBefore(nowMs - KEPT_MS, BATCH)
        return { progress: null, dueTs: forgotten === BATCH ? nowMs : nowMs + PAUSE_MS }
      },
  })
}
