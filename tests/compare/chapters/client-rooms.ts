import type { Chapter } from '../chapter.ts'
import type { Side } from '../side.ts'

const C = '/_matrix/client/v3'
const enc = encodeURIComponent
const WRONG: readonly unknown[] = [null, 3, true, '', 'x', [], {}, ['x']]

/** Making rooms, sending into them, and who is in them. */
export const clientRooms: Chapter = {
  name: 'client-rooms',
  about: 'createRoom, send, state, membership, redaction, aliases, directory',
  async run(side) {
    for (const name of ['bob', 'carol', 'dan']) await side.register(name)
    await create(side)
    await send(side)
    await membership(side)
    await aliases(side)
    await upgrade(side)
  },
}

async function makeRoom(
  side: Side,
  name: string,
  body: Record<string, unknown> = {},
  as = 'bob',
): Promise<string> {
  const room = await side.people.get(as)!.createRoom(body)
  side.names.set(name, room)
  return room
}

async function create(side: Side): Promise<void> {
  const bodies: Record<string, unknown>[] = [
    {},
    { preset: 'private_chat' },
    { preset: 'public_chat' },
    { preset: 'trusted_private_chat', invite: [side.id('carol')] },
    { visibility: 'public' },
    { visibility: 'private' },
    { preset: 'private_chat', visibility: 'public' },
    { name: 'N', topic: 'T' },
    { is_direct: true, invite: [side.id('carol')] },
    { creation_content: { type: 'm.space', 'm.federate': false, x: 1 } },
    {
      initial_state: [
        { type: 'm.room.join_rules', content: { join_rule: 'knock' } },
        { type: 'x.y', state_key: 'z', content: { a: 1 } },
      ],
    },
    { power_level_content_override: { events: { 'm.room.name': 75 }, users_default: 5 } },
    { room_version: '10' },
    { room_version: '11' },
    { room_version: '12' },
    { room_alias_name: `${side.prefix}alias`, preset: 'public_chat' },
    { initial_state: [{ type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } }] },
    { initial_state: [{ type: 'm.room.name', content: { name: 'by state' } }], name: 'by name' },
    { name: '', topic: '' },
  ]
  for (const [i, body] of bodies.entries()) {
    const answer = await side.by('bob', `POST ${C}/createRoom`, body)
    if (answer.status !== 200) continue
    const room = answer.body.room_id as string
    side.names.set(`created ${i}`, room)
    await side.by('bob', `GET ${C}/rooms/${enc(room)}/state`, undefined, { order: true })
    const { body: page } = await side.by('bob', `GET ${C}/rooms/${enc(room)}/messages?dir=f&limit=50`)
    void page
    await side.by(null, `GET ${C}/directory/list/room/${enc(room)}`)
  }
  const refused: Record<string, unknown>[] = [
    { room_alias_name: `${side.prefix}alias` },
    { room_alias_name: 'a b' },
    { room_alias_name: '#x:y' },
    { room_alias_name: 'a:b' },
    { room_version: '99' },
    { room_version: '1' },
    { preset: 'none' },
    { visibility: 'none' },
    { invite: ['nobody'] },
    { invite: [side.id('nobody')] },
    { invite: [side.id('bob')] },
    { invite: [3] },
    { invite_3pid: [{}] },
    { invite_3pid: [{ medium: 'email', address: 'a@b.c', id_server: 'x', id_access_token: 'y' }] },
    { initial_state: [{}] },
    { initial_state: [{ type: 'x' }] },
    { initial_state: [{ type: 'x', content: 3 }] },
    { initial_state: [{ type: 'm.room.create', content: {} }] },
    {
      initial_state: [
        { type: 'm.room.member', state_key: side.id('carol'), content: { membership: 'join' } },
      ],
    },
    { power_level_content_override: { users: { [side.id('carol')]: 100 } } },
    { power_level_content_override: { users_default: 'x' } },
    { power_level_content_override: { events: { 'm.room.member': 200 } } },
    { creation_content: { creator: 'x', room_version: '5' } },
    { creation_content: { predecessor: { room_id: '!x:y', event_id: '$z' } } },
    { name: 'x'.repeat(70_000) },
    { topic: 'x'.repeat(70_000) },
  ]
  for (const body of refused) await side.by('bob', `POST ${C}/createRoom`, body)
  for (const member of [
    'preset',
    'visibility',
    'name',
    'topic',
    'room_alias_name',
    'invite',
    'invite_3pid',
    'initial_state',
    'creation_content',
    'power_level_content_override',
    'room_version',
    'is_direct',
  ])
    for (const value of WRONG) await side.by('bob', `POST ${C}/createRoom`, { [member]: value })
  for (const text of ['', 'x', '[]', 'null'])
    await side.compare({ to: `POST ${C}/createRoom`, as: 'bob', text })
}

async function send(side: Side): Promise<void> {
  const room = await makeRoom(side, 'talk', { preset: 'public_chat' })
  const at = `${C}/rooms/${enc(room)}`
  const text = { msgtype: 'm.text', body: 'x' }
  const first = await side.by('bob', `PUT ${at}/send/m.room.message/1`, text)
  side.names.set('first', first.body.event_id)
  await side.by('bob', `PUT ${at}/send/m.room.message/1`, { msgtype: 'm.text', body: 'another' })
  for (const type of [
    'm.room.message',
    'm.room.encrypted',
    'm.reaction',
    'm.room.redaction',
    'm.room.member',
    'm.room.create',
    'x',
    'a b',
    'ü',
    '',
    'x'.repeat(256),
    'm.room.power_levels',
  ])
    for (const [i, body] of (type === 'm.room.power_levels'
      ? []
      : [text, {}, { a: 1.5 }, { a: 2 ** 53 }, { a: [] }]
    ).entries())
      await side.by('bob', `PUT ${at}/send/${enc(type)}/${enc(type).slice(0, 20)}${i}`, body)
  for (const [i, body] of [
    '',
    'x',
    '[]',
    'null',
    '3',
    '{"a":1e999}',
    '{"a":"\\u0000"}',
    '{"a":"\\ud800"}',
  ].entries())
    await side.compare({ to: `PUT ${at}/send/x/t${i}`, as: 'bob', text: body })
  await side.by('bob', `POST ${at}/send/m.room.message`, text)
  await side.by('bob', `PUT ${at}/send/m.room.message/long`, { ...text, body: 'x'.repeat(66_000) })
  await side.by('bob', `PUT ${at}/send/m.room.message/ts?ts=1600000000000`, text)
  for (const [i, where] of [
    enc('!none:elsewhere'),
    'none',
    '',
    enc(`!none:${side.serverName}`),
    `${enc(room)}x`,
  ].entries())
    await side.by('bob', `PUT ${C}/rooms/${where}/send/x/n${i}`, {})
  await side.by('carol', `PUT ${at}/send/m.room.message/1`, text)
  await side.by(null, `PUT ${at}/send/m.room.message/1`, text)
  const states: [string, unknown][] = [
    ['m.room.name', { name: 'N' }],
    ['m.room.name/', { name: 'N' }],
    ['m.room.name', { name: 3 }],
    ['m.room.topic/', { topic: 'T' }],
    ['m.room.member/x', {}],
    [`m.room.member/${enc(side.id('bob'))}`, { membership: 'none' }],
    [`m.room.member/${enc(side.id('bob'))}`, {}],
    [`m.room.member/${enc(side.id('carol'))}`, { membership: 'invite' }],
    ['m.room.power_levels', { users: 3 }],
    ['m.room.power_levels', { users: { x: 100 } }],
    ['m.room.power_levels', { users: { [side.id('bob')]: '100' } }],
    ['m.room.create', {}],
    ['m.room.canonical_alias', { alias: '#none:x' }],
    ['m.room.canonical_alias', { alias: `#none:${side.serverName}` }],
    ['m.room.canonical_alias', { alias: 3 }],
    ['m.room.canonical_alias', { alt_aliases: 'x' }],
    ['m.room.canonical_alias', {}],
    ['m.room.join_rules', { join_rule: 'none' }],
    ['m.room.join_rules', {}],
    ['m.room.join_rules', { join_rule: 'public' }],
    ['m.room.history_visibility', { history_visibility: 'none' }],
    ['m.room.aliases/x', {}],
    ['m.room.encryption', {}],
    ['m.room.guest_access', { guest_access: 3 }],
    ['x.y/z', { a: 1 }],
    ['x.y/@carol:x', { a: 1 }],
    ['x.y/a%2Fb', { a: 1 }],
    ['x.y/', { a: 1 }],
    ['m.room.server_acl', {}],
    ['m.room.server_acl', { allow: [] }],
    ['m.room.server_acl', { allow: ['*'] }],
    ['m.room.tombstone', { body: 'x', replacement_room: '!x:y' }],
    ['m.room.pinned_events', { pinned: 'x' }],
    ['m.space.child/!x:y', {}],
  ]
  for (const [key, body] of states) await side.by('bob', `PUT ${at}/state/${key}`, body)
  for (const text of ['', 'x', '[]', 'null']) await side.compare({ to: `PUT ${at}/state/x`, as: 'bob', text })
  for (const [who, key] of [
    ['bob', 'm.room.name'],
    ['bob', 'm.room.name/'],
    ['bob', 'x.y/z'],
    ['bob', 'x.y/none'],
    ['bob', 'none'],
    ['bob', 'm.room.name?format=event'],
    ['bob', 'm.room.name?format=content'],
    ['bob', 'm.room.name?format=x'],
    ['bob', `m.room.member/${enc(side.id('bob'))}`],
    ['carol', 'm.room.name'],
    ['bob', 'm.room.create'],
  ] as const)
    await side.by(who, `GET ${at}/state/${key}`)
  await side.by('carol', `GET ${at}/state`)
  await side.by('bob', `GET ${C}/rooms/none/state`)
  const event = enc(first.body.event_id)
  for (const [who, id] of [
    ['bob', event],
    ['carol', event],
    ['dan', '$none'],
    ['bob', '$none'],
    ['bob', 'x'],
    ['bob', ''],
  ] as const) {
    await side.by(who, `GET ${at}/event/${id}`)
    await side.by(who, `GET ${at}/context/${id}?limit=2`)
    await side.by(who, `GET ${at}/relations/${id}`)
  }
  for (const [who, id, txn, body] of [
    ['carol', event, 'a', {}],
    ['bob', '$none', 'b', {}],
    ['bob', 'x', 'c', {}],
    ['bob', event, 'd', { reason: 3 }],
    ['bob', event, 'e', { reason: 'r' }],
    ['bob', event, 'e', { reason: 'r' }],
    ['bob', event, 'f', {}],
  ] as const)
    await side.by(who, `PUT ${at}/redact/${id}/${txn}`, body)
  await side.by('bob', `POST ${at}/redact/${event}`, {})
  await side.by('bob', `GET ${at}/event/${event}`)
}

async function membership(side: Side): Promise<void> {
  const [bob, carol, dan] = ['bob', 'carol', 'dan'].map((name) => side.id(name)) as [string, string, string]
  const rooms = {
    open: await makeRoom(side, 'open', { preset: 'public_chat' }),
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
    preset: 'public_chat',
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
  const room = await makeRoom(side, 'old', { preset: 'public_chat', name: 'old', topic: 'T' })
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
