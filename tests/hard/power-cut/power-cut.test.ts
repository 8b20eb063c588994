/** Power cuts, as many as an ordinary test run has time for; `npm run test:hard` tries more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runPowerCut } from './run.ts'

test('whatever moment the power goes, nothing that was answered is lost', async (t) => {
  const { skipped, problems } = await runPowerCut({ cuts: 24, writeMs: 1_500 })

  if (skipped !== undefined) t.skip(skipped)
  assert.deepEqual(problems, [])
})
