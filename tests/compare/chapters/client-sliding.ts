import { makeRoom, OPEN } from '../cast.ts'
import type { Chapter } from '../chapter.ts'
import { C, enc } from '../paths.ts'
import type { Side } from '../side.ts'
import { type Body, makeSlidingRooms, SLIDING, Sliding, window } from '../sliding.ts'

/** Simplified sliding sync (MSC4186): windows, subscriptions, filters, positions. */
export const clientSliding: Chapter = {
  name: 'client-sliding',
  about: 'simplified sliding sync: lists, windows that move, subscriptions, filters, positions',
  async run(side) {
    for (const name of ['bob', 'carol', 'dan']) await side.register(name)
    const rooms = await makeSlidingRooms(side)
    await windows(side, rooms)
    await subscriptions(side, rooms)
    await states(side, rooms)
    await filters(side, rooms)
    await memberships(side)
    await positions(side, rooms)
    await malformed(side, rooms)
  },
}

async function windows(side: Side, { tea, den }: Record<string, string>): Promise<void> {
  const [bob, carol] = [side.people.get('bob')!, side.people.get('carol')!]
  const client = new Sliding(side, 'bob', 'windows')
  await client.ask('the first room', window(0, 0))
  await client.ask('nothing new', window(0, 0))
  await client.ask('a window that grows', window(0, 1))
  await client.ask('a window that moves', window(2, 3))
  await client.ask('a window behind the end', window(10, 20))
  await client.ask('all', window(0, 99))
  await client.ask('all again', window(0, 99))
  await bob.send(tea!, 'up')
  await client.ask('a room comes up', window(0, 1))
  await carol.send(den!, 'two')
  await carol.send(den!, 'three')
  await client.ask('two messages, one of them in the timeline', window(0, 0))
  await client.ask('more of the timeline', window(0, 0, { timeline_limit: 20 }))
  await client.ask('more state', window(0, 0, { required_state: [['*', '*']] }))
  await client.ask('less state', window(0, 0, { required_state: [] }))
  await client.ask('two lists', {
    lists: {
      one: { ranges: [[0, 0]], timeline_limit: 0, required_state: [] },
      two: { ranges: [[0, 2]], timeline_limit: 2, required_state: [['m.room.topic', '']] },
    },
  })
  await client.ask(
    'two ranges',
    window(0, 0, {
      ranges: [
        [0, 0],
        [2, 2],
      ],
    }),
  )
  await client.ask('no list', {})
}

async function subscriptions(side: Side, { tea, secret, den }: Record<string, string>): Promise<void> {
  const client = new Sliding(side, 'bob', 'subscriptions')
  const to = (room: string, more: Body = {}) => ({
    room_subscriptions: { [room]: { timeline_limit: 2, required_state: [['m.room.create', '']], ...more } },
  })
  await client.ask('a room', to(tea!))
  await client.ask('the same room', to(tea!))
  await client.ask('another room', to(den!))
  await side.people.get('bob')!.send(tea!, 'unseen')
  await client.ask('news of a room that is not looked at any more', to(den!))
  await client.ask('the first room again', to(tea!, { timeline_limit: 5 }))
  await client.ask('a room and a list', { ...window(0, 0), ...to(secret!) })
  await client.ask('no room', to(`!none:${side.serverName}`))
  await new Sliding(side, 'dan', 'subscriptions').ask('a room one is not in', to(tea!))
}

async function states(side: Side, { den }: Record<string, string>): Promise<void> {
  const carol = side.id('carol')
  for (const [i, required] of [
    [['m.room.member', '$ME']],
    [['m.room.member', '$LAZY']],
    [
      ['m.room.member', '$LAZY'],
      ['m.room.member', '$ME'],
    ],
    [['m.room.member', carol]],
    [['m.room.member', '*']],
    [['*', '']],
    [['*', '*']],
    [
      ['*', '*'],
      ['m.room.member', '$LAZY'],
    ],
    [['m.room.none', '']],
    [['m.room.name', '*']],
    [],
  ].entries())
    await new Sliding(side, 'bob', `state ${i}`).ask(JSON.stringify(required).replaceAll(carol, 'carol'), {
      room_subscriptions: { [den!]: { timeline_limit: 1, required_state: required } },
    })
  const lazy = new Sliding(side, 'bob', 'lazy')
  const wants = {
    room_subscriptions: { [den!]: { timeline_limit: 1, required_state: [['m.room.member', '$LAZY']] } },
  }
  await lazy.ask('the last who spoke', wants)
  await side.people.get('dan')!.join(den!)
  await lazy.ask('somebody joins', wants)
  await side.people.get('dan')!.send(den!, 'it is me')
  await lazy.ask('who joined speaks', wants)
  await side.people.get('carol')!.send(den!, 'hello')
  await lazy.ask('who is known speaks', wants)
  await side.people.get('dan')!.leave(den!)
  await lazy.ask('somebody leaves', wants)
}

async function filters(side: Side, { space, den }: Record<string, string>): Promise<void> {
  await side.by('bob', `PUT ${C}/user/${side.id('bob')}/account_data/m.direct`, { [side.id('carol')]: [den] })
  await side.by('bob', `PUT ${C}/user/${side.id('bob')}/rooms/${enc(den!)}/tags/m.favourite`, { order: 0.5 })
  for (const [i, wanted] of [
    {},
    { is_dm: true },
    { is_dm: false },
    { is_encrypted: true },
    { is_encrypted: false },
    { is_invite: true },
    { is_invite: false },
    { room_types: ['m.space'] },
    { room_types: [null] },
    { room_types: [null, 'm.space'] },
    { not_room_types: ['m.space'] },
    { not_room_types: [null] },
    { room_types: ['m.space'], not_room_types: ['m.space'] },
    { room_types: [] },
    { tags: ['m.favourite'] },
    { not_tags: ['m.favourite'] },
    { tags: [] },
    { spaces: [space] },
    { is_dm: true, is_encrypted: true },
    { is_dm: null },
    { none: true },
  ].entries())
    await new Sliding(side, 'bob', `filter ${i}`).ask(JSON.stringify(wanted).replace(space!, 'space'), {
      lists: { a: { ranges: [[0, 9]], timeline_limit: 0, required_state: [], filters: wanted } },
    })
}

async function memberships(side: Side): Promise<void> {
  const [bob, dan] = [side.people.get('bob')!, side.people.get('dan')!]
  const club = await makeRoom(side, 'club', { ...OPEN, preset: 'private_chat', name: 'Club' })
  const client = new Sliding(side, 'dan', 'memberships')
  const look = (what: string) => client.ask(what, window(0, 9, { timeline_limit: 3 }))
  await look('before')
  await bob.invite(club, dan.userId)
  await look('an invite')
  await look('the same invite')
  await dan.join(club)
  await look('joined')
  await bob.sendState(club, 'm.room.name', '', { name: 'Club!' })
  await look('renamed')
  await side.by('bob', `POST ${C}/rooms/${enc(club)}/kick`, { user_id: dan.userId })
  await look('kicked')
  await bob.send(club, 'he is away')
  await look('what is said behind one’s back')
  await bob.invite(club, dan.userId)
  await look('asked back')
  await dan.leave(club)
  await look('turned down')
  await bob.invite(club, dan.userId)
  await dan.join(club)
  await look('back')
  await dan.leave(club)
  await look('left')
  await side.by('dan', `POST ${C}/rooms/${enc(club)}/forget`, {})
  await look('forgotten')
  await new Sliding(side, 'dan', 'memberships, anew').ask('anew', window(0, 9, { timeline_limit: 3 }))
}

async function positions(side: Side, { den }: Record<string, string>): Promise<void> {
  const client = new Sliding(side, 'bob', 'positions')
  await client.ask('first', window(0, 0))
  const first = client.pos
  await side.people.get('carol')!.send(den!, 'four')
  await client.ask('second', window(0, 0))
  await client.ask('the first again: the answer was lost', window(0, 0), first)
  const third = client.pos
  await client.ask('third', window(0, 0))
  await client.ask('fourth', window(0, 0))
  await client.ask('one that is over', window(0, 0), first)
  await client.ask('one that is over, too', window(0, 0), third)
  await client.ask('one that never was', window(0, 0), '999999/s1')
  await client.ask('none', window(0, 0), 'x')
  await new Sliding(side, 'dan', 'positions').ask('of somebody else', window(0, 0), client.pos)
  await new Sliding(side, 'bob', 'another').ask('of another connection', window(0, 0), client.pos)
  await client.ask('anew', window(0, 0), '')
}

async function malformed(side: Side, { den }: Record<string, string>): Promise<void> {
  const list = (more: Body) => ({
    lists: { a: { ranges: [[0, 1]], timeline_limit: 1, required_state: [], ...more } },
  })
  const bodies: readonly unknown[] = [
    [],
    { lists: [] },
    { lists: null },
    { lists: { a: null } },
    { lists: { ['x'.repeat(65)]: list({}).lists.a } },
    list({ ranges: null }),
    list({ ranges: [] }),
    list({ ranges: [[1, 0]] }),
    list({ ranges: [[-1, 0]] }),
    list({ ranges: [[0]] }),
    list({ ranges: [[0, 1, 2]] }),
    list({ ranges: [['0', '1']] }),
    list({ ranges: [0, 1] }),
    list({ timeline_limit: -1 }),
    list({ timeline_limit: 'x' }),
    list({ timeline_limit: 1_001 }),
    list({ timeline_limit: null }),
    list({ required_state: 'x' }),
    list({ required_state: ['x'] }),
    list({ required_state: [['x']] }),
    list({ required_state: [[1, 2]] }),
    list({ required_state: null }),
    list({ filters: 'x' }),
    list({ filters: { is_dm: 'x' } }),
    list({ filters: { room_types: 'x' } }),
    list({ filters: { spaces: ['x'] } }),
    list({ filters: null }),
    { lists: { a: { timeline_limit: 1, required_state: [] } } },
    { lists: { a: { ranges: [[0, 1]], required_state: [] } } },
    { lists: { a: { ranges: [[0, 1]], timeline_limit: 1 } } },
    { room_subscriptions: [] },
    { room_subscriptions: { x: { timeline_limit: 1, required_state: [] } } },
    { room_subscriptions: { [den!]: {} } },
    { room_subscriptions: { [den!]: 3 } },
    { extensions: 'x' },
    { extensions: null },
    { extensions: { none: { enabled: true } } },
    { extensions: { e2ee: { enabled: 'x' } } },
    { extensions: { e2ee: null } },
    { extensions: { to_device: { enabled: true, since: 'x' } } },
    { extensions: { to_device: { enabled: true, limit: 0 } } },
    { extensions: { to_device: { enabled: true, limit: 'x' } } },
    { extensions: { typing: { enabled: true, lists: 'x' } } },
    { extensions: { typing: { enabled: true, rooms: [3] } } },
    { conn_id: 3 },
    { conn_id: null },
    { unknown: true },
  ]
  for (const body of bodies) await side.by('bob', `POST ${SLIDING}`, body)
  for (const text of ['', 'x']) await side.compare({ to: `POST ${SLIDING}`, as: 'bob', text })
  for (const query of ['timeout=x', 'timeout=-1', 'set_presence=x', 'set_presence=offline', 'pos='])
    await side.by('bob', `POST ${SLIDING}?${query}`, {})
  await side.by(null, `POST ${SLIDING}`, {})
  await side.by('bob', `GET ${SLIDING}`)
}
