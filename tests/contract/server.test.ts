/** What the contract says of the server as a whole, and of every call alike. */
import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import { before, test } from 'node:test'
import { operations } from '@ranvier/admin-api/openapi/operations'
import { type Client, matrixError, type Ranvier, request, serverMatrix } from '@ranvier/testkit'

const V1 = '/_synapse/admin/v1'
const VERSION = `${V1}/server_version`
const USERS = '/_synapse/admin/v2/users'

/** What stands in a path is looked at before the body. */
const PARAMS: Readonly<Record<string, string>> = {
  userId: '@ann:ranvier.test',
  roomId: '!r:ranvier.test',
  roomIdOrAlias: '!r:ranvier.test',
}

interface Raw {
  status: number
  headers: Record<string, unknown>
  text: string
}

/** Headers go as they are written, also twice. */
function raw(url: string, method: string, headers: string[] = [], body?: string): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const host = ['Host', new URL(url).host]
    const asking = httpRequest(url, { method, headers: [...host, ...headers] }, async (answer) => {
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk as Buffer)
      resolve({ status: answer.statusCode!, headers: answer.headers, text: Buffer.concat(chunks).toString() })
      asking.destroy()
    })
    asking.on('error', reject)
    if (body === undefined) asking.end()
    else asking.write(body)
  })
}

serverMatrix((start) => {
  let server: Ranvier
  let admin: Client
  let ann: Client
  before(async () => {
    server = await start({ configOverrides: { limits: { max_event_streams: 3 } } })
    admin = await server.registerAdmin()
    ann = await server.register('ann')
  })
  const errcodeOf = ({ status, text }: Raw) => `${status} ${JSON.parse(text).errcode}`

  test('the version is told to anybody, and nothing else', async () => {
    const answer = await request(server.url, 'GET', VERSION)

    assert.deepEqual(Object.keys(answer), ['server_version'])
    assert.match(String(answer['server_version']), /\d+\.\d+/)
  })

  test('a token is taken from the header or from the query, once', async () => {
    const url = server.url + USERS
    const bearer = `Bearer ${admin.accessToken}`
    const ask = async (headers: string[], query = '') => (await raw(url + query, 'GET', headers)).status

    assert.equal(await ask(['aUTHORIZATION', bearer]), 200, 'the name of a header in any case')
    assert.equal(await ask([], `?access_token=${admin.accessToken}`), 200)
    for (const [headers, query] of [
      [['Authorization', `bearer ${admin.accessToken}`], ''],
      [['Authorization', bearer, 'Authorization', bearer], ''],
      [['Authorization', `${bearer} ${admin.accessToken}`], ''],
      [['Authorization', bearer], `?access_token=${admin.accessToken}`],
      [[], `?access_token=${admin.accessToken}&access_token=${admin.accessToken}`],
    ] as const)
      assert.equal(errcodeOf(await raw(url + query, 'GET', [...headers])), '401 M_MISSING_TOKEN', query)
    const notAdmin = JSON.parse((await raw(url, 'GET', ['Authorization', `Bearer ${ann.accessToken}`])).text)
    assert.equal(notAdmin.error, 'You are not a server admin')
  })

  test('whose token has ended is told whether to log in again', async () => {
    const ask = async (token: string) =>
      JSON.parse((await raw(server.url + USERS, 'GET', ['Authorization', `Bearer ${token}`])).text)
    const { access_token: ended } = await admin.post(`${V1}/users/${ann.userId}/login`, { valid_until_ms: 1 })
    const locked = await server.register('locked')
    await admin.put(`${USERS}/${locked.userId}`, { locked: true })
    const gone = await server.register('gone')
    await admin.post(`${V1}/deactivate/${gone.userId}`)

    for (const [token, errcode, softLogout] of [
      ['syt_never', 'M_UNKNOWN_TOKEN', false],
      [gone.accessToken, 'M_UNKNOWN_TOKEN', false],
      [String(ended), 'M_UNKNOWN_TOKEN', true],
      [locked.accessToken, 'M_USER_LOCKED', true],
    ] as const) {
      const body = await ask(token)
      assert.deepEqual([body.errcode, body.soft_logout], [errcode, softLogout])
    }
  })

  test('paths are found by any method there is, raw or encoded, and others are not', async () => {
    const bearer = ['Authorization', `Bearer ${admin.accessToken}`]
    const ask = (method: string, path: string) => raw(server.url + path, method, bearer)

    assert.equal(errcodeOf(await ask('GET', `${V1}/nothing`)), '404 M_UNRECOGNIZED')
    assert.equal(errcodeOf(await ask('PATCH', USERS)), '405 M_UNRECOGNIZED')
    assert.equal(errcodeOf(await ask('POST', `${V1}/delete_group/+g:ranvier.test`)), '404 M_UNRECOGNIZED')
    for (const old of ['/_matrix/client/r0/admin/users/x', `${V1}/users/${ann.userId}`, `${V1}/purge_room`])
      assert.equal(errcodeOf(await ask('GET', old)), '404 M_UNRECOGNIZED', old)
    const head = await ask('HEAD', VERSION)
    assert.deepEqual([head.status, head.text], [200, ''])
    for (const id of [ann.userId, encodeURIComponent(ann.userId), ann.userId.replace(':', '%3a')])
      assert.equal(JSON.parse((await ask('GET', `${USERS}/${id}`)).text).name, ann.userId)
    const preflight = await raw(server.url + USERS, 'OPTIONS')
    assert.equal(preflight.status, 204)
    for (const answer of [preflight, head, await ask('GET', `${V1}/nothing`)])
      assert.equal(answer.headers['access-control-allow-origin'], '*')
  })

  test('parameters are read as they always were', async () => {
    const total = async (query: string) => (await admin.get<{ total: number }>(`${USERS}?${query}`)).total
    const everybody = await total('')

    assert.equal(await total('from=%2B0&limit=%201_0%20'), everybody, 'a sign, blanks and an underscore')
    assert.equal(await total('name=ann&name=nobody'), 1, 'of two the first counts')
    assert.equal(await total('colour=green&%20=1'), everybody, 'unknown ones are passed over')
    const kept = await admin.put(`${USERS}/${ann.userId}`, { colour: 'green' })
    assert.equal(kept['name'], ann.userId, 'and unknown members')
    const page = await admin.get(`${USERS}?limit=0`)
    assert.deepEqual(page, { users: [], total: everybody, next_token: '0' })
  })

  test('a body that is too large is refused before it is sent', async () => {
    const withBody = Object.entries(operations).filter(([, operation]) => 'body' in operation)
    assert.ok(withBody.length > 30)
    for (const [id, { method, path }] of withBody) {
      const target = server.url + path.replace(/:(\w+)/g, (_, name: string) => PARAMS[name] ?? 'x')
      const answer = await raw(
        target,
        method,
        ['Authorization', `Bearer ${admin.accessToken}`, 'Content-Length', '1000000000'],
        '{',
      )
      assert.equal(errcodeOf(answer), '413 M_TOO_LARGE', id)
    }
  })

  test('of notices that cannot be sent it is told first what is missing', async () => {
    const path = `${V1}/send_server_notice`
    const content = { msgtype: 'm.text', body: 'x' }

    await assert.rejects(admin.post(path, { content }), matrixError(400, 'M_MISSING_PARAM'))
    // Notices are off here: that comes before anything about the user.
    const unknown = { user_id: `@nobody:${server.serverName}`, content }
    await assert.rejects(admin.post(path, unknown), matrixError(400, 'M_UNKNOWN'))
  })

  test('only so many listen to events at once', async () => {
    const listening = new AbortController()
    const headers = { authorization: `Bearer ${admin.accessToken}` }
    const listen = () =>
      fetch(`${server.url}/_ranvier/admin/v1/events`, { headers, signal: listening.signal })
    try {
      for (let i = 0; i < 3; i++) assert.equal((await listen()).status, 200)
      const refused = await listen()
      assert.equal(
        `${refused.status} ${((await refused.json()) as { errcode: string }).errcode}`,
        '429 M_LIMIT_EXCEEDED',
      )
    } finally {
      listening.abort()
    }
  })

  test('background updates go on after a restart', async () => {
    const path = `${V1}/background_updates/enabled`
    assert.deepEqual(await admin.post(path, { enabled: false }), { enabled: false })
    await server.restart()

    assert.deepEqual(await admin.get(path), { enabled: true })
  })
})
