import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import type { RoomEvent } from '@ranvier/protocol/event/types'
import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import fc from 'fast-check'
import type { RoomCommit } from './commit/types.ts'
import { openStorage, type Storage } from './open.ts'
import type { ReaderReport } from './streams.test-reader.ts'
import { STREAMS, type StreamName } from './streams.ts'

type Operation =
  /** Takes positions of a stream and writes a row for each; may fail after that. */
  | { kind: 'rows'; stream: 'receipts' | 'to_device'; count: number; fails: boolean }
  /** Commits events; one that is there already makes the commit fail. */
  | { kind: 'events'; count: number; fails: boolean }
  /** Lets the writer begin a group. */
  | { kind: 'turn' }

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('rows' as const),
      stream: fc.constantFrom('receipts' as const, 'to_device' as const),
      count: fc.integer({ min: 1, max: 3 }),
      fails: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('events' as const),
      count: fc.integer({ min: 1, max: 4 }),
      fails: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('turn' as const) }) },
)

let unique = 0
const ROW = `INSERT INTO client_txns (user_id, device_id, scope, txn_id, response, created_ts) VALUES ('u', 'd', ?, ?, '', ?)`

function writeRows(
  storage: Storage,
  { stream, count, fails }: Extract<Operation, { kind: 'rows' }>,
): Promise<void> {
  return storage.write(async (tx) => {
    const last = await tx.takePosition(stream, count)
    for (let i = count - 1; i >= 0; i--) await tx.db.run(ROW, stream, `${unique++}`, last - i)
    if (fails) throw new Error('on purpose')
  })
}

function messages(count: number, fails: boolean): RoomCommit {
  const roomId = `!${unique++}:x` as RoomId
  const sender = '@u:x' as UserId
  const events = Array.from({ length: count }, (_, i) => {
    const eventId = (fails && i === 0 ? '$taken' : `$${unique++}`) as EventId
    const pdu = {
      type: 'm.room.message',
      sender,
      room_id: roomId,
      content: {},
      origin_server_ts: 1,
      depth: 1,
      prev_events: [],
      auth_events: [],
    }
    const event: RoomEvent = {
      eventId,
      roomId,
      type: pdu.type,
      sender,
      stateKey: undefined,
      content: {},
      originServerTs: 1,
      depth: 1,
      prevEvents: [],
      authEvents: [],
      pdu,
    }
    return { event, pdu: JSON.stringify(pdu), receivedTs: 1 }
  })
  const create = { version: '11', creator: sender, createdTs: 1, published: false }
  return { roomId, create, events, extremities: [events.at(-1)!.event.eventId], depth: 1, snapshot: 0 }
}

/** The same for a room that is known already. */
function withoutCreate({ create: _, ...commit }: RoomCommit): RoomCommit {
  return commit
}

async function run(
  storage: Storage,
  operations: readonly Operation[],
): Promise<Partial<Record<StreamName, number>>> {
  const taken: Partial<Record<StreamName, number>> = {}
  const pending: Promise<unknown>[] = []
  for (const op of operations) {
    if (op.kind === 'turn') {
      await setImmediate()
      continue
    }
    const stream = op.kind === 'rows' ? op.stream : 'events'
    const work =
      op.kind === 'rows' ? writeRows(storage, op) : storage.commitRoom(messages(op.count, op.fails))
    pending.push(op.fails ? assert.rejects(work) : work)
    if (!op.fails) taken[stream] = (taken[stream] ?? 0) + op.count
  }
  await Promise.all(pending)
  return taken
}

databaseMatrix((open) => {
  test('every stream begins at zero', async () => {
    await using storage = await open()

    const positions = await storage.positions()

    assert.deepEqual(positions, Object.fromEntries(STREAMS.map((name) => [name, 0])))
  })

  test('events for a room that is not there fail alone, and two commits to a room beside each other both count', async () => {
    await using storage = await open()
    const first = messages(1, false)
    await storage.commitRoom(first)
    const more = (roomId: RoomId, count: number) => ({ ...withoutCreate(messages(count, false)), roomId })

    const results = await Promise.allSettled([
      storage.commitRoom(more(first.roomId, 3)),
      storage.commitRoom(more('!nowhere:x' as RoomId, 2)),
      storage.write((tx) => tx.takePosition('receipts')),
      storage.commitRoom(more(first.roomId, 3)),
    ])

    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    )
    assert.match(String((results[1] as PromiseRejectedResult).reason), /a room that is not there/)
    const room = await storage.read.rooms.findRoom(first.roomId)
    assert.equal(room?.eventCount, 7)
    const positions = await storage.positions()
    assert.deepEqual([positions.events, positions.receipts, room.lastPosition], [7, 1, 7])
  })

  test('a reader that follows growing streams sees every position, in order, without a gap', async () => {
    const options = await open.options()
    await using storage = await openStorage(options)
    await storage.commitRoom({ ...messages(1, true), events: messages(1, true).events })
    const reader = new Worker(new URL('./streams.test-reader.ts', import.meta.url), {
      workerData: { options },
    })
    const finished = once(reader, 'message') as Promise<[ReaderReport]>

    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 120 }), async (operations) => {
        const before = await storage.positions()
        const taken = await run(storage, operations)
        const after = await storage.positions()
        for (const stream of STREAMS) assert.equal(after[stream] - before[stream], taken[stream] ?? 0, stream)
      }),
      { numRuns: 40 },
    )
    reader.postMessage('stop')
    const [report] = await finished

    assert.deepEqual(report.problems, [])
    const { receipts, to_device, events } = await storage.positions()
    assert.deepEqual(report.last, { receipts, to_device, events })
    assert.ok(report.rounds > 20, `the reader looked only ${report.rounds} times`)
  })
})
