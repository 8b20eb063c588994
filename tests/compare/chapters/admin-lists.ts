import type { Client } from '@ranvier/testkit'
import { OPEN, waitFor } from '../cast.ts'
import type { Chapter } from '../chapter.ts'
import type { Ask, Side } from '../side.ts'

const ORDERS = [
  'name',
  'is_guest',
  'admin',
  'user_type',
  'deactivated',
  'shadow_banned',
  'displayname',
  'avatar_url',
  'creation_ts',
  'last_seen_ts',
  'locked',
]
const FILTERS = [
  '',
  'guests=false',
  'guests=true',
  'deactivated=true',
  'deactivated=false',
  'admins=true',
  'admins=false',
  'locked=true',
  'locked=false',
  'not_user_type=bot',
  'not_user_type=',
  'not_user_type=bot&not_user_type=',
  'not_user_type=support&not_user_type=bot',
  'limit=2',
  'limit=2&from=2',
  'limit=2&from=1&dir=b',
  'from=3',
  'from=1000',
  'limit=0',
  'limit=0&from=3',
  'limit=1000',
  'user_id=nobody',
  'approved=false',
]

/** Accounts of every kind, in every order and through every filter. */
export const adminLists: Chapter = {
  name: 'admin-lists',
  about: 'lists of accounts, rooms, media: orders, filters, pages',
  async run(side) {
    await accounts(side)
    await rooms(side)
    await media(side)
  },
}

async function accounts(side: Side): Promise<void> {
  const put = (name: string, body: Record<string, unknown>) =>
    side.by('admin', `PUT /_synapse/admin/v2/users/${side.id(name)}`, body)
  await put('anna', { displayname: `Zoë Über ${side.prefix}`, avatar_url: `mxc://${side.serverName}/a` })
  await put('ben', { displayname: 'ben', user_type: 'bot', avatar_url: `mxc://${side.serverName}/b` })
  await put('cleo', { displayname: '', admin: true, user_type: 'support' })
  await put('dora', { displayname: 'anna’s 100%_friend' })
  await put('dora', { deactivated: true })
  await put('emil', {})
  await put('emil', { locked: true })
  await put('fred', {})
  await side.by('admin', `POST /_synapse/admin/v1/users/${side.id('fred')}/shadow_ban`)
  await put('gina', { displayname: `Émile ${side.prefix}`, user_type: 'bot' })
  for (const version of ['v2', 'v3']) {
    const list = (query: string) => side.by('admin', `GET /_synapse/admin/${version}/users?${query}`)
    const own = `name=${side.prefix}`
    for (const filter of FILTERS) await list(`${own}&${filter}`)
    for (const order of ORDERS)
      for (const dir of ['f', 'b'])
        await list(`${own}&deactivated=true&locked=true&order_by=${order}&dir=${dir}`)
    const terms = ['anna', 'ANNA', '%25', '_', '%5C', 'x'].map((end) => side.prefix + end)
    const names = ['%C3%BCber', '%C3%9Cber', '%C3%A9mile', '%C3%89mile'].map(
      (name) => `${name}%20${side.prefix}`,
    )
    for (const term of [...terms, ...names, `@${side.prefix}`, `${side.prefix}anna:`]) {
      await list(`name=${term}`)
      await list(`user_id=${term}`)
    }
    await list(`user_id=${side.prefix}anna&name=${side.prefix}ben`)
    await list(`user_id=${side.id('anna')}`)
    await list(`user_id=${encodeURIComponent(side.id('ANNA'))}`)
  }
  for (const term of ['anna', 'ANNA', '%25', '_', ''])
    await side.by(
      'admin',
      `GET /_synapse/admin/v1/search_users/${side.id('anna')}?term=${side.prefix}${term}`,
      undefined,
      { order: true },
    )
}

const ROOM_ORDERS = [
  'alphabetical',
  'size',
  'name',
  'canonical_alias',
  'joined_members',
  'joined_local_members',
  'version',
  'creator',
  'encryption',
  'federatable',
  'public',
  'join_rules',
  'guest_access',
  'history_visibility',
  'state_events',
  'room_type',
]

/** Half of these rooms are equal in them: which comes first is chance. */
const TWO_VALUES = new Set(['federatable', 'public'])

async function rooms(side: Side): Promise<void> {
  for (const name of ['bob', 'carol', 'dan']) await side.register(name)
  const [bob, carol, dan] = ['bob', 'carol', 'dan'].map((name) => side.people.get(name)!) as [
    Client,
    Client,
    Client,
  ]
  const make = async (by: Client, name: string, options: Record<string, unknown>) => {
    const alias = `${side.prefix}${name}`
    const room = await by.createRoom({ name: alias, room_alias_name: alias, ...options })
    side.names.set(`room ${name}`, room)
    return room
  }
  const state = (type: string, content: Record<string, unknown>) => ({ type, content })
  // No two are equal in anything they can be ordered by, as far as there are three values.
  const shared = await make(bob, 'one', { ...OPEN, room_version: '9' })
  const two = await make(carol, 'two', {
    preset: 'private_chat',
    topic: 'a topic',
    room_version: '11',
    visibility: 'public',
    creation_content: { type: 'x.y' },
    initial_state: [
      state('m.room.encryption', { algorithm: 'm.megolm.v1.aes-sha2' }),
      state('m.room.history_visibility', { history_visibility: 'joined' }),
    ],
  })
  await make(dan, 'space', {
    room_version: '10',
    creation_content: { type: 'm.space', 'm.federate': false },
    initial_state: [
      state('m.room.encryption', { algorithm: 'a.b' }),
      state('m.room.history_visibility', { history_visibility: 'invited' }),
      state('m.room.join_rules', { join_rule: 'knock' }),
      state('m.room.guest_access', { guest_access: 'none' }),
    ],
  })
  await carol.join(shared)
  await dan.join(shared)
  await carol.invite(two, bob.userId)
  await bob.join(two)
  await untilCounted(side)
  const list = (query: string, more: Partial<Ask> = {}) =>
    side.by('admin', `GET /_synapse/admin/v1/rooms?search_term=${side.prefix}${query}`, undefined, more)
  for (const order of ROOM_ORDERS)
    for (const dir of ['f', 'b'])
      await list(`&order_by=${order}&dir=${dir}`, { order: TWO_VALUES.has(order) })
  for (const filter of [
    'public_rooms=true',
    'public_rooms=false',
    'empty_rooms=true',
    'empty_rooms=false',
    'limit=1',
    'limit=1&from=1',
    'limit=2&from=2',
    'from=9',
    'limit=0',
    'limit=0&from=1',
    'limit=1&from=3&dir=b',
  ])
    await list(`&${filter}`)
  for (const term of ['one', 'ONE', '%25', '_ne', '&search_term=x']) await list(term)
  await side.by('admin', `GET /_synapse/admin/v1/rooms?search_term=${encodeURIComponent(shared)}`)
  await side.by(
    'admin',
    `GET /_synapse/admin/v1/rooms?search_term=${encodeURIComponent(`#${side.prefix}one:${side.serverName}`)}`,
  )
  const empty = await make(bob, 'empty', { ...OPEN, visibility: 'public' })
  await bob.leave(empty)
  for (const room of [shared, empty])
    for (const part of [
      '',
      '/members',
      '/state',
      '/state?type=m.room.name',
      '/state?type=',
      '/state?type=none',
      '/messages',
      '/messages?dir=b&limit=2',
      '/messages?limit=0',
      '/messages?dir=x',
      '/block',
      '/forward_extremities',
      '/hierarchy',
      '/hierarchy?limit=0',
      '/hierarchy?max_depth=0',
      '/timestamp_to_event?ts=0',
      '/timestamp_to_event?ts=0&dir=b',
      '/timestamp_to_event',
    ])
      await side.by('admin', `GET /_synapse/admin/v1/rooms/${encodeURIComponent(room)}${part}`, undefined, {
        order: /members|state/.test(part),
      })
}

/** Synapse counts what is in rooms some time after it happened. */
const untilCounted = (side: Side) =>
  waitFor(side, { to: `GET /_synapse/admin/v1/rooms?search_term=${side.prefix}` }, ({ rooms }) => {
    const counts = (rooms as { joined_members: number }[]).map((room) => room.joined_members)
    return counts.toSorted().join() === '1,2,3'
  })

const MEDIA_ORDERS = [
  'media_id',
  'upload_name',
  'created_ts',
  'last_access_ts',
  'media_length',
  'media_type',
  'quarantined_by',
  'safe_from_quarantine',
  'user_id',
]

async function media(side: Side): Promise<void> {
  await side.register('eve')
  const sizes = { 'c.txt': 30, 'a.png': 10, 'b.txt': 20, '': 5 }
  for (const [name, size] of Object.entries(sizes)) {
    const { body } = await side.by('eve', `POST /_matrix/media/v3/upload?filename=${name}`, undefined, {
      text: 'x'.repeat(size),
      headers: { 'content-type': name.endsWith('.png') ? 'image/png' : 'text/plain' },
    })
    side.names.set(`file ${name || 'without a name'}`, (body.content_uri as string).split('/').at(-1)!)
  }
  const path = `/_synapse/admin/v1/users/${side.id('eve')}/media`
  for (const order of MEDIA_ORDERS)
    for (const dir of ['', '&dir=f', '&dir=b'])
      await side.by('admin', `GET ${path}?order_by=${order}${dir}`, undefined, {
        order:
          order === 'media_id' ||
          order.endsWith('_ts') ||
          order.startsWith('qua') ||
          order.startsWith('safe') ||
          order === 'media_type',
      })
  for (const query of ['', 'dir=f', 'dir=b', 'limit=1', 'limit=1&from=1', 'from=9', 'limit=0'])
    await side.by('admin', `GET ${path}?${query}`, undefined, { order: true })
  const statistics = `GET /_synapse/admin/v1/statistics/users/media?search_term=${side.prefix}`
  for (const query of [
    '',
    'order_by=user_id',
    'order_by=displayname',
    'order_by=media_count',
    'order_by=media_length&dir=b',
    'order_by=x',
    'from_ts=1',
    'until_ts=1',
    'from_ts=5&until_ts=3',
    'from_ts=5&until_ts=5',
    'limit=0',
    'from_ts=-1',
  ])
    await side.by('admin', `${statistics}&${query}`)
  await side.by('admin', `DELETE ${path}?limit=1&order_by=media_length`)
  await side.by('admin', `DELETE ${path}`, undefined, { order: true })
  await side.by('admin', `GET ${path}`)
}
