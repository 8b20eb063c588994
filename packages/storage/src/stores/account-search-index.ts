import type { WriteHandle } from '../db/types.ts'

/**
 * SQLite: the index of parts of names is a table of FTS5 whose tokens are four characters each, beginning at every
 * character of the text; the last ones are shorter.
 *
 *     text     anna b
 *     tokens   anna nna␣ na␣b a␣b ␣b b
 *
 * A longer part of a text is a phrase of tokens that follow one another, a shorter one is the beginning of a token: FTS5
 * knows positions, so what it finds has the part, and all that has it is found. Tokens of three characters, as FTS5 makes
 * them by itself, are in ten times as many texts, and a phrase reads the lists of all its tokens.
 */
const TOKEN = 4

/** How many accounts are read at once to make the index anew. */
const BATCH = 5_000

/** What is not of these characters would part a token. FTS5's tokenizer `ascii` takes all beyond ASCII as letters. */
const NOT_OF_TOKENS = /[^a-z0-9\u0080-\udfff\ue080-\ue0fe\ue100-\uffff]/g
const PRIVATE = 0xe000
const ITSELF = '\ue0ff'

/** Other characters of ASCII become ones for private use; before such as are in the text stands a sign of its own. */
function encode(characters: string): string {
  return characters.replace(NOT_OF_TOKENS, (character) => {
    const code = character.charCodeAt(0)
    return code < PRIVATE ? String.fromCharCode(PRIVATE + code) : ITSELF + character
  })
}

/** The text as the index is given it. Characters are code points. */
export function tokensOf(text: string): string {
  const characters = [...text]
  const tokens: string[] = []
  for (const i of characters.keys()) tokens.push(encode(characters.slice(i, i + TOKEN).join('')))
  return tokens.join(' ')
}

/** The query that finds the texts which have this part. */
export function queryFor(part: string): string {
  const characters = [...part]
  if (characters.length < TOKEN) return `"${encode(part)}"*`
  const tokens = characters
    .slice(0, characters.length - TOKEN + 1)
    .map((_, i) => encode(characters.slice(i, i + TOKEN).join('')))
  return `"${tokens.join(' ')}"`
}

/** Keeps the index true; `before` is `undefined` when the account has come. */
export async function indexSearchText(
  db: WriteHandle,
  id: number,
  before: string | undefined,
  after: string,
): Promise<void> {
  if (db.dialect !== 'sqlite') return
  const remove = `INSERT INTO users_search (users_search, rowid, tokens) VALUES ('delete', ?, ?)`
  if (before !== undefined) await db.run(remove, id, tokensOf(before))
  await db.run('INSERT INTO users_search (rowid, tokens) VALUES (?, ?)', id, tokensOf(after))
}

/** Makes the index anew. Takes a minute for a million accounts. */
export async function rebuildSearchIndex(db: WriteHandle): Promise<void> {
  if (db.dialect !== 'sqlite') return
  await db.run(`INSERT INTO users_search (users_search) VALUES ('delete-all')`)
  let last = Number.MIN_SAFE_INTEGER
  for (;;) {
    const rows = await db.all<{ id: number; search_text: string }>(
      'SELECT id, search_text FROM users WHERE id > ? ORDER BY id LIMIT ?',
      last,
      BATCH,
    )
    for (const { id, search_text: text } of rows) await indexSearchText(db, id, undefined, text)
    if (rows.length < BATCH) return
    last = rows.at(-1)!.id
  }
}
