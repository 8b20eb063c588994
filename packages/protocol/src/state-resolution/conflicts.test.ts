import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { EventId } from '../ids/brands.ts'
import { compareIds } from './compare.ts'
import { authDifference, conflictedSubgraph, findConflicts } from './conflicts.ts'
import type { EventLoader } from './event-loader.ts'
import { PriorityQueue } from './priority-queue.ts'
import type { StateMap } from './state-map.ts'

type Graph = EventId[][]

const idOf = (index: number) => `$${index}` as EventId

/** Events that cite earlier ones. */
const graphs: fc.Arbitrary<Graph> = fc
  .array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 25 })
  .map((lists) =>
    lists.map((list, index) => (index === 0 ? [] : [...new Set(list.map((n) => idOf(n % index)))])),
  )

const loaderFor = (graph: Graph): EventLoader => ({
  get: () => undefined,
  isRejected: () => false,
  authEventIds: (eventId) => graph[Number(eventId.slice(1))] ?? [],
})

/** The spec's words: everything reachable, and (as Synapse has it) the event itself. */
function chainOf(graph: Graph, eventId: EventId): Set<EventId> {
  const chain = new Set([eventId])
  for (const cited of graph[Number(eventId.slice(1))] ?? [])
    for (const id of chainOf(graph, cited)) chain.add(id)
  return chain
}

test('the auth difference is the union of the full auth chains without what is in all of them', () => {
  const cases = fc.tuple(
    graphs,
    fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat()), { minLength: 2, maxLength: 3 }),
  )
  fc.assert(
    fc.property(cases, ([graph, picks]) => {
      const sets: StateMap[] = picks.map(
        (pick) => new Map(Object.entries(pick).map(([key, n]) => [key, idOf(n % graph.length)])),
      )
      const conflicts = findConflicts(sets)
      const chains = sets.map((set) => new Set([...set.values()].flatMap((id) => [...chainOf(graph, id)])))
      const difference = authDifference(sets, conflicts, loaderFor(graph))

      // What is in conflict takes part anyway, so only the others are compared.
      for (const [index] of graph.entries()) {
        const id = idOf(index)
        if (conflicts.conflicted.has(id)) continue
        const isIn = chains.filter((chain) => chain.has(id)).length
        assert.equal(difference.has(id), isIn > 0 && isIn < sets.length, id)
      }
    }),
    { numRuns: 300 },
  )
})

test('the conflicted subgraph is all that lies on a path between two conflicted events', () => {
  fc.assert(
    fc.property(graphs, fc.array(fc.nat(), { maxLength: 5 }), (graph, picks) => {
      const conflicted = new Set(picks.map((n) => idOf(n % graph.length)))
      const expected = new Set<EventId>()
      for (const from of conflicted) {
        for (const id of chainOf(graph, from)) {
          if ([...chainOf(graph, id)].some((end) => conflicted.has(end))) expected.add(id)
        }
      }

      assert.deepEqual([...conflictedSubgraph(conflicted, loaderFor(graph))].sort(), [...expected].sort())
    }),
    { numRuns: 300 },
  )
})

test('events that cite each other do not hold the walk up', () => {
  const graph: Graph = [[idOf(1)], [idOf(0)], [idOf(0)]]
  const sets: StateMap[] = [new Map([['a', idOf(2)]]), new Map([['a', idOf(1)]])]

  assert.deepEqual([...conflictedSubgraph(new Set([idOf(1)]), loaderFor(graph))].sort(), ['$0', '$1'])
  assert.deepEqual([...authDifference(sets, findConflicts(sets), loaderFor(graph))].sort(), [])
})

test('an entry that one set lacks is in conflict', () => {
  const [x, y, z] = [idOf(1), idOf(2), idOf(3)]
  const { unconflicted, conflicted } = findConflicts([
    new Map([
      ['same', x],
      ['lost', y],
    ]),
    new Map([
      ['same', x],
      ['new', z],
    ]),
  ])

  assert.deepEqual([...unconflicted], [['same', x]])
  assert.deepEqual([...conflicted].sort(), [y, z])
})

test('a priority queue gives its items in order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const queue = new PriorityQueue<number>((a, b) => a - b)
      const out: number[] = []
      for (const [index, number] of numbers.entries()) {
        queue.push(number)
        if (index % 3 === 2) queue.push(queue.pop()!)
      }
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) out.push(next)

      assert.deepEqual(
        out,
        numbers.toSorted((a, b) => a - b),
      )
    }),
  )
})

test('ids are compared by code point', () => {
  assert(compareIds('$a', '$b') < 0)
  assert(compareIds('$B', '$a') < 0)
  assert.equal(compareIds('$a', '$a'), 0)
  assert(compareIds('$\uffee', '$😀') < 0)
  assert(compareIds('$😀', '$\uffee') > 0)
})
