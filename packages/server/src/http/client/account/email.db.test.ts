import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { linksIn, testSmtp } from '@ranvier/testkit/smtp'
import { type MailServer, mailServer } from './mail-server.ts'

const PASSWORD = { type: 'm.login.password', user: 'alice', password: 'password' }
const logIn = (server: MailServer, user: object, password: string) =>
  server.call(null, 'POST', '/login', { type: 'm.login.password', identifier: user, password })
const byEmail = (address: string) => ({ type: 'm.id.thirdparty', medium: 'email', address })
const addressesOf = async (server: MailServer, token: string) =>
  (await server.ok(token, 'GET', '/account/3pid')).threepids.map((each: { address: string }) => each.address)

databaseMatrix((open) => {
  test('an address is proven by its mail, added with the password, logged in with, and removed', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp)
    const alice = await server.register('alice')
    const wish = { email: 'Alice@Mail.test', client_secret: 's', send_attempt: 1 }
    const { sid } = await server.ok(alice, 'POST', '/account/3pid/email/requestToken', wish)
    const creds = { sid, client_secret: 's', auth: PASSWORD }

    const early = await server.call(alice, 'POST', '/account/3pid/add', creds)
    assert.deepEqual([early.status, early.body.errcode], [400, 'M_THREEPID_AUTH_FAILED'])
    const mail = await smtp.next()
    assert.deepEqual([mail.recipients, mail.subject], [['alice@mail.test'], '[test] Validate your email'])
    assert.match((await server.page(linksIn(mail)[0]!)).text, /is confirmed/)
    const wrongSecret = await server.call(alice, 'POST', '/account/3pid/add', {
      ...creds,
      client_secret: 'x',
    })
    assert.equal(wrongSecret.body.errcode, 'M_THREEPID_AUTH_FAILED')
    const withoutPassword = await server.call(alice, 'POST', '/account/3pid/add', { sid, client_secret: 's' })
    assert.equal(withoutPassword.status, 401)
    await server.ok(alice, 'POST', '/account/3pid/add', creds)

    assert.deepEqual(await addressesOf(server, alice), ['alice@mail.test'])
    assert.equal((await logIn(server, byEmail('ALICE@mail.test'), 'password')).body.user_id, '@alice:test')
    const again = await server.call(alice, 'POST', '/account/3pid/add', creds)
    assert.equal(again.body.errcode, 'M_THREEPID_AUTH_FAILED', 'the proof is used up')
    const { id_server_unbind_result } = await server.ok(alice, 'POST', '/account/3pid/delete', {
      medium: 'email',
      address: 'alice@MAIL.test',
    })
    assert.equal(id_server_unbind_result, 'no-support', 'nothing is known to be bound')
    assert.deepEqual(await addressesOf(server, alice), [])
  })

  test('one attempt sends one mail; a link does nothing twice and not for ever', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp)
    const request = (more: object) =>
      server.ok(null, 'POST', '/account/3pid/email/requestToken', {
        email: 'a@mail.test',
        client_secret: 's',
        send_attempt: 1,
        ...more,
      })

    const [first, repeated] = await Promise.all([request({}), request({})])
    const { sid: second } = await request({ send_attempt: 2 })
    const { sid: other } = await request({ client_secret: 't' })
    assert.deepEqual([repeated.sid, second], [first.sid, first.sid])
    assert.notEqual(other, first.sid)
    const mails = [await smtp.next(), await smtp.next(), await smtp.next()]
    assert.deepEqual(smtp.received, [])
    const links = mails.map((mail) => linksIn(mail)[0]!)
    const own = links.filter((link) => link.includes(first.sid))
    assert.equal(own.length, 2)

    const swapped = own[0]!.replace(first.sid, other)
    assert.equal((await server.page(swapped)).status, 400)
    assert.equal((await server.page(own[0]!.replace('client_secret=s', 'client_secret=x'))).status, 400)
    assert.equal((await server.page(own[0]!.replace('add_threepid', 'registration'))).status, 400)
    assert.equal((await server.page(own[0]!)).status, 200)
    assert.equal((await server.page(own[0]!)).status, 200, 'somebody may reload the page')
    server.clock.advance(3_600_000)
    const late = links.find((link) => link.includes(other))!
    assert.equal((await server.page(late)).status, 400)
  })

  test('a forgotten password is replaced by mail, and everybody is logged out', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp)
    const alice = await server.register('alice')
    await server.giveAddress('alice')
    const challenge = await server.call(null, 'POST', '/account/password', { new_password: 'new' })
    assert.deepEqual(
      [challenge.status, challenge.body.flows],
      [401, [{ stages: ['m.login.email.identity'] }]],
    )
    const wish = { email: 'alice@mail.test', client_secret: 's', send_attempt: 1 }
    const { sid } = await server.ok(null, 'POST', '/account/password/email/requestToken', wish)
    const [link] = linksIn(await smtp.next())
    const reset = () =>
      server.call(null, 'POST', '/account/password', {
        new_password: 'new',
        auth: {
          type: 'm.login.email.identity',
          threepid_creds: { sid, client_secret: 's' },
          session: challenge.body.session,
        },
      })

    assert.match((await server.page(link!)).text, /<form method="post">/)
    const early = await reset()
    assert.deepEqual([early.status, early.body.errcode], [401, 'M_UNAUTHORIZED'], 'a program may have looked')
    assert.equal((await server.page(link!, {})).status, 200)
    assert.deepEqual(await reset(), { status: 200, body: {} })

    assert.equal((await server.call(alice, 'GET', '/account/whoami')).status, 401)
    assert.equal((await logIn(server, { type: 'm.id.user', user: 'alice' }, 'password')).status, 403)
    assert.equal((await logIn(server, { type: 'm.id.user', user: 'alice' }, 'new')).status, 200)
    assert.equal((await reset()).status, 400, 'its session is over')
  })

  test('a proof is good for what it was asked for and nothing else', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp)
    const bob = await server.register('bob')
    const forAdding = await server.prove('/account/3pid', 'bob@mail.test', { token: bob })
    await server.giveAddress('bob')

    const reset = await server.call(null, 'POST', '/account/password', {
      new_password: 'new',
      auth: { type: 'm.login.email.identity', threepid_creds: forAdding },
    })
    assert.deepEqual([reset.status, reset.body.errcode], [401, 'M_UNAUTHORIZED'])
    const forReset = await server.prove('/account/password', 'bob@mail.test', { secret: 'other' })
    const add = await server.call(bob, 'POST', '/account/3pid', { three_pid_creds: forReset })
    assert.equal(add.body.errcode, 'M_THREEPID_AUTH_FAILED')
  })

  test('what is wrong is refused by its name', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp, {
      allowed_local_3pids: [{ medium: 'email', pattern: '.*@mail\\.test$' }],
      next_link_domain_whitelist: ['app.test'],
    })
    await server.register('alice')
    await server.giveAddress('alice')
    const good = { email: 'new@mail.test', client_secret: 's', send_attempt: 1 }
    const cases: [path: string, body: object, status: number, errcode: string][] = [
      ['/account/3pid', { ...good, email: 'nobody' }, 400, 'M_INVALID_PARAM'],
      ['/account/3pid', { ...good, email: 7 }, 400, 'M_BAD_JSON'],
      ['/account/3pid', { ...good, email: 'a\0b@mail.test' }, 400, 'M_INVALID_PARAM'],
      ['/account/3pid', { ...good, email: `${'x'.repeat(600)}@mail.test` }, 400, 'M_INVALID_PARAM'],
      ['/account/3pid', { ...good, client_secret: 'a b' }, 400, 'M_INVALID_PARAM'],
      ['/account/3pid', { ...good, client_secret: '' }, 400, 'M_INVALID_PARAM'],
      ['/account/3pid', { ...good, send_attempt: -1 }, 400, 'M_INVALID_PARAM'],
      ['/account/3pid', { ...good, send_attempt: 2 ** 60 }, 400, 'M_INVALID_PARAM'],
      ['/account/3pid', { ...good, send_attempt: '1' }, 400, 'M_BAD_JSON'],
      ['/account/3pid', { email: 'x@mail.test' }, 400, 'M_MISSING_PARAM'],
      ['/account/3pid', { ...good, next_link: 'file:///etc/passwd' }, 400, 'M_INVALID_PARAM'],
      ['/account/3pid', { ...good, next_link: 'https://evil.test/' }, 400, 'M_INVALID_PARAM'],
      ['/account/3pid', { ...good, email: 'x@else.test' }, 403, 'M_THREEPID_DENIED'],
      ['/account/3pid', { ...good, email: 'alice@mail.test' }, 400, 'M_THREEPID_IN_USE'],
      ['/register', { ...good, email: 'alice@mail.test' }, 400, 'M_THREEPID_IN_USE'],
      ['/account/password', good, 400, 'M_THREEPID_NOT_FOUND'],
    ]
    for (const [path, body, status, errcode] of cases) {
      const answer = await server.call(null, 'POST', `${path}/email/requestToken`, body)
      assert.deepEqual(
        [answer.status, answer.body.errcode],
        [status, errcode],
        JSON.stringify(body).slice(0, 100),
      )
    }
    const phone = await server.call(null, 'POST', '/account/3pid/msisdn/requestToken', {})
    assert.deepEqual([phone.status, phone.body.errcode], [400, 'M_THREEPID_MEDIUM_NOT_SUPPORTED'])
    assert.deepEqual(smtp.received, [])

    const leading = { ...good, next_link: 'https://app.test/welcome?a=1' }
    await server.ok(null, 'POST', '/account/3pid/email/requestToken', leading)
    const opened = await server.page(linksIn(await smtp.next())[0]!)
    assert.deepEqual([opened.status, opened.headers['location']], [302, 'https://app.test/welcome?a=1'])
  })

  test('where use is hidden, addresses with and without an account are answered alike', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp, { request_token_inhibit_3pid_errors: true })
    await server.register('alice')
    await server.giveAddress('alice')
    const ask = (path: string, email: string, send_attempt = 1) =>
      server.call(null, 'POST', `${path}/email/requestToken`, { email, client_secret: 's', send_attempt })

    for (const path of ['/account/password', '/account/3pid', '/register'])
      for (const email of ['alice@mail.test', 'nobody@mail.test']) {
        const [first, second] = [await ask(path, email), await ask(path, email)]
        assert.deepEqual([first.status, Object.keys(first.body)], [200, ['sid']])
        assert.deepEqual(second, first, 'a repeated request is no way to tell them apart either')
      }

    const mails = await Promise.all(Array.from({ length: 4 }, () => smtp.next()))
    const told = mails.map(({ recipients: [to], subject }) => `${to}: ${subject}`).sort()
    assert.deepEqual(told, [
      'alice@mail.test: [test] Email already in use',
      'alice@mail.test: [test] Password reset',
      'nobody@mail.test: [test] Validate your email',
      'nobody@mail.test: [test] Validate your email',
    ])
    assert.deepEqual(smtp.received, [])
  })

  test('two who have proven one address do not both get it', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp)
    const [alice, bob] = [await server.register('alice'), await server.register('bob')]
    const first = await server.prove('/account/3pid', 'we@mail.test', { token: alice, secret: 'a' })
    const second = await server.prove('/account/3pid', 'we@mail.test', { token: bob, secret: 'b' })

    const answers = await Promise.all([
      server.call(alice, 'POST', '/account/3pid', { three_pid_creds: first }),
      server.call(bob, 'POST', '/account/3pid', { threePidCreds: second }),
    ])

    assert.deepEqual(answers.map(({ body }) => body.errcode).sort(), ['M_THREEPID_IN_USE', undefined])
  })

  test('mail to one address, and from one place, is limited', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp, {
      rc_3pid_validation: { per_second: 0.001, burst_count: 1 },
    })
    const wish = { email: 'a@mail.test', client_secret: 's', send_attempt: 1 }

    await server.ok(null, 'POST', '/account/3pid/email/requestToken', wish)
    const second = await server.call(null, 'POST', '/account/3pid/email/requestToken', {
      ...wish,
      email: 'b@mail.test',
    })

    assert.deepEqual([second.status, second.body.errcode], [429, 'M_LIMIT_EXCEEDED'])
  })

  test('where addresses cannot be changed they stay', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp, { enable_3pid_changes: false })
    const alice = await server.register('alice')
    await server.giveAddress('alice')
    const creds = { sid: 'x', client_secret: 's' }

    for (const [path, body] of [
      ['/account/3pid/email/requestToken', { email: 'b@mail.test', client_secret: 's', send_attempt: 1 }],
      ['/account/3pid/add', creds],
      ['/account/3pid', { three_pid_creds: creds }],
      ['/account/3pid/delete', { medium: 'email', address: 'alice@mail.test' }],
    ] as const) {
      const answer = await server.call(alice, 'POST', path, body)
      assert.deepEqual([answer.status, answer.body.errcode], [403, 'M_FORBIDDEN'], path)
    }
    assert.deepEqual(await addressesOf(server, alice), ['alice@mail.test'])
    const { capabilities } = await server.ok(alice, 'GET', '/capabilities')
    assert.deepEqual(capabilities['m.3pid_changes'], { enabled: false })
  })
})
