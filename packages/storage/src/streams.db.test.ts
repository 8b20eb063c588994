import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { STREAMS } from './streams.ts'

databaseMatrix((open) => {
  test('every stream begins at zero', async () => {
    await using storage = await open()

    const positions = await storage.positions()

    assert.deepEqual(positions, Object.fromEntries(STREAMS.map((name) => [name, 0])))
  })
})
