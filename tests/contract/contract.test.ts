/** Whether the rows of the contract are whole: no call and no error without one, no proof that is not there. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { commonErrors } from '@ranvier/admin-api/openapi/document'
import type { Operation } from '@ranvier/admin-api/openapi/operation'
import { type OperationId, operations } from '@ranvier/admin-api/openapi/operations'
import { commonRefusals } from './common-refusals.ts'
import { effects } from './effects.ts'
import type { Row } from './row.ts'
import { FILES, type Proof } from './rows/files.ts'
import { rows } from './rows/index.ts'

const ROOT = join(import.meta.dirname, '../..')
const described: Readonly<Record<string, Operation>> = operations
/** Seen elsewhere for every call alike. */
const ANYWHERE = ['413 M_TOO_LARGE']

/** The names of the tests in a file; what is put into a name as it runs is `…`. */
function testsIn(path: string): Set<string> {
  const source = readFileSync(join(ROOT, path), 'utf8')
  const names = new Set<string>()
  for (const [, quote, name] of source.matchAll(/\btest\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs))
    names.add(quote === '`' ? name!.replace(/\$\{[^}]*\}/g, '…') : name!.replace(/\\(.)/g, '$1'))
  return names
}

/** Runs its tests on SQLite and on PostgreSQL, or is made of steps of a file that does. */
function runsOnBoth(path: string): boolean {
  return (
    path.endsWith('-steps.ts') || /\b(server|database)Matrix\(/.test(readFileSync(join(ROOT, path), 'utf8'))
  )
}

function missingProofs(place: string, proofs: Readonly<Record<string, Proof>>): string[] {
  return Object.entries(proofs).flatMap(([what, proof]) => {
    const [key, name] = proof.split(' › ') as [keyof typeof FILES, string]
    return tests.get(key)!.has(name) ? [] : [`${place}, ${what}: ${FILES[key]} has no test '${name}'`]
  })
}

const tests = new Map(Object.entries(FILES).map(([key, path]) => [key, testsIn(path)]))

test('every call of the document has a row, and every row a call', () => {
  assert.deepEqual(Object.keys(rows).toSorted(), Object.keys(operations).toSorted())
})

test('every error a call is described with is seen', () => {
  const unseen = Object.entries(described).flatMap(([id, operation]) => {
    const row = rows[id as OperationId]
    const seen = seenErrors(id as OperationId, row)
    const wanted = [...commonErrors(operation), ...operation.errors].map(
      ([status, code]) => `${status} ${code}`,
    )
    return [...new Set(wanted)].filter((each) => !seen.has(each)).map((each) => `${id}: ${each}`)
  })
  assert.deepEqual(unseen, [])
})

function seenErrors(id: OperationId, row: Row): Set<string> {
  const sent = [...commonRefusals(id, row), ...(row.refusals ?? [])]
  const proven = Object.keys(row.proofs).map((what) => what.split(':')[0]!)
  return new Set([...ANYWHERE, ...sent.map(([, , status, errcode]) => `${status} ${errcode}`), ...proven])
}

test('what a call is refused with is in its description', () => {
  const undescribed = Object.entries(described).flatMap(([id, operation]) => {
    const errors = [...commonErrors(operation), ...operation.errors].map(
      ([status, code]) => `${status} ${code}`,
    )
    const sent = rows[id as OperationId].refusals ?? []
    return sent
      .filter(([, , status, errcode]) => !errors.includes(`${status} ${errcode}`))
      .map(([what, , status, errcode]) => `${id}, ${what}: ${status} ${errcode}`)
  })
  assert.deepEqual(undescribed, [])
})

test('every call is seen to work, and every proof is there', () => {
  const missing = Object.entries(rows).flatMap(([id, { proofs }]) => {
    const works = Object.keys(proofs).filter((what) => !/^[45]\d\d /.test(what))
    return [...(works.length > 0 ? [] : [`${id}: nothing shows it works`]), ...missingProofs(id, proofs)]
  })
  assert.deepEqual(missing, [])
})

test('every effect that can be seen is seen', () => {
  const missing = Object.entries(effects).flatMap(([section, proofs]) => missingProofs(section, proofs))
  assert.deepEqual(missing, [])
})

test('what proves something runs on both databases', () => {
  assert.deepEqual(
    Object.values(FILES).filter((path) => !runsOnBoth(path)),
    [],
  )
})
