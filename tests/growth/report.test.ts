import assert from 'node:assert/strict'
import { test } from 'node:test'
import { growthOf } from './fit.ts'
import type { Result } from './measure.ts'
import { suspicion } from './report.ts'

const SIZES = [10, 100, 1_000, 10_000]
const FLAT = [3, 3, 3, 3]
const LINEAR = [3, 3.1, 4, 13]

function result(costs: Partial<Pick<Result, 'ms' | 'cpuMs' | 'databaseMs' | 'aroundMs'>>): Result {
  const { ms = FLAT, cpuMs = FLAT, databaseMs, aroundMs = FLAT } = costs
  const of = (values: readonly number[]) => growthOf(SIZES, values, 0.05)
  return {
    operation: 'something',
    isAskedFor: false,
    sizes: SIZES,
    ms,
    cpuMs,
    databaseMs,
    aroundMs,
    answerBytes: FLAT,
    growth: {
      ms: of(ms),
      cpuMs: of(cpuMs),
      databaseMs: databaseMs && of(databaseMs),
      aroundMs: of(aroundMs),
      answerBytes: of(FLAT),
    },
  }
}

test('what grows in CPU time is marked, on our side and on PostgreSQL’s, however long it took', () => {
  assert.equal(suspicion(result({})), undefined)
  assert.equal(suspicion(result({ cpuMs: LINEAR })), '**grows**')
  assert.equal(suspicion(result({ databaseMs: LINEAR })), '**grows**')
})

test('time that grows without work, and work that is not waited for, are told apart', () => {
  assert.equal(suspicion(result({ ms: LINEAR })), 'time alone')
  assert.equal(suspicion(result({ aroundMs: LINEAR })), 'around it: 3.0 · 3.1 · 4.0 · 13.0 ms of CPU')
})

test('what was asked for may grow, and what nobody notices', () => {
  assert.equal(suspicion({ ...result({ cpuMs: LINEAR }), isAskedFor: true }), undefined)
  assert.equal(suspicion(result({ cpuMs: LINEAR.map((ms) => ms / 100) })), undefined)
})
