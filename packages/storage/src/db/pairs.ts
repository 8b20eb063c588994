import { aboutEach } from './gather.ts'
import type { ReadHandle, SqlValue } from './types.ts'

/** A question about many pairs of texts, in both databases' words. */
export type PairQuestion = Readonly<Record<ReadHandle['dialect'], string>>

/**
 * `where` compares with `wanted.first` and `wanted.second` of each pair. Two lists, one for each column of a key, would do
 * without other words, but are looked up in every combination. Rows may have a column more than was asked for.
 */
export const pairQuestion = (columns: string, from: string, where: string): PairQuestion => ({
  sqlite: `SELECT ${columns} FROM (SELECT value ->> 0 AS first, value ->> 1 AS second FROM json_each(?)) AS wanted
    CROSS JOIN ${from} WHERE ${where}`,
  postgres: aboutEach({ first: 'text', second: 'text' }, `SELECT ${columns} FROM ${from} WHERE ${where}`),
})

/** What the pairs are given to a statement as. */
export const pairParams = (
  dialect: ReadHandle['dialect'],
  pairs: readonly (readonly [string, string])[],
): SqlValue[] =>
  dialect === 'sqlite'
    ? [JSON.stringify(pairs)]
    : [pairs.map(([first]) => first), pairs.map(([, second]) => second)]

export async function askPairs<Row>(
  db: ReadHandle,
  question: PairQuestion,
  pairs: readonly (readonly [string, string])[],
): Promise<Row[]> {
  return pairs.length === 0 ? [] : db.all<Row>(question[db.dialect], ...pairParams(db.dialect, pairs))
}
