import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { differencesOf } from './differences.ts'
import { page } from './differences-page.ts'
import { Names } from './names.ts'
import { findDifferences } from './report.ts'

const named = (body: unknown, status = 200) => ({ status, headers: {}, body })

test('what differs is found wherever it is', () => {
  const ours = named({ a: 1, b: [true, null], c: 'x', d: {} }, 201)
  const theirs = named({ a: '1', b: [1, null], c: 'y', e: {} })

  assert.deepEqual(differencesOf(ours, theirs), [
    'status: 201, there 200',
    'a: number 1, there text "1"',
    'b[0]: boolean true, there number 1',
    'c: "x", there "y"',
    'd: only here, {}',
    'e: only there, {}',
  ])
  assert.deepEqual(differencesOf(named({}, 400), named({ errcode: 'M_UNKNOWN' }, 400)), [
    'errcode: only there, "M_UNKNOWN"',
  ])
  assert.deepEqual(differencesOf(named([1, 2]), named([2, 1]), { order: true }), [])
  assert.deepEqual(differencesOf(named([1, 2]), named([2]), { values: true }), [])
  assert.equal(differencesOf(named([1, 2]), named([2, 1])).length, 2)
})

test('answers are equal that differ in what every server makes up', () => {
  const [here, there] = [new Names(), new Names()]
  here.set('room', '!abc')
  there.set('room', '!xyz:example.org')
  const answer = (room: string, ms: number, token: string) => ({
    [room]: { ts: ms, url: `/rooms/${encodeURIComponent(room)}` },
    access_token: token,
    count: 3,
  })

  assert.deepEqual(
    here.value(answer('!abc', 1_700_000_000_000, 'a')),
    there.value(answer('!xyz:example.org', 1_800_000_000_000, 'b')),
  )
  assert.notDeepEqual(here.value({ ts: 1_700_000_000_000 }), there.value({ ts: 1_700_000_000 }))
  assert.notDeepEqual(here.value({ count: 3 }), there.value({ count: 4 }))
})

test('what only one of the servers was asked is told, and a 500 of ours whatever is known', () => {
  const exchange = (what: string, status = 200) => ({
    what,
    request: '',
    answer: named({}, status),
    overlook: {},
  })
  const known = [{ because: 'anything', seen: [{ request: /./ }] }]

  const found = findDifferences(
    [exchange('both', 201), exchange('ours'), exchange('broken', 500)],
    [exchange('both'), exchange('broken', 500), exchange('theirs')],
    known,
    () => undefined,
  )

  assert.deepEqual(
    found.map(({ what, lines }) => [what, lines]),
    [
      ['both', []],
      ['ours', ['was not asked there']],
      ['broken', ['status: 500 here']],
      ['theirs', ['was not asked here']],
    ],
  )
})

test('docs/differences.md says what the comparison knows', () => {
  const written = readFileSync(join(import.meta.dirname, '../../docs/differences.md'), 'utf8')
  assert.equal(written, page(), 'npm run compare -- --write-page')
})
