import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { eventually } from '@ranvier/testkit/eventually'
import { linksIn, type ReceivedMail, type TestSmtp, testSmtp } from '@ranvier/testkit/smtp'
import { wiredServer } from '../../wired-server.ts'

const DAY_MS = 86_400_000
const VALIDITY = '/_synapse/admin/v1/account_validity/validity'
const SEND_MAIL = '/_matrix/client/unstable/account_validity/send_mail'
const WHOAMI = '/account/whoami'

const EXPIRING = { account_validity: { enabled: true, period: '10d', renew_at: '2d' } }

function serverWithMail(storage: Storage, smtp: TestSmtp, settings: Record<string, unknown> = {}) {
  const email = { smtp_host: smtp.host, smtp_port: smtp.port, notif_from: '%(app)s <noreply@test>' }
  return wiredServer(storage, { public_baseurl: 'https://matrix.test', email, ...EXPIRING, ...settings })
}
type Server = Awaited<ReturnType<typeof wiredServer>>

async function adminOf(server: Server): Promise<string> {
  const token = await server.register('root')
  await server.storage.write((tx) => tx.accounts.update('@root:test' as never, { admin: true }))
  const never = {
    user_id: '@root:test',
    expiration_ts: server.clock.nowMs() + 1_000 * DAY_MS,
    enable_renewal_emails: false,
  }
  await server.ok(token, 'POST', VALIDITY, never)
  return token
}

const giveAddress = (server: Server, name: string) =>
  server.storage.write((tx) => tx.threepids.put(`@${name}:test` as never, 'email', `${name}@mail.test`, 1))

databaseMatrix((open) => {
  test('an account that has expired can log out and nothing else, until an administrator renews it', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, { account_validity: { enabled: true, period: '10d' } })
    const admin = await adminOf(server)
    const alice = await server.register('alice')

    server.clock.advance(10 * DAY_MS - 10_000)
    assert.equal((await server.call(alice, 'GET', WHOAMI)).status, 200)
    server.clock.advance(10_000)
    const { status, body } = await server.call(alice, 'GET', WHOAMI)
    assert.deepEqual([status, body.errcode], [403, 'ORG_MATRIX_EXPIRED_ACCOUNT'])
    const login = { type: 'm.login.password', user: 'alice', password: 'password' }
    const again = (await server.ok(null, 'POST', '/login', login)).access_token
    assert.equal((await server.call(again, 'GET', WHOAMI)).body.errcode, 'ORG_MATRIX_EXPIRED_ACCOUNT')
    await server.ok(again, 'POST', '/logout', {})

    const renewed = await server.ok(admin, 'POST', VALIDITY, { user_id: '@alice:test' })

    assert.equal(renewed.expiration_ts, server.clock.nowMs() + 10 * DAY_MS)
    assert.equal((await server.call(alice, 'GET', WHOAMI)).status, 200)
    await server.ok(admin, 'POST', VALIDITY, { user_id: '@alice:test', expiration_ts: 5 })
    assert.equal((await server.call(alice, 'GET', WHOAMI)).status, 403)
  })

  test('the admin call refuses what it cannot do', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage)
    const admin = await adminOf(server)
    const bob = await server.register('bob')
    const cases: [token: string, body: unknown, status: number, errcode: string][] = [
      [bob, { user_id: '@bob:test' }, 403, 'M_FORBIDDEN'],
      [admin, {}, 400, 'M_UNKNOWN'],
      [admin, { user_id: '@bob:test' }, 400, 'M_UNKNOWN'],
      [admin, { user_id: '@bob:else', expiration_ts: 1 }, 400, 'M_UNKNOWN'],
      [admin, { user_id: 'bob', expiration_ts: 1 }, 400, 'M_INVALID_PARAM'],
      [admin, { user_id: '@nobody:test', expiration_ts: 1 }, 404, 'M_NOT_FOUND'],
      [admin, { user_id: '@bob:test', expiration_ts: -1 }, 400, 'M_BAD_JSON'],
      [admin, { user_id: '@bob:test', expiration_ts: 2 ** 60 }, 400, 'M_INVALID_PARAM'],
      [admin, { user_id: '@bob:test', expiration_ts: 1, enable_renewal_emails: 'no' }, 400, 'M_BAD_JSON'],
    ]
    for (const [token, body, status, errcode] of cases) {
      const answer = await server.call(token, 'POST', VALIDITY, body)
      assert.deepEqual([answer.status, answer.body.errcode], [status, errcode], JSON.stringify(body))
    }
    await server.ok(admin, 'POST', VALIDITY, { user_id: '@bob:test', expiration_ts: 1 })
    assert.equal((await server.call(bob, 'GET', WHOAMI)).status, 200, 'accounts do not expire here')
    assert.equal((await server.call(bob, 'POST', SEND_MAIL)).body.errcode, 'M_FORBIDDEN')
  })

  test('who expires soon is written to once, and the link renews the account once', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await serverWithMail(storage, smtp)
    const alice = await server.register('alice')
    await server.register('bob') // has no address
    await giveAddress(server, 'alice')

    server.clock.advance(8 * DAY_MS + 3_600_000)
    const mail = await smtp.next()

    assert.deepEqual([mail.recipients, mail.subject], [['alice@mail.test'], 'Renew your Matrix account'])
    assert.equal(mail.from?.name, 'Matrix')
    const [link] = linksIn(mail)
    assert.match(
      link!,
      /^https:\/\/matrix\.test\/_matrix\/client\/unstable\/account_validity\/renew\?token=[A-Za-z]{32}$/,
    )
    server.clock.advance(3 * DAY_MS)
    assert.equal((await server.call(alice, 'GET', WHOAMI)).status, 403)
    const first = await server.page(link!)
    const second = await server.page(link!)
    const wrong = await server.page(link!.slice(0, -1))
    assert.deepEqual([first.status, second.status, wrong.status], [200, 200, 404])
    assert.match(second.text, /has been used/)
    assert.equal((await server.call(alice, 'GET', WHOAMI)).status, 200)
    const { expirationTs } = (await storage.read.accountValidity.find('@alice:test'))!
    assert.equal(expirationTs, server.clock.nowMs() - 1 + 10 * DAY_MS)
    assert.deepEqual(smtp.received, [], 'one mail')

    server.clock.advance(8 * DAY_MS + 3_600_000)
    assert.notEqual(linksIn(await smtp.next())[0], link, 'and again before it expires again')
  })

  test('an expired account can ask for the mail; an administrator can say that none is sent', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await serverWithMail(storage, smtp)
    const admin = await adminOf(server)
    const [alice, bob] = [await server.register('alice'), await server.register('bob')]
    await giveAddress(server, 'alice')
    await giveAddress(server, 'bob')
    const quiet = { user_id: '@alice:test', enable_renewal_emails: false }
    await server.ok(admin, 'POST', VALIDITY, quiet)

    server.clock.advance(9 * DAY_MS)
    assert.deepEqual((await smtp.next()).recipients, ['bob@mail.test'])
    server.clock.advance(2 * DAY_MS)
    assert.equal((await server.call(alice, 'GET', WHOAMI)).status, 403)
    await server.ok(alice, 'POST', SEND_MAIL, {})
    const mail = await smtp.next()

    assert.deepEqual(mail.recipients, ['alice@mail.test'])
    assert.equal((await server.page(linksIn(mail)[0]!)).status, 200)
    assert.equal((await server.call(alice, 'GET', WHOAMI)).status, 200)
    assert.equal((await server.call(bob, 'GET', WHOAMI)).status, 403)
    assert.equal((await server.call(null, 'POST', SEND_MAIL)).status, 401)
  })

  test('a mail server that is away delays mail, and a restart loses none', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    {
      await using server = await serverWithMail(storage, smtp)
      const alice = await server.register('alice')
      await giveAddress(server, 'alice')
      smtp.refuseWith({ code: 451, text: 'not now' })
      const refused = smtp.refused()
      await server.ok(alice, 'POST', SEND_MAIL, {})
      await refused
    }
    smtp.refuseWith(null)
    await using again = await serverWithMail(storage, smtp)
    const arriving = smtp.next().then((got) => (arrived = got))
    let arrived: ReceivedMail | undefined
    await eventually(
      () => arrived !== undefined,
      () => again.clock.advance(1_000),
    )

    const mail = await arriving
    assert.equal((await again.page(linksIn(mail)[0]!)).status, 200)
  })

  test('accounts from before the setting get a time of their own, spread over the last tenth', async () => {
    await using storage = await open()
    {
      await using before = await wiredServer(storage)
      for (const name of ['alice', 'bob', 'carol']) await before.register(name)
    }
    await using server = await wiredServer(storage, { account_validity: { enabled: true, period: '100d' } })
    const bornMs = server.clock.nowMs()

    const times: number[] = []
    await eventually(async () => {
      times.length = 0
      for (const name of ['alice', 'bob', 'carol']) {
        const validity = await storage.read.accountValidity.find(`@${name}:test`)
        if (validity !== undefined) times.push(validity.expirationTs)
      }
      return times.length === 3
    })

    for (const time of times) assert.ok(time > bornMs + 89 * DAY_MS && time <= bornMs + 101 * DAY_MS)
    assert.equal(new Set(times).size, 3)
  })

  test('the user directory does not show who has expired', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, {
      account_validity: { enabled: true, period: '10d' },
      user_directory: { search_all_users: true },
    })
    const admin = await adminOf(server)
    await server.register('alice')
    const finds = async () => {
      const { results } = await server.ok(admin, 'POST', '/user_directory/search', { search_term: 'alice' })
      return results.length === 1
    }

    await eventually(finds)
    server.clock.advance(11 * DAY_MS)
    await eventually(async () => !(await finds()))
    await server.ok(admin, 'POST', VALIDITY, { user_id: '@alice:test' })
    await eventually(finds)
  })
})
