import assert from 'node:assert/strict'
import type { ReadHandle, SqlValue } from '../../db/types.ts'
import type { Storage } from '../../open.ts'

/** What has been explained of each database: a statement has one plan, as no planner is left a choice that depends on values. */
const explained = new WeakMap<Storage, Set<string>>()

/**
 * Runs `work`, and explains every statement it used: none may read all rows of `table` but in the order of an index, nor
 * sort what it reads. Statements that are meant to sort materialize the few rows first, or join to what is few. `all` names statements that may
 * read all of what is few.
 */
export async function checkPlans(
  storage: Storage,
  table: string,
  work: (db: ReadHandle) => Promise<unknown>,
  what: string,
  all: RegExp = /FROM user_(kinds|blocks)/,
): Promise<void> {
  const isSqlite = storage.dialect === 'sqlite'
  await storage.write(async (tx) => {
    const statements: { sql: string; params: SqlValue[] }[] = []
    const recorded = (sql: string, params: SqlValue[]) => {
      statements.push({ sql, params })
      return tx.db
    }
    await work({
      dialect: storage.dialect,
      all: (sql, ...params) => recorded(sql, params).all(sql, ...params),
      get: (sql, ...params) => recorded(sql, params).get(sql, ...params),
    })
    assert.notEqual(statements.length, 0)
    const known = explained.get(storage) ?? new Set()
    explained.set(storage, known)
    // Few rows are sorted or read in a row by PostgreSQL because that is faster; whether it must is the question.
    for (const off of isSqlite ? [] : ['seqscan', 'incremental_sort', 'bitmapscan'])
      await tx.db.run(`SET LOCAL enable_${off} = off`)
    for (const { sql, params } of statements) {
      if (all.test(sql) || known.has(sql)) continue
      known.add(sql)
      const isSorted = /MATERIALIZED|CROSS JOIN/.test(sql)
      if (!isSqlite) await tx.db.run(`SET LOCAL enable_sort = ${isSorted ? 'on' : 'off'}`)
      const explain = isSqlite ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'
      const rows = await tx.db.all<Record<string, unknown>>(`${explain} ${sql}`, ...params)
      const plan = rows.map((row) => String(row['detail'] ?? row['QUERY PLAN'])).join('\n')
      const scan = isSqlite ? `SCAN ${table}\\b(?! USING (COVERING )?INDEX)` : `Seq Scan on ${table}\\b`
      // A table that SQLite stores in its primary key is walked in its order.
      const isWalk = isSqlite && /^SELECT (\w+) AS k FROM \w+ .*ORDER BY \1( DESC)? LIMIT \?/.test(sql)
      if (!isWalk) assert.doesNotMatch(plan, new RegExp(scan), `${what}\n${sql}\n${plan}`)
      // SQLite looks into an index once for every value of its first column.
      assert.doesNotMatch(plan, new RegExp(`SEARCH ${table} .*\\(ANY\\(`), `${what}\n${sql}\n${plan}`)
      if (!isSorted) assert.doesNotMatch(plan, /TEMP B-TREE FOR ORDER|\bSort\b/, `${what}\n${sql}\n${plan}`)
    }
  })
}
