import { makeRoom, OPEN } from '../cast.ts'
import type { Chapter } from '../chapter.ts'
import { C, enc } from '../paths.ts'
import type { Side } from '../side.ts'

const WRONG: readonly unknown[] = [null, 3, true, '', 'x', [], {}, ['x']]

/** Who is in rooms, and how rooms are found. */
export const clientMembers: Chapter = {
  name: 'client-members',
  about: 'join, leave, invite, kick, ban, knock, forget, aliases, room list, upgrade, reports',
  async run(side) {
    for (const name of ['bob', 'carol', 'dan']) await side.register(name)
    await membership(side)
    await aliases(side)
    await upgrade(side)
  },
}

async function membership(side: Side): Promise<void> {
  const [bob, carol, dan] = ['bob', 'carol', 'dan'].map((name) => side.id(name)) as [string, string, string]
  const rooms = {
    open: await makeRoom(side, 'open', OPEN),
    closed: await makeRoom(side, 'closed', { preset: 'private_chat' }),
    knockable: await makeRoom(side, 'knockable', {
      initial_state: [{ type: 'm.room.join_rules', content: { join_rule: 'knock' } }],
    }),
    restricted: '',
  }
  rooms.restricted = await makeRoom(side, 'restricted', {
    initial_state: [
      {
        type: 'm.room.join_rules',
        content: { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: rooms.open }] },
      },
    ],
  })
  for (const room of [
    ...Object.values(rooms),
    `!none:${side.serverName}`,
    '!none',
    'none',
    '#none',
    `#none:${side.serverName}`,
  ]) {
    const at = `${C}/rooms/${enc(room)}`
    const post = (as: string, what: string, body?: unknown) => side.by(as, `POST ${at}/${what}`, body)
    await post('carol', 'join', {})
    await side.by('dan', `POST ${C}/join/${enc(room)}`)
    await side.by('dan', `POST ${C}/knock/${enc(room)}`, { reason: 'please' })
    await side.by('carol', `POST ${C}/knock/${enc(room)}`, {})
    await post('bob', 'join', {})
    await post('carol', 'invite', { user_id: dan })
    await post('bob', 'invite', { user_id: dan, reason: 'r' })
    await post('bob', 'invite', { user_id: dan })
    await post('bob', 'invite', { user_id: bob })
    await post('bob', 'invite', { user_id: side.id('nobody') })
    await post('bob', 'invite', { user_id: 'x' })
    await post('bob', 'invite', {})
    await post('bob', 'invite', { medium: 'email', address: 'a@b.c' })
    await post('dan', 'leave', {})
    await post('bob', 'invite', { user_id: dan })
    await post('dan', 'join', { reason: 'r', third_party_signed: 3 })
    await post('dan', 'join', {})
    for (const what of ['kick', 'ban', 'unban']) {
      await post('carol', what, { user_id: dan })
      for (const user of [dan, dan, side.id('nobody'), 'x', 3, null, '@x:elsewhere'])
        await post('bob', what, { user_id: user, reason: 'r' })
      await post('bob', what, {})
      await post('bob', what, { user_id: dan, reason: 3 })
      await side.compare({ to: `POST ${at}/${what}`, as: 'bob', text: '' })
      await side.compare({ to: `POST ${at}/${what}`, as: 'bob', text: '[]' })
    }
    await post('bob', 'ban', { user_id: carol })
    await post('carol', 'join', {})
    await post('carol', 'leave', {})
    await post('carol', 'forget', {})
    await post('dan', 'forget', {})
    await post('dan', 'leave', {})
    await post('dan', 'forget', {})
    await post('dan', 'leave')
    for (const query of ['', '?membership=join', '?not_membership=join', '?membership=x', '?at=x'])
      await side.by('bob', `GET ${at}/members${query}`, undefined, { order: true })
    for (const who of ['bob', 'carol', 'dan']) await side.by(who, `GET ${at}/joined_members`)
    await side.by('dan', `GET ${at}/members`)
    await side.by('bob', `GET ${at}/aliases`)
    await side.by('dan', `GET /_matrix/client/v1/room_summary/${enc(room)}`)
    await side.by(null, `GET /_matrix/client/v1/room_summary/${enc(room)}`)
    await side.by('dan', `GET /_matrix/client/unstable/im.nheko.summary/summary/${enc(room)}`)
  }
  for (const who of ['bob', 'carol', 'dan'])
    await side.by(who, `GET ${C}/joined_rooms`, undefined, { values: true })
}

async function aliases(side: Side): Promise<void> {
  const room = await makeRoom(side, 'named', {
    ...OPEN,
    name: `${side.prefix}named`,
    topic: 'T',
  })
  const alias = (name: string) => `${C}/directory/room/${enc(`#${side.prefix}${name}:${side.serverName}`)}`
  await side.by('bob', `PUT ${alias('one')}`, { room_id: room })
  await side.by('bob', `PUT ${alias('one')}`, { room_id: room })
  await side.by('bob', `PUT ${alias('two')}`, {})
  for (const value of [...WRONG, '!none:x']) await side.by('bob', `PUT ${alias('two')}`, { room_id: value })
  await side.by('bob', `PUT ${alias('two')}`, { room_id: room, servers: ['x'] })
  await side.by('carol', `PUT ${alias('three')}`, { room_id: room })
  for (const bad of [
    'none',
    '#none',
    '#none:elsewhere',
    `#a b:${side.serverName}`,
    `#:${side.serverName}`,
    `#ü:${side.serverName}`,
    `#${'x'.repeat(300)}:${side.serverName}`,
  ]) {
    await side.by('bob', `PUT ${C}/directory/room/${enc(bad)}`, { room_id: room })
    if (!bad.endsWith('elsewhere')) await side.by('bob', `GET ${C}/directory/room/${enc(bad)}`)
    await side.by('bob', `DELETE ${C}/directory/room/${enc(bad)}`)
  }
  await side.by(null, `GET ${alias('one')}`)
  await side.by('carol', `DELETE ${alias('one')}`)
  await side.by('bob', `GET ${C}/rooms/${enc(room)}/aliases`, undefined, { order: true })
  await side.by('bob', `PUT ${C}/rooms/${enc(room)}/state/m.room.canonical_alias`, {
    alias: `#${side.prefix}one:${side.serverName}`,
    alt_aliases: [`#${side.prefix}two:${side.serverName}`],
  })
  await side.by('bob', `DELETE ${alias('one')}`)
  await side.by('bob', `GET ${C}/rooms/${enc(room)}/state/m.room.canonical_alias`)
  await side.by('bob', `DELETE ${alias('none')}`)
  const list = `${C}/directory/list/room/${enc(room)}`
  for (const value of ['public', 'private', ...WRONG, 'public'])
    await side.by('bob', `PUT ${list}`, { visibility: value })
  await side.by('bob', `PUT ${list}`, {})
  await side.by('carol', `PUT ${list}`, { visibility: 'private' })
  for (const who of ['bob', null]) {
    await side.by(who, `GET ${list}`)
    await side.by(who, `GET ${C}/directory/list/room/none`)
    await side.by(who, `GET ${C}/directory/list/room/${enc(`!none:${side.serverName}`)}`)
    await side.by(who, `POST ${C}/publicRooms`, { filter: { generic_search_term: side.prefix } })
    for (const query of [
      '',
      '?limit=1',
      '?limit=0',
      '?limit=-1',
      '?limit=x',
      '?since=x',
      `?server=${side.serverName}`,
      '?server=',
      '?limit=1000',
    ])
      await side.by(who, `GET ${C}/publicRooms${query}`, undefined, { values: true })
  }
  const search = (body: unknown) => side.by('bob', `POST ${C}/publicRooms`, body, { values: true })
  for (const body of [
    {},
    { limit: 1 },
    { limit: 0 },
    { limit: -1 },
    { limit: 'x' },
    { since: 'x' },
    { filter: 3 },
    { filter: { generic_search_term: 3 } },
    { filter: { room_types: ['m.space'] } },
    { filter: { room_types: [null] } },
    { filter: { room_types: 'x' } },
    { include_all_networks: true },
    { third_party_instance_id: 'x' },
  ])
    await search(body)
  for (const text of ['', 'x', '[]'])
    await side.compare({ to: `POST ${C}/publicRooms`, as: 'bob', text, values: true })
}

async function upgrade(side: Side): Promise<void> {
  const room = await makeRoom(side, 'old', { ...OPEN, name: 'old', topic: 'T' })
  const post = (as: string, body: unknown) => side.by(as, `POST ${C}/rooms/${enc(room)}/upgrade`, body)
  await post('carol', { new_version: '11' })
  await post('bob', {})
  for (const version of [...WRONG, '99', '10']) await post('bob', { new_version: version })
  await side.by('bob', `GET ${C}/rooms/${enc(room)}/state`, undefined, { order: true })
  for (const [path, bodies] of Object.entries({
    [`rooms/${enc(room)}/report`]: [{}, { reason: 'r' }, { reason: 3 }],
    [`users/${enc(side.id('carol'))}/report`]: [{}, { reason: 'r' }, { reason: 3 }],
    [`users/${enc('@x:elsewhere')}/report`]: [{ reason: 'r' }],
    [`users/${enc(side.id('nobody'))}/report`]: [{ reason: 'r' }],
    [`rooms/${enc(room)}/report/$none`]: [{ reason: 'r' }],
    [`rooms/${enc('!none:x')}/report`]: [{ reason: 'r' }],
  }))
    for (const body of bodies) await side.by('bob', `POST ${C}/${path}`, body)
}
