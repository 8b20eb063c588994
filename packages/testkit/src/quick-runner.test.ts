import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const PRELOAD = join(import.meta.dirname, 'quick-runner.ts')

/** Runs a file of tests with this in it, as `npm test` does. */
function run(body: string) {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-runner-'))
  try {
    const file = join(folder, 'a.test.mjs')
    writeFileSync(
      file,
      `import { test } from 'node:test'\nimport { createHook } from 'node:async_hooks'\n${body}`,
    )
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    return spawnSync(process.execPath, ['--test', '--import', PRELOAD, file], { encoding: 'utf8', env })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('what nobody catches fails the run and says where it was thrown, also while a test goes on', () => {
  for (const thrown of [
    `setTimeout(() => { throw new Error('lost') })`,
    `setTimeout(() => void Promise.reject(new Error('lost')))`,
  ]) {
    const { status, stdout } = run(
      `test('goes on', () => new Promise((done) => { ${thrown}; setTimeout(done, 50) }))`,
    )
    assert.equal(status, 1, thrown)
    assert.match(stdout, /Nobody caught Error: lost\s+at .*a\.test\.mjs:3/, thrown)
  }
})

test('what tests do with hooks of their own works, and a run without errors ends well', () => {
  const { status, stdout } = run(`
    test('hooked', async () => {
      let seen = 0
      createHook({ init: () => { seen++ } }).enable()
      await new Promise((done) => setTimeout(done))
      if (seen === 0) throw new Error('no hook')
    })`)
  assert.equal(status, 0, stdout)
})
