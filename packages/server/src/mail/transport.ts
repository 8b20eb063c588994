import type { Transporter } from 'nodemailer'
import type { MailConfig } from '../config/config.ts'
import { JobFailedError } from '../jobs/define-job.ts'
import type { Mail } from './mail.ts'

/** What a mail server may take to answer each time. */
const TIMEOUT_MS = 30_000

/**
 * Hands a mail to the mail server; `messageId` stays the same when it is tried again. Rejects when it was not taken: with
 * `JobFailedError` when it never will be.
 */
export type SendMail = (mail: Mail, messageId: string, signal: AbortSignal) => Promise<void>

/** Sends through the configured SMTP server, on a connection of its own for each mail. */
export function smtpSender({ smtp, from }: Pick<MailConfig, 'smtp' | 'from'>): SendMail {
  let connecting: Promise<Transporter> | undefined
  const settings = {
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls === 'always',
    requireTLS: smtp.tls === 'required',
    ignoreTLS: smtp.tls === 'never',
    ...(smtp.auth !== null && { auth: smtp.auth }),
    ...(smtp.tlsName !== null && { tls: { servername: smtp.tlsName } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    // What users write is in our mail: none of it may name a file or an address to read from.
    disableFileAccess: true,
    disableUrlAccess: true,
  }
  // Memory that is of no use before the first mail.
  const load = async () => (await import('nodemailer')).createTransport(settings)
  return async ({ to, ...mail }, messageId, signal) => {
    connecting ??= load()
    const sending = (await connecting).sendMail({ ...mail, from, to: { name: '', address: to }, messageId })
    try {
      await Promise.race([sending, aborted(signal)])
    } catch (error) {
      sending.catch(() => {}) // it may still fail after we have stopped waiting
      throw readable(error)
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new Error('the server is stopping'))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/**
 * The error in words that may be logged: without addresses, and without what was being sent. Codes from 500 on are final
 * where they are about this mail (RFC 5321 §4.2.1); about our login or TLS, the operator can mend it.
 */
function readable(error: unknown): Error {
  const {
    code = '',
    responseCode,
    response = '',
  } = error as {
    code?: string
    responseCode?: number
    response?: string
  }
  if (code === '') return error instanceof Error ? error : new Error(String(error))
  const said = response.replaceAll(/\S+@\S+/g, '…').slice(0, 200)
  const text = `the mail server did not take a mail: ${code}${said === '' ? '' : `, ${said}`}`
  const isFinal = (code === 'EENVELOPE' || code === 'EMESSAGE') && (responseCode ?? 500) >= 500
  return isFinal ? new JobFailedError(text) : new Error(text)
}
