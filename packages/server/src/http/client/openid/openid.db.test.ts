import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { wiredServer } from '../../wired-server.ts'

const USERINFO = '/_matrix/federation/v1/openid/userinfo'
const requestPath = (user: string) => `/user/@${user}:test/openid/request_token`

databaseMatrix((open) => {
  test('a token tells others who a user is, for an hour, and does nothing else', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage)
    const alice = await server.register('alice')

    const { access_token, ...rest } = await server.ok(alice, 'POST', requestPath('alice'), {})

    assert.deepEqual(rest, { token_type: 'Bearer', matrix_server_name: 'test', expires_in: 3600 })
    const userinfo = () => server.call(null, 'GET', `${USERINFO}?access_token=${access_token}`)
    assert.deepEqual(await userinfo(), { status: 200, body: { sub: '@alice:test' } })
    assert.equal((await server.call(access_token, 'GET', '/account/whoami')).status, 401)
    server.clock.advance(3_600_000)
    assert.deepEqual((await userinfo()).body.errcode, 'M_UNKNOWN_TOKEN')
  })

  test('nobody gets a token for another, and none is none', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage)
    const alice = await server.register('alice')
    const guest = (await server.ok(null, 'POST', '/register?kind=guest', {})).access_token

    const cases: [answer: ReturnType<typeof server.call>, status: number, errcode: string][] = [
      [server.call(alice, 'POST', requestPath('bob'), {}), 403, 'M_FORBIDDEN'],
      [server.call(null, 'POST', requestPath('alice'), {}), 401, 'M_MISSING_TOKEN'],
      [server.call(guest, 'POST', requestPath('alice'), {}), 403, 'M_GUEST_ACCESS_FORBIDDEN'],
      [server.call(null, 'GET', USERINFO), 401, 'M_MISSING_TOKEN'],
      [server.call(null, 'GET', `${USERINFO}?access_token=nonsense`), 401, 'M_UNKNOWN_TOKEN'],
      // The access token of an account is no such token.
      [server.call(null, 'GET', `${USERINFO}?access_token=${alice}`), 401, 'M_UNKNOWN_TOKEN'],
    ]
    for (const [answer, status, errcode] of cases) {
      const { status: got, body } = await answer
      assert.deepEqual([got, body.errcode], [status, errcode])
    }
  })

  test('the tokens of an account go with it', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage)
    const alice = await server.register('alice')
    const { access_token } = await server.ok(alice, 'POST', requestPath('alice'), {})
    const auth = { type: 'm.login.password', user: 'alice', password: 'password' }
    await server.ok(alice, 'POST', '/account/deactivate', { auth })

    const { status } = await server.call(null, 'GET', `${USERINFO}?access_token=${access_token}`)

    assert.equal(status, 401)
  })
})
