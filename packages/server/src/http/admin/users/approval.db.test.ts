import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { registrationMac } from '../../../accounts/registration/register-with-secret.ts'
import { accountServer, SECRET } from '../../accounts-fixture.ts'

databaseMatrix((open) => {
  const V2 = '/_synapse/admin/v2'
  const REGISTER = '/_matrix/client/v3/register'
  const SECRET_REGISTER = '/_synapse/admin/v1/register'
  const WAITING = 'ORG_MATRIX_MSC3866_USER_AWAITING_APPROVAL'

  async function withAdmin(requiredForNew: boolean) {
    const server = await accountServer({ open, config: { approval: { enabled: true, requiredForNew } } })
    const admin = await server.user('admin', { admin: true })
    const call = (method: string, path: string, body?: unknown) =>
      server.call(method, path, { token: admin.token, body })
    const signUp = (username: string) =>
      server.call('POST', REGISTER, {
        body: { username, password: `pw-${username}`, auth: { type: 'm.login.dummy' } },
      })
    const logIn = (user: string) =>
      server.call('POST', '/_matrix/client/v3/login', {
        body: { type: 'm.login.password', user, password: `pw-${user}` },
      })
    return { server, call, signUp, logIn, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  test('who signs up waits until an administrator approves the account', async () => {
    await using it = await withAdmin(true)

    const answer = await it.signUp('bob')
    assert.deepEqual(
      [answer.status, answer.body.errcode, answer.body.approval_notice_medium, answer.body.access_token],
      [403, WAITING, 'org.matrix.msc3866.none', undefined],
    )
    const early = await it.logIn('bob')
    assert.deepEqual([early.status, early.body.errcode], [403, WAITING])
    const wrong = await it.server.call('POST', '/_matrix/client/v3/login', {
      body: { type: 'm.login.password', user: 'bob', password: 'wrong' },
    })
    assert.deepEqual([wrong.status, wrong.body.errcode], [403, 'M_FORBIDDEN'])
    const waiting = await it.call('GET', `${V2}/users?approved=false`)
    assert.deepEqual(
      waiting.body.users.map((user: { name: string; approved: boolean }) => [user.name, user.approved]),
      [['@bob:test', false]],
    )
    assert.equal(waiting.body.total, 1)
    assert.equal((await it.call('GET', `${V2}/users`)).body.total, 2, 'both without the filter')

    const approved = await it.call('PUT', `${V2}/users/@bob:test`, { approved: true })
    assert.equal(approved.body.approved, true)
    assert.equal((await it.logIn('bob')).status, 200)
    await it.call('PUT', `${V2}/users/@bob:test`, { approved: false })
    assert.equal((await it.logIn('bob')).status, 403)
  })

  test('accounts made by administrators are approved unless they say otherwise', async () => {
    await using it = await withAdmin(true)

    const plain = await it.call('PUT', `${V2}/users/@carol:test`, { password: 'pw-carol' })
    const not = await it.call('PUT', `${V2}/users/@dave:test`, { password: 'pw-dave', approved: false })

    assert.deepEqual([plain.status, plain.body.approved], [201, true])
    assert.deepEqual([not.status, not.body.approved], [201, false])
    assert.deepEqual([(await it.logIn('carol')).status, (await it.logIn('dave')).status], [200, 403])
    const { nonce } = (await it.server.call('GET', SECRET_REGISTER)).body
    const erin = { nonce, username: 'erin', password: 'pw-erin', admin: false }
    const mac = registrationMac(SECRET, { ...erin, userType: '' })
    const made = await it.server.call('POST', SECRET_REGISTER, { body: { ...erin, mac } })
    assert.equal(made.status, 200)
    assert.equal((await it.call('GET', `${V2}/users/@erin:test`)).body.approved, true)
    const bad = await it.call('PUT', `${V2}/users/@carol:test`, { approved: 'yes' })
    assert.deepEqual([bad.status, bad.body.errcode], [400, 'M_UNKNOWN'])
  })

  test('nobody waits where approval is shown and not required', async () => {
    await using it = await withAdmin(false)

    assert.equal((await it.signUp('bob')).status, 200)

    assert.equal((await it.call('GET', `${V2}/users/@bob:test`)).body.approved, true)
  })

  test('without the feature only the list has such a field, and what is said of it is not looked at', async () => {
    await using server = await accountServer({ open })
    const { token } = await server.user('admin', { admin: true })

    const put = await server.call('PUT', `${V2}/users/@bob:test`, { token, body: { approved: 'yes' } })
    const list = await server.call('GET', `${V2}/users?approved=false`, { token })

    assert.equal(put.status, 201)
    assert.ok(!('approved' in put.body))
    assert.equal(list.body.total, 2)
    assert.equal(list.body.users[0].approved, true)
  })
})
