import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { linksIn, testSmtp } from '@ranvier/testkit/smtp'
import { mailServer } from '../account/mail-server.ts'

const stage = (threepid_creds: object, session?: string) => ({
  type: 'm.login.email.identity',
  threepid_creds,
  ...(session !== undefined && { session }),
})

databaseMatrix((open) => {
  test('where mail is sent, one may register with an address, or without', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp)
    const { body: challenge } = await server.call(null, 'POST', '/register', {
      username: 'alice',
      password: 'pw',
    })
    assert.deepEqual(challenge.flows, [{ stages: ['m.login.dummy'] }, { stages: ['m.login.email.identity'] }])

    const creds = await server.prove('/register', 'Alice@mail.test')
    const auth = stage(creds, challenge.session)
    const { user_id, access_token } = await server.ok(null, 'POST', '/register', { auth })

    assert.equal(user_id, '@alice:test')
    const { threepids } = await server.ok(access_token, 'GET', '/account/3pid')
    assert.deepEqual(
      threepids.map(({ address }: { address: string }) => address),
      ['alice@mail.test'],
    )
    const again = await server.call(null, 'POST', '/register', {
      username: 'eve',
      password: 'pw',
      auth: stage(creds),
    })
    assert.deepEqual([again.status, again.body.errcode], [401, 'M_UNAUTHORIZED'], 'a proof makes one account')
    await server.register('bob')
  })

  test('an address may be asked of everybody', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp, {
      enable_registration_without_verification: false,
      registrations_require_3pid: ['email'],
    })
    const dummy = { username: 'alice', password: 'pw', auth: { type: 'm.login.dummy' } }

    const refused = await server.call(null, 'POST', '/register', dummy)
    assert.deepEqual([refused.status, refused.body.flows], [401, [{ stages: ['m.login.email.identity'] }]])
    const creds = await server.prove('/register', 'alice@mail.test')
    const made = await server.ok(null, 'POST', '/register', {
      username: 'alice',
      password: 'pw',
      auth: stage(creds),
    })
    assert.equal(made.user_id, '@alice:test')
  })

  test('an address that somebody else got meanwhile makes no account', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp)
    await server.register('bob')
    const creds = await server.prove('/register', 'we@mail.test')
    await server.giveAddress('bob', 'we@mail.test')

    const answer = await server.call(null, 'POST', '/register', {
      username: 'alice',
      password: 'pw',
      auth: stage(creds),
    })

    assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_THREEPID_IN_USE'])
    assert.equal(await storage.read.accounts.find('@alice:test'), undefined)
  })

  test('a browser passes the stage on its page', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp)
    const { body } = await server.call(null, 'POST', '/register', { username: 'alice', password: 'pw' })
    const path = `/_matrix/client/v3/auth/m.login.email.identity/fallback/web?session=${body.session}`

    assert.match((await server.page(path)).text, /name="email"/)
    assert.match((await server.page(path, { email: 'nobody' })).text, /no email address/)
    const waiting = await server.page(path, { email: 'alice@mail.test' })
    const fields = Object.fromEntries(
      [...waiting.text.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!]),
    )
    assert.match((await server.page(path, fields)).text, /not been opened/)
    await server.page(linksIn(await smtp.next())[0]!)
    assert.match((await server.page(path, fields)).text, /onAuthDone/)
    const made = await server.ok(null, 'POST', '/register', { auth: { session: body.session } })

    assert.equal(made.user_id, '@alice:test')
    assert.equal((await storage.read.threepids.list('@alice:test'))[0]?.address, 'alice@mail.test')
  })
})
