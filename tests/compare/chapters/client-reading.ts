import { OPEN } from '../cast.ts'
import type { Chapter } from '../chapter.ts'
import { C, enc } from '../paths.ts'
import type { Side } from '../side.ts'

/** What is read of rooms: sync, pages, single events, search. */
export const clientReading: Chapter = {
  name: 'client-reading',
  about:
    'sync, filters, messages, context, relations, threads, search, hierarchy, receipts, typing, presence',
  async run(side) {
    for (const name of ['bob', 'carol', 'dan']) await side.register(name)
    const room = await side.people.get('bob')!.createRoom({ ...OPEN, name: 'R' })
    side.names.set('room', room)
    const events = await talk(side, room)
    await filters(side)
    await syncs(side, room)
    await pages(side, room, events)
    await receipts(side, room, events)
    await spaces(side, room)
  },
}

async function talk(side: Side, room: string): Promise<string[]> {
  const [bob, carol] = [side.people.get('bob')!, side.people.get('carol')!]
  await carol.join(room)
  const root = await bob.send(room, 'the word')
  const events = [root]
  const relate = async (who: typeof bob, type: string, content: Record<string, unknown>) => {
    events.push(await who.send(room, content, { type }))
  }
  await relate(carol, 'm.room.message', {
    msgtype: 'm.text',
    body: 'in a thread',
    'm.relates_to': { rel_type: 'm.thread', event_id: root },
  })
  await relate(carol, 'm.reaction', {
    'm.relates_to': { rel_type: 'm.annotation', event_id: root, key: '👍' },
  })
  await relate(bob, 'm.room.message', {
    msgtype: 'm.text',
    body: '* edited',
    'm.new_content': { msgtype: 'm.text', body: 'edited' },
    'm.relates_to': { rel_type: 'm.replace', event_id: root },
  })
  for (let i = 0; i < 5; i++) events.push(await carol.send(room, `word ${i} ${side.id('bob')}`))
  for (const [i, event] of events.entries()) side.names.set(`event ${i}`, event)
  return events
}

const FILTERS: readonly unknown[] = [
  {},
  { room: { timeline: { limit: 2 } } },
  { room: { timeline: { limit: 'x' } } },
  { room: 3 },
  { event_fields: ['content.body'] },
  { event_format: 'federation' },
  { event_format: 'x' },
  { room: { timeline: { types: 'x' } } },
  { room: { timeline: { senders: ['x'] } } },
  { room: { rooms: ['x'] } },
  { presence: { limit: -1 } },
  { none: 1 },
  { room: { state: { lazy_load_members: true } } },
  { room: { timeline: { contains_url: 'x' } } },
]

async function filters(side: Side): Promise<void> {
  const path = `${C}/user/${side.id('bob')}/filter`
  for (const filter of FILTERS) await side.by('bob', `POST ${path}`, filter)
  for (const text of ['', 'x', '[]']) await side.compare({ to: `POST ${path}`, as: 'bob', text })
  await side.by('bob', `POST ${C}/user/${side.id('carol')}/filter`, {})
  await side.by('bob', `POST ${C}/user/@x:elsewhere/filter`, {})
  for (const id of ['0', '1', '999', 'x', '-1', '']) await side.by('bob', `GET ${path}/${id}`)
  await side.by('bob', `GET ${C}/user/${side.id('carol')}/filter/0`)
}

async function syncs(side: Side, room: string): Promise<void> {
  // Synapse keeps an answer for whoever asks the same again: no two are the same.
  let asked = 0
  const get = (as: string, query: string) => side.by(as, `GET ${C}/sync?${query}&n=${++asked}`)
  await get('dan', '')
  const first = await get('bob', '')
  await get(
    'carol',
    'filter={"room":{"timeline":{"limit":2}}}'.replace(/[{}"]/g, (c) => enc(c)),
  )
  for (const filter of FILTERS) await get('bob', `filter=${enc(JSON.stringify(filter))}`)
  for (const query of [
    'filter=x',
    'filter=999',
    'filter=',
    'filter={',
    'since=x',
    'since=',
    'since=s1',
    'timeout=x',
    'timeout=-1',
    'timeout=',
    'full_state=x',
    'full_state=true',
    'set_presence=x',
    'set_presence=offline',
    'use_state_after=true',
    'org.matrix.msc4222.use_state_after=true',
  ])
    await get('bob', query)
  const since = enc(first.body.next_batch)
  side.names.set('since', first.body.next_batch)
  await get('bob', `since=${since}&timeout=${asked}`)
  await side.by('carol', `PUT ${C}/rooms/${enc(room)}/typing/${enc(side.id('carol'))}`, {
    typing: true,
    timeout: 30_000,
  })
  const sent = await side.people.get('carol')!.send(room, 'new')
  side.names.set('new', sent)
  await side.by('carol', `PUT ${C}/user/${side.id('carol')}/account_data/a.b`, { c: 1 })
  await get('bob', `since=${since}&timeout=${asked}`)
  await get('carol', `since=${since}&timeout=${asked}&filter=${enc('{"presence":{"types":[]}}')}`)
  await side.by('carol', `POST ${C}/rooms/${enc(room)}/leave`, {})
  await get('carol', `since=${since}&timeout=${asked}&filter=${enc('{"presence":{"types":[]}}')}`)
  await get('carol', `filter=${enc('{"presence":{"types":[]},"room":{"include_leave":true}}')}`)
  await side.people.get('bob')!.invite(room, side.id('dan'))
  await get('dan', `filter=${enc('{"presence":{"types":[]}}')}`)
  for (const path of [
    'initialSync',
    'events?timeout=0',
    `rooms/${enc(room)}/initialSync`,
    'notifications',
    'notifications?limit=1',
    'notifications?limit=x',
    'notifications?only=highlight',
    'notifications?only=x',
    'notifications?from=x',
  ])
    await side.by('bob', `GET ${C}/${path}`, undefined, { values: true })
  for (const body of [
    {},
    { lists: { a: { ranges: [[0, 1]], timeline_limit: 1, required_state: [['*', '*']] } } },
    { lists: 3 },
    { room_subscriptions: { [room]: { timeline_limit: 1, required_state: [] } } },
    { lists: { a: { ranges: 'x' } } },
    { lists: { a: {} } },
  ])
    await side.by('bob', 'POST /_matrix/client/unstable/org.matrix.simplified_msc3575/sync', body)
}

async function pages(side: Side, room: string, [root]: string[]): Promise<void> {
  const at = `${C}/rooms/${enc(room)}`
  const queries = [
    '',
    'dir=b',
    'dir=f',
    'dir=x',
    'dir=b&limit=2',
    'dir=b&limit=0',
    'dir=b&limit=-1',
    'dir=b&limit=x',
    'dir=b&limit=5000',
    'dir=b&from=x',
    'dir=b&from=',
    'dir=b&from=s1',
    'dir=b&to=x',
    'dir=b&filter=x',
    `dir=b&filter=${enc('{"types":["m.room.name"]}')}`,
    `dir=b&filter=${enc('{"types":[3]}')}`,
    `dir=b&filter=${enc('{"limit":1}')}`,
    `dir=b&filter=${enc('{"lazy_load_members":true}')}`,
    `dir=b&filter=${enc('{"related_by_rel_types":["m.thread"]}')}`,
    `dir=b&filter=${enc('[]')}`,
    `dir=b&filter=${enc('{"senders":"x"}')}`,
    `dir=f&filter=${enc('{"not_types":["m.room.message"]}')}`,
  ]
  for (const query of queries) await side.by('bob', `GET ${at}/messages?${query}`)
  for (const who of ['carol', 'dan', null])
    await side.by(who, `GET ${at}/messages?dir=b`, undefined, { values: true })
  for (const other of ['none', `!none:${side.serverName}`])
    await side.by('bob', `GET ${C}/rooms/${enc(other)}/messages?dir=b`)
  for (const part of [
    '',
    '?limit=0',
    '?limit=2',
    '?limit=-1',
    '?limit=x',
    '?filter=x',
    `?filter=${enc('{"lazy_load_members":true}')}`,
    '?limit=500',
  ])
    await side.by('bob', `GET ${at}/context/${enc(root!)}${part}`)
  for (const part of [
    '',
    '/m.thread',
    '/m.annotation',
    '/m.annotation/m.reaction',
    '/m.replace',
    '/none',
    '?limit=1',
    '?limit=0',
    '?limit=x',
    '?dir=f',
    '?dir=x',
    '?from=x',
    '?recurse=true',
    '?recurse=x',
  ])
    await side.by('bob', `GET /_matrix/client/v1/rooms/${enc(room)}/relations/${enc(root!)}${part}`)
  for (const query of [
    '',
    'include=participated',
    'include=all',
    'include=x',
    'limit=0',
    'limit=x',
    'from=x',
  ])
    await side.by('bob', `GET /_matrix/client/v1/rooms/${enc(room)}/threads?${query}`)
  for (const query of [
    '',
    'ts=0',
    'ts=0&dir=f',
    'ts=0&dir=b',
    'ts=99999999999999&dir=b',
    'ts=x',
    'ts=-1',
    'ts=0&dir=x',
  ])
    await side.by('bob', `GET /_matrix/client/v1/rooms/${enc(room)}/timestamp_to_event?${query}`)
  const search = (body: unknown, query = '') =>
    side.by('bob', `POST ${C}/search${query}`, body, { values: false })
  const room_events = { search_term: 'word' }
  for (const body of [
    {},
    { search_categories: {} },
    { search_categories: 3 },
    { search_categories: { room_events: {} } },
    { search_categories: { room_events: { search_term: '' } } },
    { search_categories: { room_events: { search_term: 3 } } },
    { search_categories: { room_events: { ...room_events, filter: { rooms: [room] }, order_by: 'recent' } } },
    { search_categories: { room_events: { ...room_events, order_by: 'x' } } },
    { search_categories: { room_events: { ...room_events, keys: ['x'] } } },
    { search_categories: { room_events: { ...room_events, filter: 3 } } },
    { search_categories: { room_events: { ...room_events, order_by: 'recent', filter: { limit: 1 } } } },
    {
      search_categories: {
        room_events: {
          ...room_events,
          order_by: 'recent',
          event_context: { before_limit: 1, after_limit: 1, include_profile: true },
          filter: { limit: 1 },
        },
      },
    },
    {
      search_categories: {
        room_events: { ...room_events, order_by: 'recent', groupings: { group_by: [{ key: 'sender' }] } },
      },
    },
    { search_categories: { room_events: { search_term: 'nothing' } } },
    {
      search_categories: {
        room_events: { ...room_events, order_by: 'recent', include_state: true, filter: { limit: 1 } },
      },
    },
  ])
    await search(body)
  await search({ search_categories: { room_events } }, '?next_batch=x')
  for (const body of [
    { search_term: `${side.prefix}bob` },
    { search_term: `${side.prefix}` },
    { search_term: '' },
    {},
    { search_term: 3 },
    { search_term: 'bob', limit: 0 },
    { search_term: 'bob', limit: 'x' },
    { search_term: 'bob', limit: -1 },
  ])
    await side.by('bob', `POST ${C}/user_directory/search`, body, {
      values: !JSON.stringify(body).includes(side.prefix),
      order: true,
    })
}

async function receipts(side: Side, room: string, [event]: string[]): Promise<void> {
  const at = `${C}/rooms/${enc(room)}`
  for (const type of ['m.read', 'm.read.private', 'm.fully_read', 'm.none', ''])
    for (const body of [
      {},
      { thread_id: 'main' },
      { thread_id: event },
      { thread_id: '' },
      { thread_id: 3 },
      { thread_id: '$none' },
    ])
      await side.by('bob', `POST ${at}/receipt/${type}/${enc(event!)}`, body)
  for (const id of ['$none', 'x', '']) await side.by('bob', `POST ${at}/receipt/m.read/${id}`, {})
  await side.compare({ to: `POST ${at}/receipt/m.read/${enc(event!)}`, as: 'bob', text: '' })
  await side.compare({ to: `POST ${at}/receipt/m.read/${enc(event!)}`, as: 'bob', text: '[]' })
  await side.by('carol', `POST ${at}/receipt/m.read/${enc(event!)}`, {})
  for (const body of [
    {},
    { 'm.fully_read': event },
    { 'm.read': event, 'm.read.private': event, 'm.fully_read': event },
    { 'm.read': 3 },
    { 'm.read': '$none' },
    { none: event },
  ])
    await side.by('bob', `POST ${at}/read_markers`, body)
  for (const [as, who, body] of [
    ['bob', 'bob', { typing: true, timeout: 1_000 }],
    ['bob', 'bob', { typing: false }],
    ['bob', 'bob', {}],
    ['bob', 'bob', { typing: 'x' }],
    ['bob', 'bob', { typing: true, timeout: 'x' }],
    ['bob', 'bob', { typing: true, timeout: -1 }],
    ['bob', 'bob', { typing: true }],
    ['bob', 'carol', { typing: true }],
    ['dan', 'dan', { typing: true }],
  ] as const)
    await side.by(as, `PUT ${at}/typing/${enc(side.id(who))}`, body)
  for (const who of [side.id('bob'), side.id('carol'), side.id('nobody'), '@x:elsewhere', 'x']) {
    await side.by('bob', `GET ${C}/presence/${enc(who)}/status`, undefined, { values: true })
    for (const body of [
      { presence: 'online' },
      { presence: 'x' },
      {},
      { presence: 'offline', status_msg: 'gone' },
      { presence: 'online', status_msg: 3 },
      { presence: 'unavailable', status_msg: 'x'.repeat(5_000) },
      { presence: 3 },
    ])
      await side.by('bob', `PUT ${C}/presence/${enc(who)}/status`, body)
  }
}

async function spaces(side: Side, room: string): Promise<void> {
  const space = await side.people
    .get('bob')!
    .createRoom({ creation_content: { type: 'm.space' }, name: 'S', ...OPEN })
  side.names.set('space', space)
  await side.people.get('bob')!.sendState(space, 'm.space.child', room, { via: [side.serverName] })
  const path = `/_matrix/client/v1/rooms/${enc(space)}/hierarchy`
  for (const query of [
    '',
    'limit=1',
    'limit=0',
    'limit=x',
    'max_depth=0',
    'max_depth=-1',
    'suggested_only=true',
    'suggested_only=x',
    'from=x',
  ])
    await side.by('bob', `GET ${path}?${query}`)
  for (const [who, where] of [
    ['dan', space],
    ['dan', room],
    ['bob', '!none:x'],
    ['bob', 'x'],
  ] as const)
    await side.by(who, `GET /_matrix/client/v1/rooms/${enc(where)}/hierarchy`)
  await side.by(
    'bob',
    `GET /_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms?user_id=${enc(side.id('carol'))}`,
  )
}
