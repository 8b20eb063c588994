import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dimensions } from './dimensions/index.ts'
import { measure } from './measure.ts'
import { whoami } from './operations/reading.ts'
import { startScene } from './scene.ts'

/** They look at what dimensions fill in, or wait until a job has ended. */
const NEED_MORE = /a page of|search for|from the middle|of a room$|all of it|display name/

test('operations are answered with what they ask for, cost something, and fail without it', async () => {
  await using stack = new AsyncDisposableStack()
  const scene = await startScene('sqlite', 0, undefined)
  stack.use(scene.server)
  const all = new Set(dimensions.flatMap(({ operations }) => operations))
  for (const operation of all) {
    if (operation.isAskedFor || NEED_MORE.test(operation.name)) continue
    const { cpuMs, answerBytes } = await measure(operation, [scene], 1)
    assert.ok(cpuMs[0]! > 0 && answerBytes[0]! > 0, operation.name)
  }

  await assert.rejects(measure({ ...whoami, isRight: () => false }, [scene], 1), /whoami answers \{"user_id"/)
})
