import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EventId } from '../ids/brands.ts'
import { findRoomVersion } from '../room-version/versions.ts'
import { MissingStateEventError } from './event-loader.ts'
import { RandomRoom, steps } from './random-room.ts'
import { isSameState, resolveState } from './resolve.ts'
import type { StateMap } from './state-map.ts'
import { splitStateMapKey, stateMapKey } from './state-map.ts'

const VERSIONS = ['1', '2', '6', '11', '12']
const RUNS = { numRuns: 60 }

/** A room and some of the states it has been in. */
const forks = fc.tuple(steps, fc.array(fc.nat(60), { minLength: 2, maxLength: 4 }))

function stateSetsOf(room: RandomRoom, picks: readonly number[]): StateMap[] {
  return picks.map((pick) => room.states[room.states.length - 1 - (pick % room.states.length)]!)
}

for (const version of VERSIONS) {
  const rules = findRoomVersion(version)!

  test(`v${version}: the order of the state sets, and naming one twice, change nothing`, () => {
    fc.assert(
      fc.property(forks, fc.infiniteStream(fc.nat()), ([attempts, picks], randomness) => {
        const room = new RandomRoom(rules, attempts)
        const sets = stateSetsOf(room, picks)
        const resolved = resolveState(rules, sets, room.loader)
        const shuffled = sets
          .map((state) => ({ state, at: randomness.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ state }) => new Map([...state].reverse()))

        assert(isSameState(resolveState(rules, shuffled, room.loader), resolved))
        assert(isSameState(resolveState(rules, sets.toReversed(), room.loader), resolved))
        assert(isSameState(resolveState(rules, [...sets, sets[0]!], room.loader), resolved))
      }),
      RUNS,
    )
  })

  test(`v${version}: sets that are the same resolve to themselves, and so does a result`, () => {
    fc.assert(
      fc.property(forks, ([attempts, picks]) => {
        const room = new RandomRoom(rules, attempts)
        const sets = stateSetsOf(room, picks)
        const resolved = resolveState(rules, sets, room.loader)

        for (const state of sets)
          assert(isSameState(resolveState(rules, [state, new Map(state)], room.loader), state))
        assert(isSameState(resolveState(rules, [resolved], room.loader), resolved))
        assert(isSameState(resolveState(rules, [resolved, resolved], room.loader), resolved))
      }),
      RUNS,
    )
  })

  test(`v${version}: what all sets agree on stays, every entry is of its key, and every key is from a set`, () => {
    fc.assert(
      fc.property(forks, ([attempts, picks]) => {
        const room = new RandomRoom(rules, attempts)
        const sets = stateSetsOf(room, picks)
        const resolved = resolveState(rules, sets, room.loader)

        for (const [key, eventId] of sets[0]!) {
          if (sets.every((state) => state.get(key) === eventId)) assert.equal(resolved.get(key), eventId)
        }
        for (const [key, eventId] of resolved) {
          const event = room.events.get(eventId)!
          assert.equal(key, stateMapKey(event.type, event.stateKey!))
        }
        assert.equal(resolved.get(stateMapKey('m.room.create', '')), '$0')
      }),
      RUNS,
    )
  })
}

test('auth edges served apart from the events lead to the same result', () => {
  fc.assert(
    fc.property(forks, fc.constantFrom('2', '12'), ([attempts, picks], version) => {
      const rules = findRoomVersion(version)!
      const room = new RandomRoom(rules, attempts)
      const sets = stateSetsOf(room, picks)
      const edges = new Map([...room.events].map(([eventId, event]) => [eventId, event.authEvents]))
      const loader = { ...room.loader, authEventIds: (eventId: EventId) => edges.get(eventId) ?? [] }

      assert(isSameState(resolveState(rules, sets, loader), resolveState(rules, sets, room.loader)))
    }),
    RUNS,
  )
})

test('no state sets make an empty state', () => {
  assert.equal(
    resolveState(findRoomVersion('11')!, [], { get: () => undefined, isRejected: () => false }).size,
    0,
  )
})

test('a state set with an event the loader lacks is the fault of the caller', () => {
  const state = (eventId: string): StateMap =>
    new Map([[stateMapKey('m.room.topic', ''), eventId as EventId]])
  for (const version of ['1', '2', '12']) {
    assert.throws(
      () =>
        resolveState(findRoomVersion(version)!, [state('$a'), state('$b')], {
          get: () => undefined,
          isRejected: () => false,
        }),
      MissingStateEventError,
    )
  }
})

test('a state key may hold anything', () => {
  assert.deepEqual(splitStateMapKey(stateMapKey('m.room.member', '@a\0b')), ['m.room.member', '@a\0b'])
  assert.deepEqual(splitStateMapKey(stateMapKey('', '')), ['', ''])
})
