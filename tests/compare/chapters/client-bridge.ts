import { eventually, makeRoom, OPEN } from '../cast.ts'
import type { Chapter } from '../chapter.ts'
import type { Told } from '../outside.ts'
import { C, enc } from '../paths.ts'
import type { Ask, Side } from '../side.ts'

const PING = '/_matrix/client/v1/appservice'
const WARM = 'warm'

/** A bridge: what it may do, and what it is told. */
export const clientBridge: Chapter = {
  name: 'client-bridge',
  about: 'an application service: ping, its users, aliases and networks, what it is asked and told',
  async run(side) {
    await side.register('bob')
    await ping(side)
    await users(side)
    await lookups(side)
    await networks(side)
    await transactions(side)
  },
}

/** Asks as the bridge. */
function asBridge(
  side: Side,
  to: string,
  body?: unknown,
  { token = 'compare-as-token', order = false } = {},
) {
  const ask: Ask = { to, as: null, body, order, headers: { authorization: `Bearer ${token}` } }
  const said = body === undefined ? '' : ` ${side.names.text(JSON.stringify(body))}`
  return side.compare(
    ask,
    `${side.names.text(to)} as the bridge${token.startsWith('compare') ? '' : ` (${token})`}${said}`,
  )
}

async function ping(side: Side): Promise<void> {
  // Synapse may have connections from another run, which it finds closed.
  const headers = { authorization: 'Bearer compare-as-token' }
  for (let i = 0; i < 4; i++)
    await side.ask({ to: `POST ${PING}/compare/ping`, as: null, headers, body: { transaction_id: WARM } })
  for (const body of [
    {},
    { transaction_id: 'mine' },
    { transaction_id: 3 },
    { transaction_id: null },
    { other: 1 },
  ])
    await asBridge(side, `POST ${PING}/compare/ping`, body)
  await asBridge(side, `POST ${PING}/compare/ping`)
  await asBridge(side, `POST /_matrix/client/unstable/fi.mau.msc2659/appservice/compare/ping`, {})
  await asBridge(side, `POST ${PING}/none/ping`, {})
  await asBridge(side, `POST ${PING}/compare/ping`, {}, { token: 'none' })
  await side.by('bob', `POST ${PING}/compare/ping`, {})
  await side.by(null, `POST ${PING}/compare/ping`, {})
  await side.by(null, `POST ${PING}/none/ping`, {})
  await asBridge(side, `GET ${PING}/compare/ping`)
}

async function users(side: Side): Promise<void> {
  const name = `_cmp_${side.prefix}ghost`
  const ghost = `@${name}:${side.serverName}`
  const type = 'm.login.application_service'
  for (const body of [
    { type, username: `${side.prefix}none-of-its` },
    { type, username: '' },
    { type, username: 3 },
    { type },
    { type, username: name },
    { type, username: name },
    { type, username: `${name}2`, inhibit_login: true },
    { type, username: `${name}3`, device_id: 'D', initial_device_display_name: 'bridged' },
    { username: `${name}4` },
  ])
    await asBridge(side, `POST ${C}/register`, body)
  await asBridge(side, `POST ${C}/register`, { type, username: `${name}5` }, { token: 'none' })
  await side.by(null, `POST ${C}/register`, { type, username: `${name}6` })
  await side.by(null, `POST ${C}/register`, {
    username: `${name}7`,
    password: 'pw',
    auth: { type: 'm.login.dummy' },
  })
  await side.by(null, `GET ${C}/register/available?username=${name}8`)
  for (const query of [
    '',
    `?user_id=${enc(ghost)}`,
    `?user_id=${enc(ghost)}&device_id=NONE`,
    `?user_id=${enc(side.id('bob'))}`,
    `?user_id=${enc(`@_cmp_nobody:${side.serverName}`)}`,
    '?user_id=x',
    '?user_id=',
    `?user_id=${enc('@_cmp_x:elsewhere')}`,
  ])
    await asBridge(side, `GET ${C}/account/whoami${query}`)
  for (const identifier of [
    { type: 'm.id.user', user: ghost },
    { type: 'm.id.user', user: side.id('bob') },
    { type: 'm.id.user', user: `${name}9` },
  ])
    await asBridge(side, `POST ${C}/login`, { type, identifier, device_id: 'L' })
  await side.by(null, `POST ${C}/login`, { type, identifier: { type: 'm.id.user', user: ghost } })
  await side.by('bob', `POST ${C}/login`, { type, identifier: { type: 'm.id.user', user: ghost } })
  await asBridge(side, `PUT ${C}/profile/${enc(ghost)}/displayname?user_id=${enc(ghost)}`, {
    displayname: 'Ghost',
  })
  await asBridge(side, `PUT ${C}/profile/${enc(ghost)}/displayname`, { displayname: 'Ghost' })
  const room = await makeRoom(side, 'bridged', OPEN)
  const own = `user_id=${enc(ghost)}`
  await asBridge(side, `POST ${C}/join/${enc(room)}?${own}`, {})
  const sent = await asBridge(
    side,
    `PUT ${C}/rooms/${enc(room)}/send/m.room.message/b1?${own}&ts=1500000000000`,
    {
      msgtype: 'm.text',
      body: 'long ago',
    },
  )
  side.names.set('long ago', sent.body.event_id)
  const old = await side.ask({
    to: `GET ${C}/rooms/${enc(room)}/event/${enc(sent.body.event_id)}`,
    as: 'bob',
  })
  side.note('a time that the bridge gives', old.body.origin_server_ts === 1_500_000_000_000)
  await side.by('bob', `GET ${C}/rooms/${enc(room)}/event/${enc(sent.body.event_id)}`)
  for (const ts of ['x', '-1', ''])
    await asBridge(side, `PUT ${C}/rooms/${enc(room)}/send/m.room.message/b${ts}?${own}&ts=${ts}`, {
      msgtype: 'm.text',
      body: 'x',
    })
  await side.by('bob', `PUT ${C}/rooms/${enc(room)}/send/m.room.message/ts?ts=1500000000000`, {
    msgtype: 'm.text',
    body: 'mine',
  })
  const { body } = await side.ask({ to: `GET ${C}/rooms/${enc(room)}/messages?dir=b&limit=1`, as: 'bob' })
  side.note('a time that a user gives', body.chunk[0].origin_server_ts > 1_600_000_000_000)
  await asBridge(side, `GET ${C}/sync?${own}&timeout=0`)
  await asBridge(side, `GET ${C}/devices?${own}`, undefined, { order: true })
  const key = { 'signed_curve25519:A': { key: 'a', signatures: {} } }
  await asBridge(side, `PUT ${C}/devices/MADE?${own}`, { display_name: 'made by the bridge' })
  await asBridge(side, `POST ${C}/keys/upload?${own}&device_id=MADE`, { one_time_keys: key })
  await asBridge(side, `PUT ${C}/directory/list/appservice/network/${enc(room)}`, { visibility: 'public' })
  await asBridge(side, `PUT ${C}/directory/list/appservice/network/${enc(room)}`, { visibility: 'x' })
  await asBridge(side, `DELETE ${C}/directory/list/appservice/network/${enc(room)}`)
  await side.by('bob', `PUT ${C}/directory/list/appservice/network/${enc(room)}`, { visibility: 'public' })
}

async function lookups(side: Side): Promise<void> {
  const room = await makeRoom(side, 'asked', OPEN)
  for (const local of [`_cmp_${side.prefix}there`, `_cmp_${side.prefix}none`]) {
    await side.by('bob', `GET ${C}/profile/${enc(`@${local}:${side.serverName}`)}`)
    await side.by('bob', `POST ${C}/rooms/${enc(room)}/invite`, { user_id: `@${local}:${side.serverName}` })
    await side.by('bob', `GET ${C}/directory/room/${enc(`#${local}:${side.serverName}`)}`)
    await side.by('bob', `POST ${C}/join/${enc(`#${local}:${side.serverName}`)}`, {})
  }
  await side.by('bob', `PUT ${C}/directory/room/${enc(`#_cmp_${side.prefix}mine:${side.serverName}`)}`, {
    room_id: room,
  })
  await asBridge(side, `PUT ${C}/directory/room/${enc(`#_cmp_${side.prefix}its:${side.serverName}`)}`, {
    room_id: room,
  })
  await asBridge(side, `PUT ${C}/directory/room/${enc(`#${side.prefix}not-its:${side.serverName}`)}`, {
    room_id: room,
  })
  await side.by('bob', `DELETE ${C}/directory/room/${enc(`#_cmp_${side.prefix}its:${side.serverName}`)}`)
  await side.by('bob', `POST ${C}/createRoom`, { room_alias_name: `_cmp_${side.prefix}made` })
}

async function networks(side: Side): Promise<void> {
  for (const path of [
    'protocols',
    'protocol/compare',
    'protocol/none',
    'user/compare?nick=x',
    'location/compare?channel=x',
    'user/none',
    `user?userid=${enc('@_cmp_x:y')}`,
    `location?alias=${enc('#_cmp_x:y')}`,
    'user?userid=x',
    'location?alias=x',
    'user',
    'location',
  ])
    await side.by('bob', `GET ${C}/thirdparty/${path}`)
}

/** Everything a bridge is told of one room, in one list: how it is cut into transactions is a matter of time. */
async function transactions(side: Side): Promise<void> {
  const ghost = `@_cmp_${side.prefix}ghost:${side.serverName}`
  const room = await makeRoom(side, 'told', { ...OPEN, name: 'Told' })
  await side.by('bob', `PUT ${C}/rooms/${enc(room)}/send/m.room.message/t0`, {
    msgtype: 'm.text',
    body: 'before',
  })
  await side.by('bob', `POST ${C}/rooms/${enc(room)}/invite`, { user_id: ghost })
  await asBridge(side, `POST ${C}/join/${enc(room)}?user_id=${enc(ghost)}`, {})
  const { body } = await side.by('bob', `PUT ${C}/rooms/${enc(room)}/send/m.room.message/t1`, {
    msgtype: 'm.text',
    body: 'heard',
  })
  side.names.set('heard', body.event_id)
  await told(side, (told) => told.some((each) => JSON.stringify(each.body ?? '').includes(body.event_id)))
  await side.by('bob', `PUT ${C}/rooms/${enc(room)}/redact/${enc(body.event_id)}/t2`, { reason: 'no' })
  await side.by('bob', `PUT ${C}/rooms/${enc(room)}/state/m.room.topic`, { topic: 'Last' })
  const events = await told(side, (told) => eventsOf(told, room).some(({ type }) => type === 'm.room.topic'))
  side.note('the bridge is told of a room', eventsOf(events, room))
  await side.by('bob', `POST ${C}/rooms/${enc(room)}/receipt/m.read/${enc(body.event_id)}`, {})
  const read = await told(side, (told) => ephemeralOf(told, room).some(({ type }) => type === 'm.receipt'))
  side.note(
    'the bridge is told who has read',
    ephemeralOf(read, room).filter(({ type }) => type === 'm.receipt'),
  )
  // Synapse asks for networks once a day.
  const calls = read.filter(({ call }) => !/\/(transactions|thirdparty)\//.test(call))
  side.note(
    'what the bridge is asked',
    [...new Set(calls.map(({ call }) => side.names.text(decodeURIComponent(call))))].toSorted(),
  )
  const [transaction] = read.filter(({ call }) => call.includes('/transactions/'))
  side.note('how it is asked', {
    authorization: transaction?.authorization,
    call: transaction?.call.replace(/[^/]+$/, '…'),
    pings: calls
      .map((each) => each.body)
      .filter((body) => body !== undefined && body.transaction_id !== WARM),
  })
}

interface Event {
  type: string
  room_id?: string
}

function eventsOf(told: readonly Told[], room: string): Event[] {
  return told
    .flatMap((each) => (each.body?.events ?? []) as Event[])
    .filter(({ room_id }) => room_id === room)
}

function ephemeralOf(told: readonly Told[], room: string): Event[] {
  return told
    .flatMap((each) => (each.body?.ephemeral ?? []) as Event[])
    .filter(({ room_id }) => room_id === room)
}

/** What the bridge of this side was told, when it is so. */
function told(side: Side, isSo: (told: readonly Told[]) => boolean): Promise<readonly Told[]> {
  return eventually('what the bridge is told', () => {
    const all = side.outside.toldTo(side.key)
    return isSo(all) ? all : undefined
  })
}
