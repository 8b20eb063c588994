import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import { linksIn, type TestSmtp } from '@ranvier/testkit/smtp'
import { wiredServer } from '../../wired-server.ts'

const GENEROUS = { per_second: 10_000, burst_count: 10_000 }

/** A whole server that sends its mail to `smtp`. For tests. */
export async function mailServer(storage: Storage, smtp: TestSmtp, settings: Record<string, unknown> = {}) {
  const { email, ...more } = settings
  const server = await wiredServer(storage, {
    public_baseurl: 'https://matrix.test',
    email: {
      smtp_host: smtp.host,
      smtp_port: smtp.port,
      notif_from: '%(app)s <noreply@test>',
      ...(email as object | undefined),
    },
    rc_3pid_validation: GENEROUS,
    rc_login: { address: GENEROUS, account: GENEROUS, failed_attempts: GENEROUS },
    ...more,
  })
  return {
    ...server,
    giveAddress: (name: string, address = `${name}@mail.test`) =>
      server.storage.write((tx) => tx.threepids.put(`@${name}:test` as UserId, 'email', address, 1)),
    /** Asks for the mail, and opens the link in it; what a client then shows as proof. */
    async prove(path: string, email: string, { token = null, secret = 'secret' }: Proving = {}) {
      const wish = { email, client_secret: secret, send_attempt: 1 }
      const { sid } = await server.ok(token, 'POST', `${path}/email/requestToken`, wish)
      const [link] = linksIn(await smtp.next())
      await server.page(link!)
      if (path === '/account/password') await server.page(link!, {})
      return { sid, client_secret: secret }
    },
  }
}

interface Proving {
  token?: string | null
  secret?: string
}
export type MailServer = Awaited<ReturnType<typeof mailServer>>
