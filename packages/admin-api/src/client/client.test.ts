import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from '../openapi/operations.ts'
import type { UserDetails } from '../users.ts'
import { AdminApiError, createAdminClient } from './client.ts'

/** A `fetch` that keeps what it is asked for and gives every time the same answer. */
function listening(answer: unknown, status = 200) {
  const requests: { url: string; method: string; headers: Headers; body: unknown; signal?: AbortSignal }[] =
    []
  const listen: typeof fetch = async (url, init = {}) => {
    requests.push({
      url: String(url),
      method: init.method ?? 'GET',
      headers: new Headers(init.headers),
      body: init.body,
      ...(init.signal && { signal: init.signal }),
    })
    return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer), { status })
  }
  return { requests, fetch: listen }
}

test('there is a method for every operation', () => {
  const client = createAdminClient({ baseUrl: 'https://example.org' })

  assert.deepEqual(Object.keys(client).toSorted(), Object.keys(operations).toSorted())
})

test('ids are encoded, the token is a header, the body is JSON', async () => {
  const { requests, fetch } = listening({ id_server_unbind_result: 'success' })
  const client = createAdminClient({ baseUrl: 'https://example.org/matrix/', token: 't', fetch })

  const answer = await client.deactivateUser({ userId: '@a/b:example.org', body: { erase: true } })

  assert.equal(answer.id_server_unbind_result, 'success')
  const [{ url, method, headers, body }] = requests as [(typeof requests)[0]]
  assert.equal(url, 'https://example.org/matrix/_synapse/admin/v1/deactivate/%40a%2Fb%3Aexample.org')
  assert.equal(method, 'POST')
  assert.equal(headers.get('authorization'), 'Bearer t')
  assert.equal(headers.get('content-type'), 'application/json')
  assert.equal(body, '{"erase":true}')
})

test('lists in a query are repeated, and what is undefined is left out', async () => {
  const { requests, fetch } = listening({ users: [], total: 0 })
  const client = createAdminClient({ baseUrl: 'https://example.org', token: () => undefined, fetch })

  const { users } = await client.listUsers({
    query: { not_user_type: ['bot', ''], guests: false, limit: 0, name: undefined },
  })
  await client.listUsers()

  assert.deepEqual(users satisfies { name: string; creation_ts: number }[], [])
  assert.deepEqual(
    requests.map(({ url }) => new URL(url).search),
    ['?not_user_type=bot&not_user_type=&guests=false&limit=0', ''],
  )
  assert.equal(requests[0]!.headers.get('authorization'), null)
  assert.equal(requests[0]!.body, undefined)
})

test('a signal reaches the request', async () => {
  const { requests, fetch } = listening({ nonce: 'n' })
  const { signal } = new AbortController()

  await createAdminClient({ baseUrl: 'https://example.org', fetch }).getRegisterNonce({}, { signal })

  assert.equal(requests[0]!.signal, signal)
})

test('errors say the status, the errcode and what came with it', async () => {
  const { fetch } = listening({ errcode: 'M_LIMIT_EXCEEDED', error: 'Slower', retry_after_ms: 5 }, 429)
  const client = createAdminClient({ baseUrl: 'https://example.org', fetch })

  await assert.rejects(client.getUser({ userId: '@a:example.org' }), (error) => {
    assert.ok(error instanceof AdminApiError)
    assert.deepEqual([error.status, error.errcode], [429, 'M_LIMIT_EXCEEDED'])
    assert.deepEqual(error.fields, { retry_after_ms: 5 })
    assert.match(error.message, /^GET \S+ 429 M_LIMIT_EXCEEDED Slower$/)
    return true
  })
})

test('an answer of something on the way is an error without an errcode', async () => {
  const { fetch } = listening('<html>Bad gateway</html>', 502)
  const client = createAdminClient({ baseUrl: 'https://example.org', fetch })

  await assert.rejects(client.getServerVersion(), { name: 'AdminApiError', status: 502, errcode: undefined })
})

test('what the types promise, the compiler holds', () => {
  const client = createAdminClient({ baseUrl: 'https://example.org' })
  // Never called: it is enough that it compiles, and that what must not compile does not.
  const calls = async () => {
    const user = await client.getUser({ userId: '@a:b' })
    user satisfies UserDetails
    await client.putUser({ userId: '@a:b', body: { threepids: [{ medium: 'email', address: 'a@b' }] } })
    await client.countSentInvites({ userId: '@a:b', query: { from_ts: 0 } })
    await client.loginAsUser({ userId: '@a:b' })
    // @ts-expect-error the path has a user id
    await client.getUser({})
    // @ts-expect-error it is needed
    await client.getUser()
    // @ts-expect-error `suspend` is required
    await client.suspendUser({ userId: '@a:b', body: {} })
    // @ts-expect-error the body is required
    await client.suspendUser({ userId: '@a:b' })
    // @ts-expect-error `from_ts` is required
    await client.countSentInvites({ userId: '@a:b' })
    // @ts-expect-error not an order
    await client.listUsers({ query: { order_by: 'age' } })
    // @ts-expect-error not a number
    await client.listUsers({ query: { limit: '10' } })
  }
  assert.equal(typeof calls, 'function')
})
