import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { configReference } from './reference.ts'

test('docs/configuration.md is what the schema says', () => {
  const written = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')

  assert.equal(written, configReference(), 'run: node scripts/generate-config-docs.ts')
})

test('every key of the reference has a description', () => {
  const rows = configReference()
    .split('\n')
    .filter((line) => line.startsWith('| `'))

  assert.ok(rows.length > 100)
  for (const row of rows) assert.doesNotMatch(row, /\| *\|$/, row)
})
