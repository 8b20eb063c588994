import assert from 'node:assert/strict'
import { test } from 'node:test'
import { searchTermsOf, wordsOf } from './search-words.ts'

test('words lose letter case, accents and what stands between them', () => {
  assert.deepEqual(wordsOf("L'Été à ÉVRY: foo_bar@example.org, ﬁne!"), [
    ...['l', 'ete', 'a', 'evry', 'foo', 'bar', 'example', 'org', 'fine'],
  ])
  assert.deepEqual(wordsOf('Straße İstanbul 2nd v1.10'), ['straße', 'istanbul', '2nd', 'v1', '10'])
  assert.deepEqual(wordsOf('  …!?  '), [])
})

test('signs of scripts without spaces are words', () => {
  assert.deepEqual(wordsOf('東京 tower'), ['東', '京', 'tower'])
})

test('a search term is words and phrases', () => {
  assert.deepEqual(searchTermsOf('one "two three" foo-bar "').phrases, [
    ['one'],
    ['two', 'three'],
    ['foo', 'bar'],
  ])
  assert.deepEqual(searchTermsOf('"" - !').phrases, [])
  assert.equal(searchTermsOf('a '.repeat(100)).phrases.length, 32)
})
