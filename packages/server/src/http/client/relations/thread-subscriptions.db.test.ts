import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { requesterOf } from '../../../sync/fixture.ts'
import { enc, testServer } from '../client-data/test-server.ts'

const alice = requesterOf('alice')
const UNSTABLE = '/_matrix/client/unstable'

databaseMatrix((open) => {
  test('a thread is followed and left; what was said before does not bring it back', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    const root = await server.say(alice, roomId, 'root')
    const other = await server.say(alice, roomId, 'other')
    const reply = (to: EventId) =>
      server.say(alice, roomId, 'reply', { 'm.relates_to': { rel_type: 'm.thread', event_id: to } })
    const path = (rootId: string) =>
      `${UNSTABLE}/io.element.msc4306/rooms/${enc(roomId)}/thread/${enc(rootId)}/subscription`
    const call = async (method: 'GET' | 'PUT' | 'DELETE', body?: object, rootId: string = root) => {
      const answer = await server.call('alice', method, path(rootId), body)
      return answer.status === 200 ? answer.body : `${answer.status} ${answer.body.errcode}`
    }
    const first = await reply(root)
    const elsewhere = await reply(other)

    assert.equal(await call('GET'), '404 M_NOT_FOUND')
    assert.deepEqual(await call('DELETE'), {})
    for (const cause of [root, elsewhere])
      assert.equal(await call('PUT', { automatic: cause }), '400 IO.ELEMENT.MSC4306.M_NOT_IN_THREAD')
    assert.deepEqual(await call('PUT', { automatic: first }), {})
    assert.deepEqual(await call('GET'), { automatic: true })
    assert.deepEqual(await call('PUT', {}), {})
    assert.deepEqual(await call('GET'), { automatic: false })
    assert.deepEqual(await call('PUT', { automatic: first }), {})
    assert.deepEqual(await call('GET'), { automatic: false })

    const second = await reply(root)
    assert.deepEqual(await call('DELETE'), {})
    assert.equal(await call('GET'), '404 M_NOT_FOUND')
    for (const cause of [first, second])
      assert.equal(
        await call('PUT', { automatic: cause }),
        '409 IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION',
      )
    assert.deepEqual(await call('PUT', { automatic: await reply(root) }), {})
    assert.deepEqual(await call('GET'), { automatic: true })

    for (const method of ['GET', 'DELETE'] as const)
      assert.equal(await call(method, undefined, '$none'), '404 M_NOT_FOUND')
    assert.equal(await call('PUT', {}, '$none'), '404 M_NOT_FOUND')
    assert.equal(await call('PUT', { automatic: 'x' }), '400 M_INVALID_PARAM')
    assert.equal(await call('PUT', { automatic: 1 }), '400 M_BAD_JSON')
    const stranger = await server.call('bob', 'PUT', path(root), {})
    assert.equal(stranger.status, 404)
  })

  test('other devices hear of it in sliding sync, and page through the rest', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create(alice)
    const roots: EventId[] = []
    for (let i = 0; i < 3; i++) roots.push(await server.say(alice, roomId, `${i}`))
    const change = (method: 'PUT' | 'DELETE', root: string) =>
      server.call(
        'alice',
        method,
        `${UNSTABLE}/io.element.msc4306/rooms/${enc(roomId)}/thread/${enc(root)}/subscription`,
        method === 'PUT' ? {} : undefined,
      )
    const name = 'io.element.msc4308.thread_subscriptions'
    const sync = async (pos?: string) => {
      const query = pos === undefined ? '' : `?pos=${enc(pos)}`
      const body = { extensions: { [name]: { enabled: true, limit: 2 } } }
      const path = `${UNSTABLE}/org.matrix.simplified_msc3575/sync${query}`
      const answer = (await server.call('alice', 'POST', path, body)).body
      return { pos: answer.pos, told: answer.extensions[name] }
    }
    const page = async (query: string) =>
      (await server.call('alice', 'GET', `${UNSTABLE}/io.element.msc4308/thread_subscriptions${query}`)).body

    const nothing = await sync()
    assert.equal(nothing.told, undefined)
    await change('PUT', roots[0]!)
    const one = await sync(nothing.pos)
    const entry = one.told.subscribed[roomId][roots[0]!]
    assert.equal(entry.automatic, false)
    assert.equal(typeof entry.bump_stamp, 'number')
    assert.equal((await sync(one.pos)).told, undefined)

    for (const root of roots.slice(1)) await change('PUT', root)
    await change('DELETE', roots[0]!)
    const { told } = await sync()
    assert.deepEqual(Object.keys(told.subscribed[roomId]), [roots[2]])
    assert.deepEqual(Object.keys(told.unsubscribed[roomId]), [roots[0]])
    const rest = await page(`?from=${told.prev_batch}`)
    assert.deepEqual(Object.keys(rest.subscribed[roomId]), [roots[1]])
    assert.equal(rest.end, undefined)
    const forwards = await page('?dir=f&limit=1')
    assert.deepEqual(Object.keys(forwards.subscribed[roomId]), [roots[1]])
    const next = await page(`?dir=f&limit=1&from=${forwards.end}`)
    assert.deepEqual(Object.keys(next.subscribed[roomId]), [roots[2]])
    assert.equal((await page('?from=x')).errcode, 'M_INVALID_PARAM')
  })
})
