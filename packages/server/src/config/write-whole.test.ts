import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeWhole } from './write-whole.ts'

test('a file is made once, private, and nothing unfinished is left beside it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-whole-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'secret')

  assert.equal(writeWhole(path, 'first', 0o600), true)
  assert.equal(writeWhole(path, 'second', 0o600), false)

  assert.equal(readFileSync(path, 'utf8'), 'first')
  assert.deepEqual(readdirSync(folder), ['secret'])
  if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('where no file can be made, the error says so', () => {
  const path = join(tmpdir(), 'ranvier-no-such-folder', 'secret')

  assert.throws(() => writeWhole(path, 'text', 0o600), { code: 'ENOENT' })
})
