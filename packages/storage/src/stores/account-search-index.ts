import type { WriteHandle } from '../db/types.ts'
import { moveParts, rebuildParts } from './account-parts.ts'
import { TOKEN, windowsOf } from './account-windows.ts'

/**
 * SQLite: the index of parts of names is a table of FTS5 with the tokens of `account-windows.ts`. A longer part of a text
 * is a phrase of tokens that follow one another, a shorter one is the beginning of a token: FTS5 knows positions, so what
 * it finds has the part, and all that has it is found. Its own tokens of three characters are in ten times as many texts,
 * and a phrase reads the lists of all its tokens. PostgreSQL's index is `account-parts.ts`.
 */

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

/** The text as FTS5 is given it. */
export function tokensOf(text: string): string {
  return windowsOf(text).map(encode).join(' ')
}

/** The query that finds the texts which have this part. */
export function queryFor(part: string): string {
  const whole = windowsOf(part).filter((token) => [...token].length === TOKEN)
  return whole.length === 0 ? `"${encode(part)}"*` : `"${whole.map(encode).join(' ')}"`
}

/** Keeps the index true; `before` is `undefined` when the account has come. */
export async function indexSearchText(
  db: WriteHandle,
  id: number,
  before: string | undefined,
  after: string,
): Promise<void> {
  if (db.dialect === 'postgres') return moveParts(db, id, before, after)
  const remove = `INSERT INTO users_search (users_search, rowid, tokens) VALUES ('delete', ?, ?)`
  if (before !== undefined) await db.run(remove, id, tokensOf(before))
  await db.run('INSERT INTO users_search (rowid, tokens) VALUES (?, ?)', id, tokensOf(after))
}

/** Makes the index anew. Takes a minute for a million accounts. */
export async function rebuildSearchIndex(db: WriteHandle): Promise<void> {
  if (db.dialect === 'postgres') return rebuildParts(db)
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
