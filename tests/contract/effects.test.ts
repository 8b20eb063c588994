/** Effects on accounts that no other test shows, as users see them. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { Client, matrixError, type Ranvier, request, serverMatrix } from '@ranvier/testkit'

const V1 = '/_synapse/admin/v1'
const CLIENT = '/_matrix/client/v3'
const enc = encodeURIComponent

serverMatrix((start) => {
  let server: Ranvier
  let admin: Client
  let pia: Client
  before(async () => {
    server = await start({
      configOverrides: {
        allow_guest_access: true,
        track_puppeted_user_ips: true,
        max_event_delay_duration: '1d',
      },
      testClock: true,
    })
    admin = await server.registerAdmin()
    pia = await server.register('pia')
  })

  test('what an erased user said is found by those who heard it, and by nobody who came later', async () => {
    const uma = await server.register('uma')
    const nell = await server.register('nell')
    const roomId = await uma.createRoom({ preset: 'public_chat' })
    await pia.join(roomId)
    const eventId = await uma.send(roomId, 'platypus')
    await nell.join(roomId)
    const found = async (by: Client) => {
      const body = { search_categories: { room_events: { search_term: 'platypus' } } }
      const answer = await by.post<{
        search_categories: { room_events: { results: { result: { event_id: string; content: object } }[] } }
      }>(`${CLIENT}/search`, body)
      return answer.search_categories.room_events.results.map(({ result }) => [
        result.event_id,
        result.content,
      ])
    }
    const heard = [[eventId, { msgtype: 'm.text', body: 'platypus' }]]
    assert.deepEqual([await found(pia), await found(nell)], [heard, heard])

    await admin.post(`${V1}/deactivate/${uma.userId}`, { erase: true })

    assert.deepEqual(await found(pia), heard)
    const late = await found(nell)
    assert.ok(!JSON.stringify(late).includes('platypus'), JSON.stringify(late))
  })

  test('who is shadow-banned hears of success when they invite an address, and no identity server is asked', async () => {
    const vic = await server.register('vic')
    const roomId = await vic.createRoom()
    const byAddress = { id_server: 'id.example.org', id_access_token: 'x', medium: 'email', address: 'a@b.c' }
    const invite = () => vic.post(`${CLIENT}/rooms/${enc(roomId)}/invite`, byAddress)
    const create = () => vic.createRoom({ invite_3pid: [byAddress] })

    // There is no such server: whoever asks it is told so.
    await assert.rejects(invite(), matrixError(502, 'M_UNKNOWN'))
    await assert.rejects(create(), matrixError(502, 'M_UNKNOWN'))
    await admin.post(`${V1}/users/${vic.userId}/shadow_ban`)
    assert.deepEqual(await invite(), {})
    const made = await create()
    const state = await vic.get<{ type: string }[]>(`${CLIENT}/rooms/${enc(made)}/state`)
    assert.ok(state.every(({ type }) => type !== 'm.room.third_party_invite'))
  })

  test('what a shadow-banned user lets wait for its time is not sent then', async () => {
    const wim = await server.register('wim')
    const roomId = await pia.createRoom({ preset: 'public_chat' })
    await wim.join(roomId)
    const wait = (by: Client, txn: string) =>
      by.put(`${CLIENT}/rooms/${enc(roomId)}/send/m.room.message/${txn}?org.matrix.msc4140.delay=60000`, {
        msgtype: 'm.text',
        body: `of ${by.userId}`,
      })
    await wait(wim, 'early')
    await admin.post(`${V1}/users/${wim.userId}/shadow_ban`)
    await wait(wim, 'late')
    await wait(pia, 'hers')

    server.advanceClock(120_000)
    await pia.sync() // the clock is looked at with each request
    const since = await pia.syncUntil(
      (answer) => JSON.stringify(answer.rooms?.join?.[roomId] ?? {}).includes(`of ${pia.userId}`),
      {},
    )

    assert.ok(since)
    const texts = (await pia.history(roomId)).map(({ content }) => content['body']).filter(Boolean)
    assert.deepEqual(texts, [`of ${pia.userId}`])
  })

  test('where puppets are tracked, whois shows them with the user', async () => {
    const xia = await server.register('xia')
    const { access_token: token } = await admin.post(`${V1}/users/${xia.userId}/login`)
    await fetch(`${server.url}${CLIENT}/account/whoami`, {
      headers: { authorization: `Bearer ${String(token)}`, 'user-agent': 'Puppeteer/1' },
    })

    const whois = JSON.stringify(await admin.get(`${V1}/whois/${xia.userId}`))

    assert.match(whois, /Puppeteer\/1/)
  })

  test('a guest who registers keeps the name, and the guest’s token ends', async () => {
    const answer = await request<{ user_id: string; access_token: string }>(
      server.url,
      'POST',
      `${CLIENT}/register`,
      {},
      { query: { kind: 'guest' } },
    )
    const localpart = answer.user_id.slice(1).split(':')[0]!
    const guest = new Client(server.url, {
      userId: answer.user_id,
      deviceId: '',
      accessToken: answer.access_token,
    })
    const wish = { username: localpart, password: 'pw', guest_access_token: answer.access_token }
    await request(server.url, 'POST', `${CLIENT}/register`, { ...wish, auth: { type: 'm.login.dummy' } })

    await assert.rejects(guest.get(`${CLIENT}/account/whoami`), matrixError(401, 'M_UNKNOWN_TOKEN'))
    assert.equal((await admin.get(`/_synapse/admin/v2/users/${answer.user_id}`))['is_guest'], false)
    assert.equal((await Client.logIn(server.url, localpart, 'pw')).userId, answer.user_id)
  })
})
