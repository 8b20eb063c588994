import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import {
  crossSigningSet,
  deviceKeysOf,
  type KeyOwner,
  keyServer,
  namedKey,
  oneTimeKeys,
} from './keys-fixture.ts'

const PATH = '/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device'
const DATA = { algorithm: 'org.matrix.msc3814.v2', device_pickle: 'secret', nonce: '0' }

/** The device as if its owner were logged in on it: to sign its keys. */
const dehydrated = (owner: KeyOwner, deviceId: string): KeyOwner => ({
  ...owner,
  deviceId,
  signing: namedKey(deviceId),
})

function bodyOf(device: KeyOwner) {
  return {
    device_id: device.deviceId,
    device_data: DATA,
    initial_device_display_name: 'Dehydrated device',
    device_keys: deviceKeysOf(device, { dehydrated: true }),
    one_time_keys: oneTimeKeys(device, 'a'),
    fallback_keys: oneTimeKeys(device, 'fallback'),
  }
}

databaseMatrix((open) => {
  const start = async () => {
    const storage = await open()
    const server = await keyServer(storage)
    const [alice, bob] = [await server.user('alice'), await server.user('bob')]
    let txn = 0
    return {
      ...server,
      alice,
      bob,
      send: (deviceId: string, count: number) =>
        server.ok(bob, 'PUT', `/sendToDevice/m.test/${txn++}`, {
          messages: { [alice.userId]: { [deviceId]: { count } } },
        }),
      keysOfAlice: async () =>
        (await server.ok(bob, 'POST', '/keys/query', { device_keys: { [alice.userId]: [] } })).device_keys[
          alice.userId
        ],
      async [Symbol.asyncDispose]() {
        await server[Symbol.asyncDispose]()
        await storage[Symbol.asyncDispose]()
      },
    }
  }

  test('others encrypt for a dehydrated device, and its owner reads what came, in pages', async () => {
    await using server = await start()
    const { alice, bob, ok } = server
    const device = dehydrated(alice, 'dehydrated+device/id')
    const before = await server.listPosition()

    assert.deepEqual(await ok(alice, 'PUT', PATH, bodyOf(device)), { device_id: device.deviceId })

    assert.deepEqual(await ok(alice, 'GET', PATH), { device_id: device.deviceId, device_data: DATA })
    assert.deepEqual(await server.storage.read.devices.changedAmong([alice.userId], before), [alice.userId])
    const keys = (await server.keysOfAlice())[device.deviceId]
    assert.equal(keys.dehydrated, true)
    assert.deepEqual(keys.unsigned, { device_display_name: 'Dehydrated device' })
    const claim = { one_time_keys: { [alice.userId]: { [device.deviceId]: 'signed_curve25519' } } }
    for (const id of ['a', 'fallback', 'fallback']) {
      const { one_time_keys } = await ok(bob, 'POST', '/keys/claim', claim)
      assert.deepEqual(Object.keys(one_time_keys[alice.userId][device.deviceId]), [`signed_curve25519:${id}`])
    }

    for (let i = 0; i < 5; i++) await server.send(i === 2 ? '*' : device.deviceId, i)
    const events = `${PATH}/${encodeURIComponent(device.deviceId)}/events`
    const counts = (page: { events: { content: { count: number } }[] }) =>
      page.events.map((e) => e.content.count)
    const first = await ok(alice, 'POST', `${events}?limit=3`, {})
    const second = await ok(alice, 'POST', `${events}?limit=3`, { next_batch: first.next_batch })
    const last = await ok(alice, 'POST', events, { next_batch: second.next_batch })
    assert.deepEqual([first, second, last].map(counts), [[0, 1, 2], [3, 4], []])
    assert.equal(last.next_batch, second.next_batch)
    assert.deepEqual(first.events[0], { content: { count: 0 }, sender: bob.userId, type: 'm.test' })
    // Whoever was interrupted begins again. The other way of asking ends with an answer that has no token.
    const again = await ok(alice, 'GET', `${events}?limit=4`)
    const rest = await ok(alice, 'GET', `${events}?limit=4&from=${again.next_batch}`)
    assert.deepEqual([again, rest].map(counts), [[0, 1, 2, 3], [4]])
    assert.equal(rest.next_batch, undefined)
  })

  test('there is one at most: a new one takes the place of the old with its keys and messages', async () => {
    await using server = await start()
    const { alice, ok, call } = server
    const [old, fresh] = [dehydrated(alice, 'OLD'), dehydrated(alice, 'FRESH')]
    await ok(alice, 'PUT', PATH, bodyOf(old))
    await server.send('OLD', 1)

    await ok(alice, 'PUT', PATH, bodyOf(fresh))

    assert.deepEqual(Object.keys(await server.keysOfAlice()), ['FRESH'])
    assert.equal((await call(alice, 'GET', '/devices/OLD')).status, 404)
    const refused = await call(alice, 'POST', `${PATH}/OLD/events`, {})
    assert.deepEqual([refused.status, refused.body.errcode], [403, 'M_FORBIDDEN'])
    // The same id again is a new device too.
    await server.send('FRESH', 2)
    await ok(alice, 'PUT', PATH, bodyOf(fresh))
    assert.deepEqual((await ok(alice, 'POST', `${PATH}/FRESH/events`, {})).events, [])
  })

  test('it goes when it is deleted as itself or as a device, and with all others', async () => {
    await using server = await start()
    const { alice, ok, call } = server
    const device = dehydrated(alice, 'D')
    const isGone = async () => {
      const { status, body } = await call(alice, 'GET', PATH)
      assert.deepEqual([status, body.errcode], [404, 'M_NOT_FOUND'])
      assert.deepEqual(await server.keysOfAlice(), {})
      assert.equal((await call(alice, 'POST', `${PATH}/D/events`, {})).status, 403)
    }
    await isGone()
    assert.equal((await call(alice, 'DELETE', PATH)).status, 404)

    await ok(alice, 'PUT', PATH, bodyOf(device))
    assert.deepEqual(await ok(alice, 'DELETE', PATH, {}), { device_id: 'D' })
    await isGone()
    await ok(alice, 'PUT', PATH, bodyOf(device))
    await server.accounts.devices.delete(alice.userId, ['D'])
    await isGone()
    await ok(alice, 'PUT', PATH, bodyOf(device))
    await server.accounts.deactivate(alice.userId, { erase: false })
    assert.equal(await server.storage.read.dehydratedDevices.find(alice.userId), undefined)
  })

  test('what is no device, or takes the place of another key, is refused and changes nothing', async () => {
    await using server = await start()
    const { alice, bob, ok, call } = server
    const good = bodyOf(dehydrated(alice, 'D'))
    const { body: crossSigning, master } = crossSigningSet(alice)
    await ok(alice, 'POST', '/keys/device_signing/upload', crossSigning)
    await ok(alice, 'PUT', PATH, good)
    const refusals: [object | string, number, string][] = [
      ['[]', 400, 'M_BAD_JSON'],
      [{}, 400, 'M_MISSING_PARAM'],
      [{ ...good, device_keys: undefined }, 400, 'M_MISSING_PARAM'],
      [{ ...good, device_data: 'x' }, 400, 'M_BAD_JSON'],
      [{ ...good, device_data: {} }, 400, 'M_MISSING_PARAM'],
      [{ ...good, device_data: { ...DATA, device_pickle: 'x'.repeat(65_537) } }, 413, 'M_TOO_LARGE'],
      [{ ...good, device_id: '' }, 400, 'M_INVALID_PARAM'],
      [{ ...good, device_id: 'x'.repeat(1_000) }, 400, 'M_INVALID_PARAM'],
      [{ ...good, device_id: 'a\0b' }, 400, 'M_INVALID_PARAM'],
      [{ ...good, initial_device_display_name: 'x'.repeat(101) }, 400, 'M_TOO_LARGE'],
      [{ ...good, device_id: 'OTHER' }, 400, 'M_INVALID_PARAM'],
      [{ ...good, device_keys: deviceKeysOf(bob) }, 400, 'M_INVALID_PARAM'],
      [bodyOf(alice), 400, 'M_INVALID_PARAM'],
      [bodyOf(dehydrated(alice, master.publicKey)), 400, 'M_INVALID_PARAM'],
      [{ ...good, one_time_keys: { nocolon: 'k' } }, 400, 'M_INVALID_PARAM'],
    ]
    for (const [body, status, errcode] of refusals) {
      const answer = await call(alice, 'PUT', PATH, body)
      assert.deepEqual(
        [answer.status, answer.body.errcode],
        [status, errcode],
        JSON.stringify(body).slice(0, 300),
      )
    }
    for (const token of ['', 'd', 's1', 'd-1', 'd9999999999999999', '%00']) {
      const answer = await call(alice, 'GET', `${PATH}/D/events?from=${token}`)
      assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_INVALID_PARAM'], token)
    }
    assert.equal((await call(alice, 'POST', `${PATH}/D/events`, { next_batch: 1 })).status, 400)
    assert.equal((await call(bob, 'POST', `${PATH}/D/events`, {})).status, 403)
    assert.deepEqual(await ok(alice, 'GET', PATH), { device_id: 'D', device_data: DATA })
  })
})
