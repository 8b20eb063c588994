import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { ReadHandle, WriteHandle } from '../db/types.ts'
import { SnapshotReader } from '../stores/rooms/snapshots.ts'
import { packDelta } from './snapshot-codec.ts'
import { SnapshotChain } from './snapshots.ts'

const MEMBERS = 20_000
const CHANGES = 300

/** Counts the bytes of the layers that are read. */
function counting(db: ReadHandle): { db: ReadHandle; bytes: () => number } {
  let bytes = 0
  return {
    bytes: () => bytes,
    db: {
      dialect: db.dialect,
      all: (sql, ...params) => db.all(sql, ...params),
      async get<Row>(sql: string, ...params: Parameters<ReadHandle['get']>[1][]) {
        const row = await db.get<Row>(sql, ...params)
        bytes += (row as { delta?: Uint8Array } | undefined)?.delta?.length ?? 0
        return row
      },
    },
  }
}

async function store(db: WriteHandle, layer: Awaited<ReturnType<SnapshotChain['change']>>): Promise<number> {
  const delta = packDelta(layer.delta)
  await db.run(
    'INSERT INTO state_snapshots (id, room_id, parent_id, depth, delta) VALUES (?, ?, ?, ?, ?)',
    layer.id,
    '!room:test',
    layer.parentId,
    layer.depth,
    delta,
  )
  return delta.length
}

databaseMatrix((open) => {
  test('a change of a large state reads and writes what changed lately, not the state', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      const base = { id: 1, parentId: null, depth: 0, delta: new Map<number, number>() }
      for (let key = 1; key <= MEMBERS; key++) base.delta.set(key, key)
      const stateBytes = await store(tx.db, base)
      const reads = counting(tx.db)
      let written = 0

      // Each a commit of its own.
      for (let id = 2; id < CHANGES + 2; id++) {
        const chain = await SnapshotChain.from(id === 2 ? tx.db : reads.db, id - 1)
        written += await store(tx.db, await chain.change(id, id % 90, MEMBERS + id))
      }

      assert.ok(reads.bytes() / CHANGES < 1_000, `${reads.bytes() / CHANGES} bytes read a change`)
      assert.ok(written / CHANGES < 1_000, `${written / CHANGES} bytes written a change`)
      assert.ok(stateBytes >= 40_000)
      const layers = new SnapshotReader(tx.db)
      const top = await layers.layer(CHANGES + 1)
      assert.ok(top!.depth <= 3)
      // The newest event of each of the ninety keys is found from the top down.
      const nids = new Map<number, number>()
      for (let layer = top; layer !== undefined; ) {
        for (const [key, nid] of layer.delta) if (!nids.has(key)) nids.set(key, nid)
        layer = layer.parentId === null ? undefined : await layers.layer(layer.parentId)
      }
      assert.equal(nids.get(500), 500)
      for (let id = CHANGES + 1; id > CHANGES - 80; id--) assert.equal(nids.get(id % 90), MEMBERS + id)
    })
  })
})
