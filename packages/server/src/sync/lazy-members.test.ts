import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { LazyMembers, type LazyReader } from './lazy-members.ts'

const ROOM = '!room' as RoomId
const reader = (deviceId: string, since: number | undefined, upTo: number) =>
  ({
    userId: '@a:test' as UserId,
    deviceId,
    since: since === undefined ? undefined : { events: since },
    upTo: { events: upTo },
  }) as LazyReader

const some = (count: number) => new Set(Array.from({ length: count }, (_, i) => `@user${i}:test`))

test('a member is sent until the device comes back with the token of an answer that had it', () => {
  const members = new LazyMembers({ members: 100 })

  assert.equal(members.select(reader('A', undefined, 5), ROOM, some(2), true).length, 2)
  assert.equal(
    members.select(reader('A', undefined, 6), ROOM, some(2), false).length,
    2,
    'the first was lost',
  )
  assert.deepEqual(members.select(reader('A', 6, 7), ROOM, some(3), false), ['@user2:test'])
  assert.deepEqual(members.select(reader('A', 7, 8), ROOM, some(3), false), [])
  assert.equal(members.select(reader('A', 8, 9), ROOM, some(3), true).length, 3, 'new to the room')
})

test('what devices know is bounded by its members, not by the devices: the one that asked least lately is forgotten', () => {
  const members = new LazyMembers({ members: 100 })
  const known = (device: string) => members.select(reader(device, 10, 10), ROOM, some(30), false).length === 0
  for (const device of ['A', 'B', 'C']) members.select(reader(device, undefined, 10), ROOM, some(30), true)
  assert.deepEqual(['A', 'B', 'C'].map(known), [true, true, true])

  for (
    let count = 1;
    count <= 30;
    count++ // one that grows is counted as it grows
  )
    members.select(reader('D', undefined, 10), ROOM, some(count), false)

  assert.deepEqual(['B', 'C', 'D'].map(known), [true, true, true])
  assert.equal(known('A'), false)
})
