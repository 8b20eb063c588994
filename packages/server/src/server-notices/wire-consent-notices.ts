import type { Storage } from '@ranvier/storage'
import type { Config } from '../config/config.ts'
import type { LoggerFactory } from '../logger.ts'
import { ConsentNotices } from './consent-notices.ts'
import { noticesUserOf, type ServerNotices } from './server-notices.ts'

/** Who writes to those that have not agreed to the terms; `undefined` where nobody is written to. */
export function wireConsentNotices(parts: {
  config: Config
  storage: Pick<Storage, 'read' | 'write'>
  notices: Pick<ServerNotices, 'send'>
  loggers: LoggerFactory
}): ConsentNotices | undefined {
  const { consent, serverNotices, serverName, publicBaseUrl, secrets } = parts.config
  if (consent === null || consent.notice === null || serverNotices === null) return undefined
  return new ConsentNotices({
    ...parts,
    sender: noticesUserOf(serverNotices, serverName),
    config: { ...consent, notice: consent.notice },
    publicBaseUrl,
    secret: secrets.form,
    onError: (error, userId) =>
      parts.loggers('accounts').warn({ error, userId }, 'a notice about the terms was not sent'),
  })
}
