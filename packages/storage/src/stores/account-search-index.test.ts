import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { queryFor, tokensOf } from './account-search-index.ts'

test('a token begins at every character, and holds four', () => {
  assert.equal(tokensOf('abcdé'), 'abcd bcdé cdé dé é')
  assert.equal(tokensOf('\u{1f9a6}bcde'), '\u{1f9a6}bcd bcde cde de e')
  assert.equal(queryFor('abcde'), '"abcd bcde"')
  assert.equal(queryFor('ab'), '"ab"*')
})

test('exactly those texts are found that have the part, whatever the characters', () => {
  const letters = [
    'a',
    'b',
    ' ',
    '"',
    '*',
    '\u0001',
    '\u0002',
    '\ue020',
    '\ue0ff',
    '\ue022',
    'é',
    '\u{1f9a6}',
    '-',
    '0',
    '\uffff',
  ]
  let state = 7
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return (state >> 8) % below
  }
  const word = (most: number) =>
    Array.from({ length: 1 + random(most) }, () => letters[random(letters.length)]).join('')
  const texts = Array.from({ length: 600 }, () => word(9))
  using db = new DatabaseSync(':memory:')
  db.exec(`CREATE VIRTUAL TABLE texts USING fts5 (tokens, content='', columnsize=0, tokenize='ascii')`)
  const insert = db.prepare('INSERT INTO texts (rowid, tokens) VALUES (?, ?)')
  for (const [i, text] of texts.entries()) insert.run(i, tokensOf(text))
  const find = db.prepare('SELECT rowid AS i FROM texts WHERE texts MATCH ? ORDER BY rowid')

  let found = 0
  for (let n = 0; n < 3_000; n++) {
    const part = n % 2 === 0 ? word(6) : [...texts[random(texts.length)]!].slice(random(4)).join('') || 'a'
    const want = [...texts.entries()].filter(([, text]) => text.includes(part)).map(([i]) => i)
    assert.deepEqual(
      find.all(queryFor(part)).map((row) => row['i']),
      want,
      JSON.stringify(part),
    )
    found += want.length
  }
  assert.ok(found > 3_000)
})
