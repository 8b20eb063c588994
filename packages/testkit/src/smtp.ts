import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

/** A mail as it arrived. */
export interface ReceivedMail extends Email {
  /** Whom the sender named in the SMTP envelope. */
  recipients: string[]
}

/** A real SMTP server on this machine. Mail comes in the order in which it was received. */
export interface TestSmtp extends AsyncDisposable {
  host: string
  port: number
  /** Received, and not asked for by `next` yet. */
  received: ReceivedMail[]
  next(): Promise<ReceivedMail>
  /** Refuses every mail with this code and text from now on; `null`: takes them again. */
  refuseWith(refusal: { code: number; text: string } | null): void
  /** Resolves when it has refused a mail. */
  refused(): Promise<void>
}

/** Without `options` it asks for no login and offers no TLS; without `port` the system chooses one. */
export async function testSmtp(options: SMTPServerOptions = {}, port = 0): Promise<TestSmtp> {
  const received: ReceivedMail[] = []
  const waiting: ((mail: ReceivedMail) => void)[] = []
  const refusalsAwaited: (() => void)[] = []
  let refusal: { code: number; text: string } | null = null
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    ...options,
    async onData(stream, session, callback) {
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk as Buffer)
      if (refusal !== null) {
        callback(Object.assign(new Error(refusal.text), { responseCode: refusal.code }))
        for (const resolve of refusalsAwaited.splice(0)) resolve()
        return
      }
      const recipients = session.envelope.rcptTo.map(({ address }) => address)
      const mail = { ...(await PostalMime.parse(Buffer.concat(chunks))), recipients }
      const waiter = waiting.shift()
      if (waiter === undefined) received.push(mail)
      else waiter(mail)
      callback()
    },
  })
  server.on('error', () => {}) // a client that goes away
  server.listen(port, '127.0.0.1')
  await once(server.server, 'listening')
  return {
    host: '127.0.0.1',
    port: (server.server.address() as AddressInfo).port,
    received,
    next() {
      const first = received.shift()
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first)
    },
    refuseWith(given) {
      refusal = given
    },
    refused: () => new Promise((resolve) => refusalsAwaited.push(resolve)),
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** The addresses a mail's text leads to. */
export function linksIn(mail: ReceivedMail): string[] {
  return mail.text?.match(/https?:\/\/\S+/g) ?? []
}
