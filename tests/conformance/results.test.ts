import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareResults, formatResults, OutputReader, parseResults, type Result } from './results.ts'

function read(output: string): Result[] {
  const reader = new OutputReader('csapi')
  for (const line of output.split('\n')) reader.readLine(line)
  return reader.results
}

test('verdicts of tests and subtests are read; who was begun and not judged has failed', () => {
  const results = read(`=== RUN   TestA
=== RUN   TestA/parallel
=== PAUSE TestA/parallel
    a_test.go:12: --- is no verdict
--- FAIL: TestA (1.20s)
    --- PASS: TestA/parallel (0.10s)
    --- FAIL: TestA/it_works_(mostly) (0.10s)
=== RUN   TestB
--- SKIP: TestB (0.00s)
=== RUN   TestC
panic: test timed out after 10m0s`)

  assert.deepEqual(
    results.map(({ test, result }) => `${test} ${result}`),
    ['TestA fail', 'TestA/parallel pass', 'TestA/it_works_(mostly) fail', 'TestB skip', 'TestC fail'],
  )
})

test('results are written one a line, sorted, and read back', () => {
  const results: Result[] = [
    { package: 'root', test: 'TestA', result: 'pass' },
    { package: 'csapi', test: 'TestB', result: 'fail' },
    { package: 'csapi', test: 'TestA/x', result: 'skip' },
    { package: 'csapi', test: 'TestA', result: 'pass' },
  ]

  const text = formatResults(results)

  assert.deepEqual(
    text.split('\n').map((line) => /"test":"([^"]+)"/.exec(line)?.[1]),
    ['TestA', 'TestA/x', 'TestB', 'TestA', undefined],
  )
  assert.deepEqual(parseResults(text).length, 4)
  assert.equal(formatResults(parseResults(text)), text)
})

test('a comparison names what changed, and looks only at packages that ran', () => {
  const before: Result[] = [
    { package: 'csapi', test: 'TestA', result: 'pass' },
    { package: 'csapi', test: 'TestB', result: 'fail' },
    { package: 'csapi', test: 'TestGone', result: 'pass' },
    { package: 'root', test: 'TestR', result: 'pass' },
  ]
  const after: Result[] = [
    { package: 'csapi', test: 'TestA', result: 'fail' },
    { package: 'csapi', test: 'TestB', result: 'fail' },
    { package: 'csapi', test: 'TestNew', result: 'pass' },
  ]

  assert.deepEqual(compareResults(before, after), [
    'csapi TestA: pass → fail',
    'csapi TestGone: pass → not there',
    'csapi TestNew: not there → pass',
  ])
})
