import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Glob } from './glob.ts'

const whole = (pattern: string, text: string) => Glob.parse(pattern).matches(text)
const words = (pattern: string, text: string) => Glob.parse(pattern).matchesWords(text)

test('a glob matches the whole text without regard to case', () => {
  for (const [pattern, text] of [
    ['lunc?*', 'Lunch plans'],
    ['lunc?*', 'LUNCH'],
    ['', ''],
    ['*', ''],
    ['*', 'anything'],
    ['a**c', 'abc'],
    ['*.png', 'x.PNG'],
    ['a*b*c', 'a-b-b-c'],
    ['?', '😀'],
    ['*?b', '😀b'],
    ['a?', 'a\n'],
    ['[ab].(c)', '[ab].(c)'],
    ['*ab', 'aab'],
  ] as const) {
    assert.equal(whole(pattern, text), true, `${pattern} on ${text}`)
  }
  for (const [pattern, text] of [
    ['lunc?*', ' lunch'],
    ['lunc?*', 'lunc'],
    ['', 'x'],
    ['?', ''],
    ['?', 'ab'],
    ['a*a', 'a'],
    ['ab*ba', 'aba'],
    ['a?b*?c', 'axbc'],
    ['.', 'x'],
    ['a*b', 'abx'],
  ] as const) {
    assert.equal(whole(pattern, text), false, `${pattern} on ${text}`)
  }
})

test('a body pattern matches between word boundaries', () => {
  for (const [pattern, text] of [
    ['ex*ple', 'An example event.'],
    ['ex*ple', 'exple'],
    ['ex*ple', 'An exciting triple-whammy'],
    ['cake', 'CAKE'],
    ['cake', 'no cake.'],
    ['cake', 'pancake cake'],
    ['@room', 'hi@room!'],
    ['alice', '你好alice你好'],
    ['alice', 'é-alice'],
    ['c?ke', 'a cöke b'],
    ['c?ke', 'a c😀ke b'],
    ['*cake', 'pancake'],
    ['cake*', 'cakes'],
    ['*', ''],
    ['*', 'x'],
    ['tea*time', 'tea at noon, time'],
    ['a b', 'x a b y'],
    ['', ''],
  ] as const) {
    assert.equal(words(pattern, text), true, `${pattern} on ${text}`)
  }
  for (const [pattern, text] of [
    ['cake', 'pancake'],
    ['cake', 'cakes'],
    ['cake', 'cake_'],
    ['cake', 'cake1'],
    ['c?ke', 'cke'],
    ['ex*ple', 'examples'],
    ['ex*ple', 'an aexample'],
    ['tea*time', 'teatimes'],
    ['?x', '😀xy'],
    ['', 'x'],
    ['', ' '],
  ] as const) {
    assert.equal(words(pattern, text), false, `${pattern} on ${text}`)
  }
})

test('in a literal the wildcards stand for themselves', () => {
  assert.equal(Glob.literal('*').matchesWords('hello'), false)
  assert.equal(Glob.literal('a?').matchesWords('is it a?'), true)
  assert.equal(Glob.literal('a?').matchesWords('ab'), false)
})

test('matching agrees with the regular expressions the specification describes', () => {
  const letter = fc.constantFrom('a', 'b', ' ', '😀')
  const pattern = fc
    .array(fc.constantFrom('a', 'b', ' ', '*', '?', '😀'), { maxLength: 6 })
    .map((l) => l.join(''))
  const text = fc.array(letter, { maxLength: 10 }).map((l) => l.join(''))
  fc.assert(
    fc.property(pattern, text, (glob, value) => {
      const source = glob.replaceAll('*', '.*').replaceAll('?', '.')
      // With only these letters, a place is a boundary unless a or b stands on both sides.
      const boundary = '(?:(?<![ab])|(?![ab]))'

      assert.equal(whole(glob, value), new RegExp(`^(?:${source})$`, 'su').test(value))
      if (glob !== '') {
        assert.equal(words(glob, value), new RegExp(`${boundary}(?:${source})${boundary}`, 'su').test(value))
      }
    }),
    { numRuns: 3000 },
  )
})

test('no pattern takes long on a long text', () => {
  const body = 'a'.repeat(60_000)
  const startedMs = performance.now()
  for (const pattern of ['a*'.repeat(200), '?*'.repeat(200), 'a?'.repeat(200), '*a'.repeat(200)]) {
    Glob.parse(`${pattern}b`).matches(body)
    Glob.parse(`${pattern}b`).matchesWords(body)
  }

  // With backtracking it would be years.
  assert(performance.now() - startedMs < 5000)
})
