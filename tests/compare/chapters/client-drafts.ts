import { makeRoom, OPEN, waitFor } from '../cast.ts'
import type { Chapter } from '../chapter.ts'
import { C, enc } from '../paths.ts'
import type { Side } from '../side.ts'

const UNSTABLE = '/_matrix/client/unstable'
const DAY_MS = 86_400_000
const WRONG: readonly unknown[] = [null, 3, true, '', 'x', [], {}, ['x']]

/** What clients of today use that is not in the specification yet. */
export const clientDrafts: Chapter = {
  name: 'client-drafts',
  about: 'delayed events, dehydrated devices, threads followed, invites filtered, fields of profiles, calls',
  async run(side) {
    for (const name of ['bob', 'carol', 'dan']) await side.register(name)
    await delayed(side)
    await dehydrated(side)
    await threads(side)
    await invites(side)
    await fields(side)
    await accountData(side)
    await rest(side)
  },
}

/** MSC4140 */
async function delayed(side: Side): Promise<void> {
  const room = await makeRoom(side, 'later', OPEN)
  await side.people.get('carol')!.join(room)
  const at = `${C}/rooms/${enc(room)}`
  const list = `${UNSTABLE}/org.matrix.msc4140/delayed_events`
  const later = (ms: unknown) => `org.matrix.msc4140.delay=${ms}`
  const text = { msgtype: 'm.text', body: 'later' }
  let sent = 0
  const send = async (query: string, body: unknown = text, as = 'bob', type = 'm.room.message') => {
    const answer = await side.by(as, `PUT ${at}/send/${type}/d${++sent}?${query}`, body)
    const id = answer.body?.delay_id
    if (typeof id === 'string') side.names.set(`delayed ${sent}`, id)
    return String(id)
  }
  await side.by('bob', `GET ${list}`)
  for (const ms of ['x', '', '-1', '1.5', DAY_MS + 1, '99999999999999999999']) await send(later(ms))
  const first = await send(later(DAY_MS))
  await side.by('bob', `PUT ${at}/send/m.room.message/d${sent}?${later(DAY_MS)}`, text)
  await side.by('bob', `GET ${list}`)
  await side.by('carol', `GET ${list}`)
  await side.by('bob', `GET ${list}/${enc(first)}`)
  for (const path of [
    `${enc(first)}/restart`,
    `${enc(first)}/send`,
    `${enc(first)}/send`,
    `${enc(first)}/cancel`,
  ])
    await side.by('bob', `POST ${list}/${path}`, {})
  const second = await send(later(DAY_MS))
  const third = await send(later(DAY_MS))
  for (const action of ['restart', 'cancel', 'cancel', 'restart', 'send', 'none'])
    await side.by(null, `POST ${list}/${enc(second)}/${action}`, {})
  for (const action of [...WRONG, 'restart', 'cancel', 'cancel'])
    await side.by('bob', `POST ${list}/${enc(third)}`, { action })
  await side.by('bob', `POST ${list}/${enc(third)}`, {})
  await side.compare({ to: `POST ${list}/${enc(third)}`, as: 'bob', text: '' })
  for (const action of ['restart', 'cancel', 'send']) {
    await side.by('bob', `POST ${list}/none/${action}`, {})
    await side.by('bob', `POST ${list}/none`, { action })
  }
  await side.by('bob', `GET ${list}/none`)
  await send(later(DAY_MS), text, 'dan')
  await send(later(DAY_MS), 3)
  await send(later(DAY_MS), { m: 'no message' }, 'bob', 'com.example')
  const topic = `${at}/state/m.room.topic`
  const state = await side.by('bob', `PUT ${topic}?${later(DAY_MS)}`, { topic: 'Later' })
  if (typeof state.body?.delay_id === 'string') side.names.set('delayed topic', state.body.delay_id)
  await side.by('carol', `PUT ${topic}?${later(DAY_MS)}`, { topic: 'Not mine' })
  await side.by('bob', `GET ${list}`)
  await side.by('bob', `PUT ${topic}`, { topic: 'Now' })
  await side.by('bob', `GET ${list}`)
  await side.by('bob', `GET ${topic}`)
  const isSent = ({ chunk }: Record<string, unknown>) =>
    (chunk as { content: Record<string, unknown> }[])[0]?.content['body'] === 'soon'
  await send(later(1), { ...text, body: 'soon' })
  await waitFor(side, { to: `GET ${at}/messages?dir=b&limit=1`, as: 'bob' }, isSent)
  await side.by('carol', `GET ${at}/messages?dir=b&limit=3`)
  await side.by('bob', `GET ${list}`)
}

/** MSC3814 */
async function dehydrated(side: Side): Promise<void> {
  const path = `${UNSTABLE}/org.matrix.msc3814.v1/dehydrated_device`
  const carol = side.id('carol')
  const deviceKeys = {
    user_id: carol,
    device_id: 'DEHYDRATED',
    algorithms: ['m.olm.v1.curve25519-aes-sha2'],
    keys: { 'ed25519:DEHYDRATED': 'k' },
    signatures: {},
  }
  const device = {
    device_id: 'DEHYDRATED',
    device_data: { algorithm: 'com.example' },
    initial_device_display_name: 'asleep',
    device_keys: deviceKeys,
  }
  await side.by('carol', `GET ${path}`)
  await side.by('carol', `DELETE ${path}`)
  await side.by('carol', `PUT ${path}`, {})
  for (const member of [
    'device_id',
    'device_data',
    'device_keys',
    'initial_device_display_name',
    'one_time_keys',
    'fallback_keys',
  ])
    for (const value of WRONG) await side.by('carol', `PUT ${path}`, { ...device, [member]: value })
  await side.ask({ to: `DELETE ${path}`, as: 'carol' })
  await side.by('carol', `PUT ${path}`, { device_id: 'DEHYDRATED', device_data: device.device_data })
  await side.by('carol', `PUT ${path}`, { ...device, device_keys: { ...deviceKeys, device_id: 'OTHER' } })
  await side.by('carol', `PUT ${path}`, {
    ...device,
    device_keys: { ...deviceKeys, user_id: side.id('bob') },
  })
  await side.by('carol', `PUT ${path}`, {
    ...device,
    one_time_keys: { 'signed_curve25519:A': { key: 'a', signatures: {} } },
    fallback_keys: { 'signed_curve25519:F': { key: 'f', fallback: true, signatures: {} } },
  })
  await side.by('carol', `GET ${path}`)
  await side.by('carol', `GET ${C}/devices/DEHYDRATED`)
  await side.by('bob', `POST ${C}/keys/query`, { device_keys: { [carol]: [] } })
  await side.by('bob', `POST ${C}/keys/claim`, {
    one_time_keys: { [carol]: { DEHYDRATED: 'signed_curve25519' } },
  })
  for (const n of [1, 2, 3])
    await side.by('bob', `PUT ${C}/sendToDevice/com.example/dh${n}`, {
      messages: { [carol]: { DEHYDRATED: { n } } },
    })
  for (const [method, body] of [['GET'], ['POST', {}]] as const) {
    await side.by('carol', `${method} ${path}/DEHYDRATED/events`, body)
    await side.by('carol', `${method} ${path}/NONE/events`, body)
    await side.by('bob', `${method} ${path}/DEHYDRATED/events`, body)
  }
  const { body } = await side.ask({ to: `GET ${path}/DEHYDRATED/events`, as: 'carol' })
  await side.compare(
    { to: `GET ${path}/DEHYDRATED/events?next_batch=${enc(String(body?.next_batch))}`, as: 'carol' },
    'the events of a dehydrated device, once more',
  )
  for (const query of ['next_batch=x', 'limit=1', 'limit=0', 'limit=x', 'from=x'])
    await side.by('carol', `GET ${path}/DEHYDRATED/events?${query}`)
  for (const next_batch of WRONG) await side.by('carol', `POST ${path}/DEHYDRATED/events`, { next_batch })
  const second = { ...device, device_id: 'SECOND', device_keys: { ...deviceKeys, device_id: 'SECOND' } }
  await side.by('carol', `PUT ${path}`, second)
  await side.by('carol', `GET ${path}/DEHYDRATED/events`)
  await side.by('carol', `GET ${C}/devices`, undefined, { values: true })
  await side.by('carol', `DELETE ${path}`)
  await side.by('carol', `GET ${path}`)
  await side.by(null, `GET ${path}`)
}

/** MSC4306, MSC4308 */
async function threads(side: Side): Promise<void> {
  const [bob, carol] = [side.people.get('bob')!, side.people.get('carol')!]
  const room = await makeRoom(side, 'loom', OPEN)
  await carol.join(room)
  const root = await bob.send(room, 'root')
  const answer = await carol.send(room, {
    msgtype: 'm.text',
    body: 'in the thread',
    'm.relates_to': { rel_type: 'm.thread', event_id: root },
  })
  side.names.set('root', root)
  side.names.set('answer', answer)
  const of = (event: string, where = room) =>
    `${UNSTABLE}/io.element.msc4306/rooms/${enc(where)}/thread/${enc(event)}/subscription`
  await side.by('bob', `GET ${of(root)}`)
  await side.by('bob', `DELETE ${of(root)}`)
  for (const automatic of [...WRONG, root, '$none']) await side.by('bob', `PUT ${of(root)}`, { automatic })
  await side.by('bob', `GET ${of(root)}`)
  await side.by('bob', `PUT ${of(root)}`, { automatic: answer })
  await side.by('bob', `GET ${of(root)}`)
  await side.by('bob', `PUT ${of(root)}`, {})
  await side.by('bob', `GET ${of(root)}`)
  await side.by('bob', `PUT ${of(root)}`, { automatic: answer })
  await side.by('bob', `GET ${of(root)}`)
  await side.by('bob', `DELETE ${of(root)}`)
  await side.by('bob', `GET ${of(root)}`)
  await side.by('bob', `PUT ${of(root)}`, { automatic: answer })
  await side.by('bob', `PUT ${of(root)}`, {})
  await side.compare({ to: `PUT ${of(root)}`, as: 'bob', text: '' })
  for (const event of ['$none', 'x', '', answer]) {
    await side.by('bob', `PUT ${of(event)}`, {})
    await side.by('bob', `GET ${of(event)}`)
    await side.by('bob', `DELETE ${of(event)}`)
  }
  for (const where of ['x', `!none:${side.serverName}`]) {
    await side.by('bob', `PUT ${of(root, where)}`, {})
    await side.by('bob', `GET ${of(root, where)}`)
  }
  for (const method of ['GET', 'PUT', 'DELETE'])
    await side.by('dan', `${method} ${of(root)}`, method === 'PUT' ? {} : undefined)
  await side.by('dan', `POST ${C}/join/${enc(room)}`, {})
  await side.by('dan', `PUT ${of(root)}`, {})
  const list = `${UNSTABLE}/io.element.msc4308/thread_subscriptions`
  for (const query of ['', 'limit=1', 'limit=0', 'limit=x', 'dir=b', 'dir=f', 'dir=x', 'from=x', 'to=x'])
    await side.by('bob', `GET ${list}?${query}`)
}

const FILTERS: readonly Record<string, unknown>[] = [
  { blocked_users: ['{carol}'] },
  { ignored_users: ['{carol}'] },
  { blocked_servers: ['{server}'] },
  { ignored_servers: ['{server}'] },
  { blocked_servers: ['{server}'], allowed_users: ['{carol}'] },
  { blocked_users: ['{glob}'] },
  { blocked_servers: ['*'] },
  { blocked_servers: ['*'], allowed_servers: ['{server}'] },
  { ignored_users: ['{carol}'], blocked_users: ['{carol}'] },
  { ignored_users: ['{carol}'], allowed_users: ['{carol}'] },
  { enabled: false, blocked_users: ['{carol}'] },
  { enabled: true, blocked_users: ['{carol}'] },
  { blocked_users: 'x' },
  { blocked_users: [3] },
  { blocked_users: null },
  {},
]

/** MSC4155 */
async function invites(side: Side): Promise<void> {
  const dan = side.people.get('dan')!
  const own = `${C}/user/${dan.userId}/account_data/org.matrix.msc4155.invite_permission_config`
  const seen = (room: string) => enc(JSON.stringify({ presence: { types: [] }, room: { rooms: [room] } }))
  for (const [i, filter] of FILTERS.entries()) {
    const written = JSON.stringify(filter)
      .replaceAll('{carol}', side.id('carol'))
      .replaceAll('{glob}', `@${side.prefix}*`)
      .replaceAll('{server}', side.serverName)
    await side.by('dan', `PUT ${own}`, JSON.parse(written))
    const room = await makeRoom(side, `filtered ${i}`, { preset: 'private_chat', name: `F${i}` }, 'carol')
    await side.by('carol', `POST ${C}/rooms/${enc(room)}/invite`, { user_id: dan.userId })
    await side.compare(
      { to: `GET ${C}/sync?timeout=${i}&filter=${seen(room)}`, as: 'dan' },
      `GET ${C}/sync as dan, asked into ${i}`,
    )
    await side.by('carol', `POST ${C}/rooms/${enc(room)}/kick`, { user_id: dan.userId })
  }
  await side.by('dan', `PUT ${own}`, { blocked_users: [side.id('carol')] })
  await side.by('carol', `POST ${C}/createRoom`, { invite: [dan.userId], preset: 'trusted_private_chat' })
  await side.by('dan', `PUT ${own}`, {})
}

/** MSC4133 */
async function fields(side: Side): Promise<void> {
  const own = `${UNSTABLE}/uk.tcpip.msc4133/profile/${side.id('bob')}`
  for (const key of [
    'm.tz',
    'com.example.field',
    'displayname',
    'avatar_url',
    'A',
    'a b',
    'ü',
    'x'.repeat(256),
  ]) {
    const field = enc(key)
    for (const value of ['x', '', null, 3, [], { a: 1 }, 'x'.repeat(70_000)])
      await side.compare(
        { to: `PUT ${own}/${field}`, as: 'bob', body: { [key]: value } },
        `PUT profile ${key.slice(0, 20)} = ${(JSON.stringify(value) ?? '').slice(0, 20)}`,
      )
    await side.by('bob', `PUT ${own}/${field}`, { other: 'x' })
    await side.by('carol', `PUT ${own}/${field}`, { [key]: 'x' })
    await side.by('bob', `GET ${own}/${field}`)
    await side.by(null, `GET ${own}/${field}`)
    await side.by('carol', `DELETE ${own}/${field}`)
    await side.by('bob', `DELETE ${own}/${field}`)
    await side.by('bob', `GET ${own}/${field}`)
  }
  await side.by('admin', `PUT ${own}/com.example.field`, { 'com.example.field': 'by the administrator' })
  await side.by('bob', `GET ${C}/profile/${side.id('bob')}`)
  await side.by('bob', `GET ${UNSTABLE}/uk.tcpip.msc4133/profile/${side.id('bob')}`)
}

/** MSC3391 */
async function accountData(side: Side): Promise<void> {
  const room = await makeRoom(side, 'notes', {})
  for (const path of [`user/${side.id('bob')}`, `user/${side.id('bob')}/rooms/${enc(room)}`])
    for (const type of ['com.example.kept', 'm.fully_read', 'm.push_rules']) {
      const draft = `${UNSTABLE}/org.matrix.msc3391/${path}/account_data/${type}`
      await side.by('bob', `PUT ${C}/${path}/account_data/${type}`, { a: 1 })
      await side.by('carol', `DELETE ${draft}`)
      await side.by('bob', `DELETE ${draft}`)
      await side.by('bob', `DELETE ${draft}`)
      if (type === 'com.example.kept') await side.by('bob', `GET ${C}/${path}/account_data/${type}`)
    }
}

async function rest(side: Side): Promise<void> {
  await side.by('bob', `GET ${UNSTABLE}/org.matrix.msc4143/rtc/transports`)
  await side.by(null, `GET ${UNSTABLE}/org.matrix.msc4143/rtc/transports`)
  const user = enc(side.id('carol'))
  for (const query of [
    `user_id=${user}`,
    '',
    'user_id=x',
    `user_id=${enc(side.id('bob'))}`,
    `user_id=${user}&batch_token=x`,
  ])
    for (const path of [
      `${UNSTABLE}/uk.half-shot.msc2666/user/mutual_rooms`,
      '/_matrix/client/v1/mutual_rooms',
    ])
      await side.by('bob', `GET ${path}?${query}`, undefined, { order: true })
  const token = `/_matrix/client/v1/login/get_token`
  await side.by(null, `POST ${token}`, {})
  await side.compare({ to: `POST ${token}`, as: 'bob', text: '' })
  const { body } = await side.by('bob', `POST ${token}`, {})
  const auth = {
    type: 'm.login.password',
    session: body.session,
    identifier: { type: 'm.id.user', user: side.id('bob') },
    password: 'wrong',
  }
  await side.by('bob', `POST ${token}`, { auth })
  const given = await side.by('bob', `POST ${token}`, { auth: { ...auth, password: `pw-${side.prefix}bob` } })
  side.names.set('log-in token', String(given.body.login_token))
  for (const _ of ['once', 'twice'])
    await side.by(null, `POST ${C}/login`, {
      type: 'm.login.token',
      token: given.body.login_token,
      device_id: 'NEW',
    })
}
