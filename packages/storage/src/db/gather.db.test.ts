import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { ask, askOne, type Question } from './gather.ts'
import type { ReadHandle } from './types.ts'

const NUMBERS: Question = {
  sql: 'SELECT n FROM asked WHERE name = ? AND n > ? ORDER BY n DESC LIMIT ?',
  params: ['text', 'bigint', 'bigint'],
}
const NAMED: Question = { sql: 'SELECT n FROM asked WHERE name = ?', params: ['text'] }

/** The same handle, with the statements that go through it. */
function listened(db: ReadHandle, gathers: boolean): { db: ReadHandle; statements: string[] } {
  const statements: string[] = []
  const handle: ReadHandle = {
    dialect: db.dialect,
    gathers,
    all: (sql, ...params) => {
      statements.push(sql)
      return db.all(sql, ...params)
    },
    get: (sql, ...params) => db.get(sql, ...params),
  }
  return { db: handle, statements }
}

databaseMatrix((open) => {
  test('questions of one turn are answered as each would be alone, with one statement where reads are gathered', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      await tx.db.run('CREATE TABLE asked (name TEXT NOT NULL, n BIGINT NOT NULL)')
      for (const [name, n] of [
        ['a', 1],
        ['a', 3],
        ['a', 2],
        ['b', 7],
      ] as const)
        await tx.db.run('INSERT INTO asked (name, n) VALUES (?, ?)', name, n)
    })
    await storage.write(async (tx) => {
      const gathers = storage.dialect === 'postgres'
      const { db, statements } = listened(tx.db, gathers)
      const numbers = async (name: string, after: number, limit: number) =>
        (await ask<{ n: number }>(db, NUMBERS, name, after, limit)).map(({ n }) => n)

      const answers = await Promise.all([
        numbers('a', 0, 2),
        numbers('nobody', 0, 9),
        numbers('b', 0, 9),
        numbers('a', 1, Number.MAX_SAFE_INTEGER),
        numbers('b', 7, 9),
      ])

      assert.deepEqual(answers, [[3, 2], [], [7], [3, 2], []])
      assert.equal(statements.length, gathers ? 1 : 5)
      assert.deepEqual(await numbers('a', 0, 9), [3, 2, 1])
      assert.equal(statements.at(-1), NUMBERS.sql, 'one alone is asked as it is')
    })
  })

  test('a question that cannot be asked is refused alone', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      await tx.db.run('CREATE TABLE asked (name TEXT NOT NULL, n BIGINT NOT NULL)')
      await tx.db.run("INSERT INTO asked (name, n) VALUES ('a', 1)")
      const { db } = listened(tx.db, storage.dialect === 'postgres')

      const [good, bad] = await Promise.allSettled([
        askOne<{ n: number }>(db, NAMED, 'a'),
        askOne<{ n: number }>(db, NAMED, 'a\0'),
      ])

      assert.equal(good.status === 'fulfilled' && good.value?.n, 1)
      assert.equal(bad.status, 'rejected')
    })
  })
})
