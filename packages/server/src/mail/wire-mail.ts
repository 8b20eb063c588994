import type { Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import type { MailConfig } from '../config/config.ts'
import { type JobRunner, jobRunner } from '../jobs/runner.ts'
import type { Logger } from '../logger.ts'
import { FORGET_UNSENT_ID, forgetUnsentMailJob, sendMailJob } from './outbox.ts'
import { smtpSender } from './transport.ts'

/**
 * Sends what is in the outbox. With a runner of its own: a mail server that takes its time holds up mail only. Without
 * `config` mail that is left from before is only forgotten in time.
 */
export function wireMail(parts: {
  storage: Storage
  clock: Clock
  config: MailConfig | null
  serverName: string
  log: Logger
}): Pick<JobRunner, 'start' | typeof Symbol.asyncDispose> {
  const { storage, clock, config, serverName, log } = parts
  const sending = config === null ? [] : [sendMailJob({ storage, serverName, send: smtpSender(config) })]
  const runner = jobRunner({
    storage,
    clock,
    kinds: [...sending, forgetUnsentMailJob()],
    // The text is made to be shown; the error itself may hold what was said to the mail server.
    onError: (error, job) =>
      log.warn(
        { reason: error instanceof Error ? error.message : String(error), job: job?.id },
        'mail was not sent',
      ),
  })
  return {
    start() {
      void storage
        .write((tx) =>
          tx.jobs.ensure(FORGET_UNSENT_ID, { id: FORGET_UNSENT_ID, params: {}, createdTs: clock.nowMs() }),
        )
        .catch((error: unknown) => log.error({ error }, 'the outbox is not swept'))
      runner.start()
    },
    [Symbol.asyncDispose]: () => runner[Symbol.asyncDispose](),
  }
}
