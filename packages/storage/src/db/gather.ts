import { together } from './together.ts'
import type { ReadHandle } from './types.ts'

/** A question that is asked about one thing at a time: its statement, and the types of what it is given, none of them a list. */
export interface Question {
  readonly sql: string
  readonly params: readonly ('text' | 'bigint')[]
}

interface Asked {
  values: readonly (string | number)[]
  resolve: (rows: unknown[]) => void
  reject: (error: unknown) => void
}

/** So many at once: others want their turn. */
const AT_ONCE = 200
const waiting = new WeakMap<ReadHandle, Map<Question, Asked[]>>()

/**
 * The rows of an answer. What is asked in the same turn of the event loop about several things goes to the database as one
 * statement, where `db` gathers: a round trip costs more than most answers. Rows may have a column more than was asked for.
 */
export function ask<Row>(
  db: ReadHandle,
  question: Question,
  ...values: readonly (string | number)[]
): Promise<Row[]> {
  if (!db.gathers) return db.all<Row>(question.sql, ...values)
  const { promise, resolve, reject } = Promise.withResolvers<Row[]>()
  let questions = waiting.get(db)
  if (questions === undefined) waiting.set(db, (questions = new Map()))
  const asked: Asked = { values, resolve: resolve as Asked['resolve'], reject }
  const others = questions.get(question)
  if (others !== undefined) others.push(asked)
  else {
    questions.set(question, [asked])
    // After all that goes on without waiting for anything.
    process.nextTick(() => {
      const all = questions.get(question)!
      questions.delete(question)
      for (let i = 0; i < all.length; i += AT_ONCE) void answerAll(db, question, all.slice(i, i + AT_ONCE))
    })
  }
  return promise
}

async function answerAll(db: ReadHandle, question: Question, all: readonly Asked[]): Promise<void> {
  if (all.length > 1) {
    try {
      const lists = question.params.map((_, i) => all.map(({ values }) => values[i]!))
      const answers: unknown[][] = all.map(() => [])
      for (const row of await db.all<{ nth_question: number }>(manyOf(question), ...lists))
        answers[row.nth_question - 1]!.push(row)
      for (const [i, { resolve }] of all.entries()) resolve(answers[i]!)
      return
    } catch {
      // One that cannot be asked must not take the others with it.
    }
  }
  for (const { values, resolve, reject } of all) await db.all(question.sql, ...values).then(resolve, reject)
}

/** The first row of the answer about each of several things, in one statement on PostgreSQL. */
export async function askEach<Row>(
  db: ReadHandle,
  question: Question,
  all: readonly (readonly (string | number)[])[],
): Promise<(Row | undefined)[]> {
  if (db.dialect === 'sqlite' || all.length === 1)
    return together(all.map((values) => db.get<Row>(question.sql, ...values)))
  const answers: (Row | undefined)[] = all.map(() => undefined)
  if (all.length === 0) return answers
  const lists = question.params.map((_, i) => all.map((values) => values[i]!))
  for (const row of await db.all<Row & { nth_question: number }>(manyOf(question), ...lists))
    answers[row.nth_question - 1] ??= row
  return answers
}

const texts = new WeakMap<Question, string>()

function manyOf(question: Question): string {
  let text = texts.get(question)
  if (text === undefined) {
    let n = 0
    const one = question.sql.replace(/\?/g, () => `wanted.p${n++}`)
    texts.set(
      question,
      (text = aboutEach(Object.fromEntries(question.params.map((type, i) => [`p${i}`, type])), one)),
    )
  }
  return text
}

/**
 * PostgreSQL's statement about each of several things, which takes a list for each of `types`: `one` is about one, and calls
 * what it is given `wanted.NAME`. Each row has `nth_question` as well, counted from 1. `OFFSET 0` keeps each answer a whole of
 * its own, in its order, instead of letting it become part of a join, or be looked for from its other end.
 */
export function aboutEach(types: Readonly<Record<string, 'text' | 'bigint'>>, one: string): string {
  const lists = Object.values(types).map((type) => `?::${type}[]`)
  return `SELECT wanted.nth AS nth_question, answer.*
    FROM unnest(${lists.join(', ')}) WITH ORDINALITY AS wanted (${Object.keys(types).join(', ')}, nth),
    LATERAL (${one} OFFSET 0) AS answer`
}

/** The first row of an answer, `undefined` if there is none: see {@link ask}. */
export async function askOne<Row>(
  db: ReadHandle,
  question: Question,
  ...values: readonly (string | number)[]
): Promise<Row | undefined> {
  return (await ask<Row>(db, question, ...values))[0]
}
