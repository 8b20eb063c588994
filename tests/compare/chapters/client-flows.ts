import { makeRoom, OPEN, waitFor } from '../cast.ts'
import type { Chapter } from '../chapter.ts'
import { C, enc } from '../paths.ts'
import type { Side } from '../side.ts'

/** What changes by itself is left out. */
const FILTER = enc(
  JSON.stringify({ presence: { types: [] }, account_data: { not_types: ['m.push_rules'] }, room: {} }),
)

/** What several people see of what they do, step by step. */
export const clientFlows: Chapter = {
  name: 'client-flows',
  about: 'people in rooms, each with a client that syncs: what changes after every step',
  async run(side) {
    for (const name of ['bob', 'carol', 'dan']) await side.register(name)
    const seen = new Watchers(side)
    await comeAndGo(side, seen)
    await talk(side, seen)
    await ownThings(side, seen)
    await encryption(side, seen)
    await closed(side, seen)
  },
}

/** Clients that go on syncing from where they were. */
class Watchers {
  readonly #side: Side
  readonly #since = new Map<string, string>()

  constructor(side: Side) {
    this.#side = side
  }

  /** What is new for each of them, compared. */
  async look(after: string, ...names: string[]): Promise<void> {
    for (const as of names) {
      const since = this.#since.get(as)
      const from = since === undefined ? '' : `&since=${enc(since)}`
      const { body } = await this.#side.compare(
        { to: `GET ${C}/sync?timeout=0&filter=${FILTER}${from}`, as },
        `GET ${C}/sync as ${as}, after ${after}`,
      )
      this.#since.set(as, body.next_batch)
      this.#side.names.set('since', body.next_batch)
    }
  }
}

async function comeAndGo(side: Side, seen: Watchers): Promise<void> {
  const [carol, dan] = [side.id('carol'), side.id('dan')]
  await seen.look('nothing', 'bob', 'carol', 'dan')
  const room = await makeRoom(side, 'den', { ...OPEN, preset: 'private_chat', name: 'Den' })
  const at = `${C}/rooms/${enc(room)}`
  const steps: [what: string, as: string, path: string, body: unknown][] = [
    ['the invite', 'bob', 'invite', { user_id: carol, reason: 'come' }],
    ['joining', 'carol', 'join', {}],
    ['an invite by another', 'carol', 'invite', { user_id: dan }],
    ['turning it down', 'dan', 'leave', { reason: 'no' }],
    ['another invite', 'bob', 'invite', { user_id: dan }],
    ['joining late', 'dan', 'join', {}],
    ['being kicked', 'bob', 'kick', { user_id: dan, reason: 'loud' }],
    ['being banned', 'bob', 'ban', { user_id: dan, reason: 'very loud' }],
    ['the end of the ban', 'bob', 'unban', { user_id: dan }],
    ['being asked back', 'bob', 'invite', { user_id: dan }],
    ['coming back', 'dan', 'join', {}],
    ['leaving', 'dan', 'leave', {}],
    ['forgetting', 'dan', 'forget', {}],
  ]
  for (const [what, as, path, body] of steps) {
    await side.by(as, `POST ${at}/${path}`, body)
    await seen.look(what, 'bob', 'carol', 'dan')
  }
  await side.by('carol', `PUT ${C}/profile/${carol}/displayname`, { displayname: 'Carola' })
  // Synapse tells rooms of it a little later.
  const member = { to: `GET ${at}/state/m.room.member/${enc(carol)}`, as: 'bob' }
  await waitFor(side, member, ({ displayname }) => displayname === 'Carola')
  await seen.look('a new name', 'bob', 'carol')
  await side.by('bob', `PUT ${at}/state/m.room.topic`, { topic: 'One' })
  await side.by('bob', `PUT ${at}/state/m.room.topic`, { topic: 'Two' })
  await side.by('bob', `PUT ${at}/state/m.room.topic`, { topic: 'Two' })
  await seen.look('topics', 'bob', 'carol')
  await side.by('bob', `GET ${at}/state`, undefined, { order: true })
  await side.by('dan', `GET ${at}/state`)
  await side.by('bob', `GET ${at}/messages?dir=b&limit=100`)
}

async function talk(side: Side, seen: Watchers): Promise<void> {
  const room = await makeRoom(side, 'hall', { ...OPEN, name: 'Hall' })
  const at = `${C}/rooms/${enc(room)}`
  for (const as of ['carol', 'dan']) await side.by(as, `POST ${C}/join/${enc(room)}`, {})
  await seen.look('the hall', 'bob', 'carol', 'dan')
  let sent = 0
  const send = async (as: string, content: Record<string, unknown>, type = 'm.room.message') => {
    const { body } = await side.by(as, `PUT ${at}/send/${type}/flow${++sent}`, content)
    if (body.event_id !== undefined) side.names.set(`said ${sent}`, body.event_id)
    return body.event_id as string
  }
  const text = (body: string, more: Record<string, unknown> = {}) => ({ msgtype: 'm.text', body, ...more })
  const all = ['bob', 'carol', 'dan']
  const first = await send('bob', text('first'))
  await seen.look('a message', ...all)
  await side.by('carol', `POST ${at}/receipt/m.read/${enc(first)}`, {})
  await seen.look('a receipt', ...all)
  await side.by('dan', `POST ${at}/receipt/m.read.private/${enc(first)}`, {})
  await seen.look('a private receipt', ...all)
  const mention = await send('bob', text('hey', { 'm.mentions': { user_ids: [side.id('carol')] } }))
  await seen.look('a mention', ...all)
  await side.by('carol', `GET ${C}/notifications`, undefined, { values: true })
  await side.by('carol', `POST ${at}/read_markers`, { 'm.fully_read': mention, 'm.read': mention })
  await seen.look('a read marker', ...all)
  const inThread = await send(
    'carol',
    text('in a thread', { 'm.relates_to': { rel_type: 'm.thread', event_id: first } }),
  )
  await seen.look('a thread', ...all)
  await side.by('bob', `POST ${at}/receipt/m.read/${enc(inThread)}`, { thread_id: first })
  await seen.look('a receipt in a thread', ...all)
  await send(
    'bob',
    text('* first!', {
      'm.new_content': text('first!'),
      'm.relates_to': { rel_type: 'm.replace', event_id: first },
    }),
  )
  const like = { 'm.relates_to': { rel_type: 'm.annotation', event_id: first, key: '👍' } }
  const reaction = await send('dan', like, 'm.reaction')
  await send('dan', like, 'm.reaction')
  await send('carol', text('> first', { 'm.relates_to': { rel_type: 'm.reference', event_id: first } }))
  await seen.look('an edit, reactions and a reference', ...all)
  for (const who of all) await side.by(who, `GET ${at}/event/${enc(first)}`)
  await side.by('bob', `GET /_matrix/client/v1/rooms/${enc(room)}/relations/${enc(first)}?limit=50`)
  await side.by('bob', `GET /_matrix/client/v1/rooms/${enc(room)}/threads`)
  await side.by('dan', `PUT ${at}/redact/${enc(reaction)}/r1`, {})
  await seen.look('a reaction taken back', ...all)
  await side.by('bob', `PUT ${at}/redact/${enc(inThread)}/r2`, { reason: 'no' })
  await seen.look('a redaction in a thread', ...all)
  await side.by('bob', `PUT ${at}/redact/${enc(first)}/r3`, {})
  await seen.look('a redaction of the first', ...all)
  for (const id of [first, inThread, reaction]) await side.by('carol', `GET ${at}/event/${enc(id)}`)
  await side.by('bob', `GET ${at}/messages?dir=b&limit=100`)
  await side.by('bob', `GET ${at}/context/${enc(mention)}?limit=4`)
  for (let i = 0; i < 12; i++) await send('dan', text(`m${i}`))
  await seen.look('a gap', 'bob', 'carol')
}

async function ownThings(side: Side, seen: Watchers): Promise<void> {
  const room = await makeRoom(side, 'nook', {})
  const own = `${C}/user/${side.id('bob')}`
  await seen.look('the nook', 'bob')
  await side.by('bob', `PUT ${own}/rooms/${enc(room)}/tags/m.favourite`, { order: 0.25 })
  await seen.look('a tag', 'bob')
  await side.by('bob', `DELETE ${own}/rooms/${enc(room)}/tags/m.favourite`)
  await seen.look('no tag', 'bob')
  await side.by('bob', `PUT ${own}/rooms/${enc(room)}/account_data/a.b`, { c: 1 })
  await side.by('bob', `PUT ${own}/account_data/m.direct`, { [side.id('carol')]: [room] })
  await seen.look('account data', 'bob')
  await side.by('bob', `PUT ${own}/account_data/m.ignored_user_list`, {
    ignored_users: { [side.id('dan')]: {} },
  })
  const hall = side.people.get('dan')!
  const shared = await hall.createRoom({ ...OPEN, invite: [side.id('bob')] })
  side.names.set('of dan', shared)
  await seen.look('ignoring somebody who invites', 'bob')
  await side.by('bob', `PUT ${own}/account_data/m.ignored_user_list`, { ignored_users: {} })
  await side.by('bob', `GET ${own}/account_data/m.ignored_user_list`)
  for (const path of ['pushers', 'devices'])
    await side.by('bob', `GET ${C}/${path}`, undefined, { order: true })
  const { body } = await side.by('bob', `POST ${own}/filter`, { room: { timeline: { limit: 1 } } })
  await side.compare({ to: `GET ${own}/filter/${body.filter_id}`, as: 'bob' }, 'a filter')
  const second = await side.ask({
    to: `POST ${C}/login`,
    as: null,
    body: {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: `${side.prefix}carol` },
      password: `pw-${side.prefix}carol`,
      device_id: 'SECOND',
    },
  })
  side.names.set('second token', second.body.access_token)
  await seen.look('a login', 'carol', 'bob')
  await side.by('carol', `PUT ${C}/devices/SECOND`, { display_name: 'the other one' })
  await side.by('carol', `GET ${C}/devices/SECOND`)
  await side.by('carol', `PUT ${C}/sendToDevice/a.b/1`, {
    messages: { [side.id('carol')]: { SECOND: { hello: 1 } } },
  })
  await seen.look('a message to the other device', 'carol')
  await side.by('bob', `PUT ${C}/sendToDevice/a.b/2`, {
    messages: { [side.id('carol')]: { '*': { hello: 2 } } },
  })
  await seen.look('a message to a device', 'carol')
  await seen.look('having had it', 'carol')
}

async function encryption(side: Side, seen: Watchers): Promise<void> {
  const room = await makeRoom(side, 'safe', {
    ...OPEN,
    initial_state: [
      ...OPEN.initial_state,
      { type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
    ],
  })
  await side.by('carol', `POST ${C}/join/${enc(room)}`, {})
  await seen.look('an encrypted room', 'bob', 'carol')
  const { userId, deviceId } = side.people.get('carol')!
  const signed = { signatures: { [userId]: { [`ed25519:${deviceId}`]: 'c'.repeat(86) } } }
  await side.by('carol', `POST ${C}/keys/upload`, {
    device_keys: {
      user_id: userId,
      device_id: deviceId,
      algorithms: ['m.olm.v1.curve25519-aes-sha2', 'm.megolm.v1.aes-sha2'],
      keys: { [`ed25519:${deviceId}`]: 'a'.repeat(43), [`curve25519:${deviceId}`]: 'b'.repeat(43) },
      ...signed,
    },
    one_time_keys: { 'signed_curve25519:A': { key: 'd'.repeat(43), ...signed } },
    fallback_keys: { 'signed_curve25519:F': { key: 'e'.repeat(43), fallback: true, ...signed } },
  })
  await seen.look('keys', 'bob', 'carol')
  await side.by('bob', `POST ${C}/keys/query`, { device_keys: { [userId]: [] } })
  for (let i = 0; i < 3; i++)
    await side.by('bob', `POST ${C}/keys/claim`, {
      one_time_keys: { [userId]: { [deviceId]: 'signed_curve25519' } },
    })
  await seen.look('keys that are used up', 'carol')
  const cross = (usage: string, letter: string) => ({
    user_id: userId,
    usage: [usage],
    keys: { [`ed25519:${letter.repeat(43)}`]: letter.repeat(43) },
  })
  await side.by('carol', `POST ${C}/keys/device_signing/upload`, {
    master_key: cross('master', 'M'),
    self_signing_key: { ...cross('self_signing', 'S'), signatures: { [userId]: { x: 'y' } } },
    user_signing_key: { ...cross('user_signing', 'U'), signatures: { [userId]: { x: 'y' } } },
  })
  await seen.look('cross-signing', 'bob', 'carol')
  for (const who of ['bob', 'carol'])
    await side.by(who, `POST ${C}/keys/query`, { device_keys: { [userId]: [] } })
  await side.by('carol', `PUT ${C}/devices/${deviceId}`, { display_name: 'named anew' })
  await seen.look('a device with a new name', 'bob')
  await side.by('carol', `POST ${C}/rooms/${enc(room)}/leave`, {})
  await seen.look('leaving the encrypted room', 'bob', 'carol')
}

/** Rooms with rules, and rooms that end. */
async function closed(side: Side, seen: Watchers): Promise<void> {
  const dan = side.id('dan')
  const door = await makeRoom(side, 'door', {
    name: 'Door',
    initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'knock' } }],
  })
  await seen.look('a door', 'bob', 'dan')
  await side.by('dan', `POST ${C}/knock/${enc(door)}`, { reason: 'let me in' })
  await seen.look('knocking', 'bob', 'dan')
  await side.by('bob', `POST ${C}/rooms/${enc(door)}/invite`, { user_id: dan })
  await seen.look('an answer', 'bob', 'dan')
  await side.by('dan', `POST ${C}/rooms/${enc(door)}/join`, {})
  await seen.look('coming in', 'bob', 'dan')
  const space = await makeRoom(side, 'flow space', { ...OPEN, creation_content: { type: 'm.space' } })
  const club = await makeRoom(side, 'club', {
    initial_state: [
      {
        type: 'm.room.join_rules',
        content: { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: space }] },
      },
    ],
  })
  await side.by('bob', `PUT ${C}/rooms/${enc(space)}/state/m.space.child/${enc(club)}`, {
    via: [side.serverName],
    order: 'a',
    suggested: true,
  })
  await side.by('dan', `POST ${C}/join/${enc(club)}`, {})
  await side.by('dan', `POST ${C}/join/${enc(space)}`, {})
  await side.by('dan', `POST ${C}/join/${enc(club)}`, {})
  await seen.look('a club', 'bob', 'dan')
  for (const who of ['bob', 'dan', 'carol'])
    await side.by(who, `GET /_matrix/client/v1/rooms/${enc(space)}/hierarchy`)
  await side.by('carol', `GET /_matrix/client/v1/room_summary/${enc(club)}`)
  const { body } = await side.by('bob', `POST ${C}/rooms/${enc(door)}/upgrade`, { new_version: '10' })
  side.names.set('new door', body.replacement_room)
  await seen.look('an upgrade', 'bob', 'dan')
  await side.by('bob', `GET ${C}/rooms/${enc(body.replacement_room)}/state`, undefined, { order: true })
  await side.by('dan', `PUT ${C}/rooms/${enc(door)}/send/m.room.message/1`, { msgtype: 'm.text', body: 'x' })
}
