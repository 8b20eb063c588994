import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { STATE_CHANGES, STATE_KEYS } from '../../commit/tables.ts'
import { bulkInsert } from '../../db/bulk.ts'
import type { ReadHandle, SqlValue } from '../../db/types.ts'
import { RoomStateReader } from './state.ts'

const ROOM = '!room:test'
const MEMBERS = 5
const CHANGES = 5_000
/** Every hundredth change is of a member, each in turns. */
const isOfMember = (position: number) => position % 100 === 1
const memberAt = (position: number) => `@${Math.floor(position / 100) % MEMBERS}:test`

databaseMatrix((open) => {
  test('what became of members is the same however it is looked up, and others’ changes are not read', async () => {
    await using storage = await open()
    const last = new Map<string, number>()
    const change = (n: number): SqlValue[] => {
      const position = n + 1
      const [type, key] = isOfMember(position)
        ? ['m.room.member', memberAt(position)]
        : ['org.example.place', 'somewhere']
      const previous = last.get(key!) ?? null
      last.set(key!, position)
      return [ROOM, position, type!, key!, position, previous]
    }
    const changes = Array.from({ length: CHANGES }, (_, n) => change(n))
    const keys = [...last.keys()].map((key, n): SqlValue[] => [
      n + 1,
      ROOM,
      key.startsWith('@') ? 'm.room.member' : 'org.example.place',
      key,
    ])
    await storage.write(async (tx) => {
      await bulkInsert(tx.db, STATE_CHANGES, changes)
      await bulkInsert(tx.db, STATE_KEYS, keys)
    })
    /** Spans by user, and how many rows were read for them. */
    const spans = (after: number, upTo: number, many?: number) =>
      storage.write(async ({ db }) => {
        let read = 0
        const counting: ReadHandle = {
          dialect: storage.dialect,
          async all<Row>(sql: string, ...params: SqlValue[]) {
            const rows = await db.all<Row>(sql, ...params)
            read += rows.length
            return rows
          },
          get: (sql, ...params) => db.get(sql, ...params),
        }
        const found = await new RoomStateReader(counting).memberSpans(ROOM, after, upTo, many)
        return { found: Object.fromEntries([...found].sort()), read }
      })

    // Of all changes at once, of members alone, and member by member.
    for (const [after, upTo] of [
      [0, CHANGES],
      [1_250, 4_601],
      [4_350, 4_602],
    ] as const) {
      const all = await spans(after, upTo, CHANGES + 1)
      assert.ok(all.read > upTo - after - 1)
      assert.deepEqual((await spans(after, upTo, MEMBERS)).found, all.found)
      assert.deepEqual((await spans(after, upTo, MEMBERS + 1)).found, all.found)
    }

    assert.deepEqual((await spans(4_350, 4_602)).found, {
      '@0:test': { before: 4_001, now: 4_501 },
      '@1:test': { before: 4_101, now: 4_601 },
      '@4:test': { before: 3_901, now: 4_401 },
    })
    assert.deepEqual((await spans(CHANGES, CHANGES)).found, {})
    assert.ok((await spans(0, CHANGES, 100)).read <= 100 + 2 * MEMBERS)
  })
})
