import { makeRoom, OPEN } from '../cast.ts'
import type { Chapter } from '../chapter.ts'
import { C, enc } from '../paths.ts'
import type { Side } from '../side.ts'

const WRONG: readonly unknown[] = [null, 3, true, '', 'x', [], {}, ['x']]

/** Making rooms, and sending into them. */
export const clientRooms: Chapter = {
  name: 'client-rooms',
  about: 'createRoom, send, state, redaction',
  async run(side) {
    for (const name of ['bob', 'carol', 'dan']) await side.register(name)
    await create(side)
    await send(side)
  },
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
    { ...OPEN, room_alias_name: `${side.prefix}alias` },
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
  // This alias may have been made in another run.
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
    for (const value of WRONG)
      if (member !== 'room_alias_name' || value !== 'x')
        await side.by('bob', `POST ${C}/createRoom`, { [member]: value })
  for (const text of ['', 'x', '[]', 'null'])
    await side.compare({ to: `POST ${C}/createRoom`, as: 'bob', text })
}

async function send(side: Side): Promise<void> {
  const room = await makeRoom(side, 'talk', OPEN)
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
    ['bob', event, 'd', { reason: 'r' }],
    ['bob', event, 'd', { reason: 'r' }],
    ['bob', event, 'f', {}],
  ] as const)
    await side.by(who, `PUT ${at}/redact/${id}/${txn}`, body)
  await side.by('bob', `POST ${at}/redact/${event}`, {})
  await side.by('bob', `GET ${at}/event/${event}`)
  await side.by('bob', `PUT ${at}/redact/${event}/g`, { reason: 3 })
}
