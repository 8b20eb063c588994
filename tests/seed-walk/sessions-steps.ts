import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client, type ClientEvent, matrixError, type SyncResponse } from '@ranvier/testkit'
import { steps } from './accounts-steps.ts'
import { assertRecentMs, WAYS, type Walk } from './walk.ts'

const V1 = '/_synapse/admin/v1'
const V2 = '/_synapse/admin/v2'
const CLIENT = '/_matrix/client/v3'

export function whoisSteps(walk: () => Walk): void {
  test('Query current sessions for a user', async () => {
    const { id, get } = steps(walk())
    const person = await walk().person('whois')
    await person.get(`${CLIENT}/account/whoami`)

    const answer = await get(`${V1}/whois/${id('whois')}`)

    assert.equal(answer.user_id, id('whois'))
    const { sessions } = answer.devices['']
    const [connection] = sessions[0].connections
    assert.equal(connection.ip, '127.0.0.1')
    assertRecentMs(connection.last_seen)
    assert.equal(typeof connection.user_agent, 'string')
    assert.deepEqual(await get(`/_matrix/client/r0/admin/whois/${id('whois')}`), answer)
  })
}

/** Somebody with all that deactivation is to take away, and to leave. */
async function settled(walk: Walk, name: string) {
  const { admin, id } = steps(walk)
  const friend = await walk.person(`${name}-friend`)
  const person = await walk.person(name, {
    displayname: 'Leaver',
    avatar_url: 'mxc://ranvier.test/leaver',
    threepids: [{ medium: 'email', address: `${name}@example.org` }],
    external_ids: [{ auth_provider: 'sso', external_id: name }],
  })
  const userId = id(name)
  const roomId = await friend.createRoom({ preset: 'public_chat' })
  await person.join(roomId)
  const eventId = await person.send(roomId, 'what I said')
  const invitedTo = await friend.createRoom({ preset: 'private_chat' })
  await friend.invite(invitedTo, userId)
  await person.post(`${CLIENT}/pushers/set`, pusher(name))
  await person.post(`${CLIENT}/keys/upload`, { device_keys: deviceKeys(person) })
  await upload(person, 'kept.png')
  await admin.post(`${V1}/users/${userId}/override_ratelimit`, { messages_per_second: 5, burst_count: 6 })
  const { next_batch: since } = await friend.sync()
  return { friend, person, userId, roomId, eventId, invitedTo, since }
}

export function deactivateSteps(walk: () => Walk): void {
  for (const { title, name, way, body, erase } of [
    { title: 'erase', name: 'erase', way: 'header', body: { erase: true }, erase: true },
    { title: 'erase, token in the query', name: 'erase-q', way: 'query', body: { erase: true }, erase: true },
    { title: 'defaults to false', name: 'keep', way: 'header', body: {}, erase: false },
    { title: 'an empty body', name: 'keep-q', way: 'query', body: undefined, erase: false },
  ] as const) {
    test(`Deactivate Account: ${title}`, async () => {
      const { server, compat, flag, ok, get } = steps(walk())
      const { friend, person, userId, roomId, eventId, invitedTo, since } = await settled(walk(), name)
      const before = await get(`${V2}/users/${userId}`)
      await friend.post(`${CLIENT}/user_directory/search`, { search_term: name })

      await ok(way, 'POST', `${V1}/deactivate/${userId}`, body)

      // The actions that are performed…
      const user = await get(`${V2}/users/${userId}`)
      assert.equal(user.deactivated, flag(true))
      assert.deepEqual(user.threepids, [], 'third-party ids are removed')
      assert.equal((await get(`${V2}/users/${userId}/devices`)).total, 0, 'devices are deleted')
      await assert.rejects(person.sync(), matrixError(401, 'M_UNKNOWN_TOKEN'), 'tokens are deleted')
      assert.equal((await get(`${V1}/users/${userId}/pushers`)).total, 0, 'pushers are deleted')
      if (compat === '2021') assert.equal(user.password_hash, null, 'the password hash is deleted')
      await assert.rejects(Client.logIn(server.url, name), matrixError(403, 'M_FORBIDDEN'))
      const keys = await friend.post(`${CLIENT}/keys/query`, { device_keys: { [userId]: [] } })
      assert.deepEqual((keys['device_keys'] as Record<string, object>)[userId] ?? {}, {}, 'keys are deleted')
      const left = new Set<string>()
      await friend.syncUntil(
        (answer) => {
          for (const room of [roomId, invitedTo]) if (hasLeft(answer, room, userId)) left.add(room)
          return left.size === 2 // rooms are left and invitations rejected in the background
        },
        { since },
      )
      assert.deepEqual((await get(`${V1}/users/${userId}/joined_rooms`)).joined_rooms, [])
      const directory = await friend.post(`${CLIENT}/user_directory/search`, { search_term: name })
      const found = (directory['results'] as { user_id: string }[]).map((result) => result.user_id)
      assert.equal(found.includes(userId), false, 'the user directory forgets the user')

      // …with `erase` in addition…
      assert.equal(user.displayname, erase ? null : 'Leaver')
      assert.equal(user.avatar_url, erase ? null : 'mxc://ranvier.test/leaver')
      assert.equal(user.erased, erase)
      assert.equal((await friend.event(roomId, eventId)).content['body'], 'what I said', 'for who was there')
      const late = await walk().person(`${name}-late`)
      await late.join(roomId)
      const seen = (await late.history(roomId)).find((event: ClientEvent) => event.event_id === eventId)
      assert.deepEqual(
        seen?.content,
        erase ? {} : { msgtype: 'm.text', body: 'what I said' },
        'for who joins later',
      )

      // …and those that are not.
      assert.deepEqual(user.external_ids, before.external_ids)
      assert.equal(user.creation_ts, before.creation_ts)
      assert.equal((await get(`${V1}/users/${userId}/media`)).total, 1)
      const limit = await get(`${V1}/users/${userId}/override_ratelimit`)
      assert.deepEqual(limit, { messages_per_second: 5, burst_count: 6 })
    })
  }
}

export function passwordSteps(walk: () => Walk): void {
  test('Reset password', async () => {
    const { server, id, ok } = steps(walk())
    for (const way of WAYS) {
      const name = `reset-${way}`
      const path = `${V1}/reset_password/${id(name)}`
      const session = await walk().person(name)

      assert.deepEqual(await ok(way, 'POST', path, { new_password: 'secret', logout_devices: true }), {})

      await assert.rejects(session.sync(), matrixError(401, 'M_UNKNOWN_TOKEN'))
      await assert.rejects(Client.logIn(server.url, name), matrixError(403, 'M_FORBIDDEN'))
      const again = await Client.logIn(server.url, name, 'secret')
      await ok(way, 'POST', path, { new_password: 'secret2', logout_devices: false })
      await again.sync()
      await ok(way, 'POST', path, { new_password: 'secret3' })
      await assert.rejects(
        again.sync(),
        matrixError(401, 'M_UNKNOWN_TOKEN'),
        'logout_devices is true by default',
      )
      await walk().refused(400, 'M_MISSING_PARAM', 'POST', path, { logout_devices: true })
    }
  })
}

export function adminFlagSteps(walk: () => Walk): void {
  test('Get whether a user is a server administrator or not', async () => {
    const { id, get } = steps(walk())
    await walk().person('flag-no')
    await walk().person('flag-yes', { admin: true })

    assert.deepEqual(await get(`${V1}/users/${id('flag-no')}/admin`), { admin: false })
    assert.deepEqual(await get(`${V1}/users/${id('flag-yes')}/admin`), { admin: true })
  })

  test('Change whether a user is a server administrator or not', async () => {
    const { admin, id, ok } = steps(walk())
    for (const way of WAYS) {
      const person = await walk().person(`change-${way}`)
      const path = `${V1}/users/${id(`change-${way}`)}/admin`

      await ok(way, 'PUT', path, { admin: true })
      assert.deepEqual(await person.get(path), { admin: true }, 'it works at once')
      await ok(way, 'PUT', path, { admin: false })
      await assert.rejects(person.get(path), matrixError(403, 'M_FORBIDDEN'))
    }
    // "Note that you cannot demote yourself."
    await walk().refused(400, 'M_UNKNOWN', 'PUT', `${V1}/users/${admin.userId}/admin`, { admin: false })
  })
}

export function joinedRoomsSteps(walk: () => Walk): void {
  test('List room memberships of a user', async () => {
    const { id, get } = steps(walk())
    const person = await walk().person('rooms')
    const rooms = [await person.createRoom(), await person.createRoom()]
    await person.leave(await person.createRoom())

    const answer = await get(`${V1}/users/${id('rooms')}/joined_rooms`)

    assert.deepEqual(answer.joined_rooms.toSorted(), rooms.toSorted())
    assert.equal(answer.total, 2)
  })
}

/** What the page shows of a pusher, set by a client. */
export function pusher(pushkey: string) {
  return {
    app_display_name: 'HTTP Push Notifications',
    app_id: 'm.http',
    data: { url: 'https://push.example.com/_matrix/push/v1/notify' },
    device_display_name: 'pushy push',
    kind: 'http',
    lang: 'None',
    profile_tag: '',
    pushkey,
  }
}

/** 67 bytes: a transparent dot. */
export const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
  'base64',
)

/** Uploads a picture; its media id. */
export async function upload(by: Client, fileName: string): Promise<string> {
  const answer = await fetch(`${by.url}/_matrix/media/v3/upload?filename=${fileName}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${by.accessToken}`, 'content-type': 'image/png' },
    body: PNG,
  })
  const { content_uri: uri } = (await answer.json()) as { content_uri: string }
  return uri.split('/').at(-1)!
}

function deviceKeys({ userId, deviceId }: Client) {
  return {
    user_id: userId,
    device_id: deviceId,
    algorithms: ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'],
    keys: { [`curve25519:${deviceId}`]: 'A'.repeat(43), [`ed25519:${deviceId}`]: 'B'.repeat(43) },
    signatures: { [userId]: { [`ed25519:${deviceId}`]: 'C'.repeat(86) } },
  }
}

function hasLeft(answer: SyncResponse, roomId: string, userId: string): boolean {
  const room = answer.rooms?.join?.[roomId]
  const events = [...(room?.state?.events ?? []), ...(room?.timeline?.events ?? [])]
  return events.some(
    ({ type, state_key, content }) =>
      type === 'm.room.member' && state_key === userId && content['membership'] === 'leave',
  )
}
