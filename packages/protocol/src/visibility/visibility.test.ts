import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Membership } from '../auth/room-state.ts'
import { ALICE, TestRoom } from '../auth/test-room.ts'
import type { HistoryVisibility, VisibilityFacts } from './history-visibility.ts'
import { canSeeEvent, historyVisibilityOf, membershipOfServer } from './history-visibility.ts'
import type { Since } from './timeline-visibility.ts'
import { timelineVisibility } from './timeline-visibility.ts'

const VISIBILITIES: HistoryVisibility[] = ['world_readable', 'shared', 'invited', 'joined']
const MEMBERSHIPS: (Membership | undefined)[] = [undefined, 'invite', 'join', 'leave', 'ban', 'knock']

/** Spec: CS API §Room history visibility. Columns: none, invite, join, leave, ban, knock. */
const TABLE: [HistoryVisibility, joinedLater: boolean, sees: string][] = [
  ['world_readable', false, 'yes yes yes yes yes yes'],
  ['world_readable', true, 'yes yes yes yes yes yes'],
  ['shared', false, 'no no yes no no no'],
  ['shared', true, 'yes yes yes yes yes yes'],
  ['invited', false, 'no yes yes no no no'],
  ['invited', true, 'no yes yes no no no'],
  ['joined', false, 'no no yes no no no'],
  ['joined', true, 'no no yes no no no'],
]

const inTable = (visibility: HistoryVisibility, joinedLater: boolean, membership: Membership | undefined) => {
  const row = TABLE.find(([v, later]) => v === visibility && later === joinedLater)!
  return row[2].split(' ')[MEMBERSHIPS.indexOf(membership)] === 'yes'
}

for (const [visibility, joinedLater, sees] of TABLE) {
  test(`${visibility}, joined later: ${joinedLater}: who sees an event`, () => {
    assert.equal(
      MEMBERSHIPS.map((membership) =>
        canSeeEvent({ visibility, membership, joinedLater }) ? 'yes' : 'no',
      ).join(' '),
      sees,
    )
  })
}

test('a change of the visibility is seen if the old or the new value allows it', () => {
  for (const visibility of VISIBILITIES) {
    for (const visibilityBefore of VISIBILITIES) {
      for (const membership of MEMBERSHIPS) {
        for (const joinedLater of [false, true]) {
          assert.equal(
            canSeeEvent({ visibility, visibilityBefore, membership, joinedLater }),
            inTable(visibility, joinedLater, membership) ||
              inTable(visibilityBefore, joinedLater, membership),
            `${visibilityBefore} → ${visibility}, ${membership}`,
          )
        }
      }
    }
  }
})

test('an own membership event is seen if the membership before or after allows it', () => {
  for (const visibility of VISIBILITIES) {
    for (const from of MEMBERSHIPS) {
      for (const membership of MEMBERSHIPS) {
        for (const joinedLater of [false, true]) {
          const isEndOfInvite =
            (membership === 'leave' || membership === 'ban') && (from === 'invite' || from === 'knock')
          assert.equal(
            canSeeEvent({ visibility, membership, ownChange: { from }, joinedLater }),
            inTable(visibility, joinedLater, membership) ||
              inTable(visibility, joinedLater, from) ||
              isEndOfInvite,
            `${visibility}: ${from} → ${membership}`,
          )
        }
      }
    }
  }
})

test('one always sees oneself join, leave, be kicked and be banned', () => {
  for (const visibility of VISIBILITIES) {
    const sees = (from: Membership | undefined, membership: Membership) =>
      canSeeEvent({ visibility, membership, ownChange: { from }, joinedLater: false })

    assert.deepEqual(
      [sees(undefined, 'join'), sees('join', 'leave'), sees('join', 'ban')],
      [true, true, true],
    )
  }
})

test('the visibility is shared unless an event says something that is understood', () => {
  const room = new TestRoom('11')
  const set = (value: unknown) =>
    historyVisibilityOf(
      room.build({
        type: 'm.room.history_visibility',
        sender: ALICE,
        content: { history_visibility: value as string },
      }),
    )

  assert.equal(historyVisibilityOf(undefined), 'shared')
  for (const visibility of VISIBILITIES) assert.equal(set(visibility), visibility)
  for (const value of ['', 'secret', null, 1, ['joined'], undefined]) assert.equal(set(value), 'shared')
})

test('a server counts as joined if one of its users is, else as invited if one of them is', () => {
  assert.equal(membershipOfServer([undefined, 'leave', 'invite', 'join']), 'join')
  assert.equal(membershipOfServer(['invite', 'ban']), 'invite')
  assert.equal(membershipOfServer(['ban', 'knock', 'leave']), undefined)
  assert.equal(membershipOfServer([]), undefined)
})

const seen = (
  memberships: [number, Membership | undefined][],
  visibilities: [number, HistoryVisibility][],
  length: number,
) => {
  const since = <T>(list: [number, T][]): Since<T>[] => list.map(([from, value]) => ({ from, value }))
  const canSee = timelineVisibility({ memberships: since(memberships), visibilities: since(visibilities) })
  return Array.from({ length }, (_, position) => (canSee(position) ? position : '-')).join(' ')
}

test('who joins a shared room sees all up to their leave, and all of it again after coming back', () => {
  assert.equal(seen([[3, 'join']], [], 6), '0 1 2 3 4 5')
  assert.equal(
    seen(
      [
        [3, 'join'],
        [5, 'leave'],
      ],
      [],
      8,
    ),
    '0 1 2 3 4 5 - -',
  )
  assert.equal(
    seen(
      [
        [1, 'join'],
        [3, 'leave'],
        [6, 'join'],
      ],
      [],
      8,
    ),
    '0 1 2 3 4 5 6 7',
  )
})

test('in a joined room one sees the times one was in, and what brought one in and out', () => {
  assert.equal(
    seen(
      [
        [1, 'invite'],
        [3, 'join'],
        [5, 'ban'],
      ],
      [[0, 'joined']],
      8,
    ),
    '0 - - 3 4 5 - -', // at 0 the room stopped being shared, and they were to join
  )
})

test('in an invited room one sees from the invite on, and the end of a declined one', () => {
  const invitedThenGone: [number, Membership][] = [
    [2, 'invite'],
    [5, 'leave'],
  ]

  assert.equal(seen(invitedThenGone, [[0, 'invited']], 8), '- - 2 3 4 5 - -')
  assert.equal(seen(invitedThenGone, [[0, 'joined']], 8), '- - - - - 5 - -')
})

test('each event is judged by the visibility at its time, the change itself by both', () => {
  assert.equal(
    seen(
      [],
      [
        [2, 'world_readable'],
        [5, 'joined'],
      ],
      8,
    ),
    '- - 2 3 4 5 - -',
  )
  assert.equal(
    seen(
      [[6, 'join']],
      [
        [1, 'joined'],
        [4, 'shared'],
      ],
      8,
    ),
    '0 1 - - 4 5 6 7',
  )
})

test('who never was in a room sees what the world sees', () => {
  assert.equal(seen([], [], 4), '- - - -')
  assert.equal(seen([], [[0, 'world_readable']], 4), '0 1 2 3')
})

test('a timeline is judged like its events one by one', () => {
  const changes = <T>(values: readonly T[]) =>
    fc.uniqueArray(fc.tuple(fc.nat(20), fc.constantFrom(...values)), { selector: ([at]) => at, maxLength: 6 })
  fc.assert(
    fc.property(changes(MEMBERSHIPS), changes(VISIBILITIES), (members, visibilities) => {
      const sorted = <T>(list: [number, T][]) =>
        list.toSorted((a, b) => a[0] - b[0]).map(([from, value]) => ({ from, value }))
      const canSee = timelineVisibility({ memberships: sorted(members), visibilities: sorted(visibilities) })
      let membership: Membership | undefined
      let visibility: HistoryVisibility = 'shared'
      for (let position = 0; position <= 21; position++) {
        const ownChange = members.find(([at]) => at === position)
        const change = visibilities.find(([at]) => at === position)
        const facts: VisibilityFacts = {
          visibility: change?.[1] ?? visibility,
          visibilityBefore: change === undefined ? undefined : visibility,
          membership: ownChange === undefined ? membership : ownChange[1],
          ownChange: ownChange === undefined ? undefined : { from: membership },
          joinedLater: members.some(([at, value]) => at > position && value === 'join'),
        }
        assert.equal(canSee(position), canSeeEvent(facts))
        membership = facts.membership
        visibility = facts.visibility
      }
    }),
  )
})
