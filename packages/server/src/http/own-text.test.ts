import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownText } from '@ranvier/protocol/own-text'
import { collectGarbage } from '@ranvier/storage/collect-garbage'

test('a part of a text that is kept does not keep the text', () => {
  const before = process.memoryUsage().heapUsed
  const kept: string[] = []
  for (let i = 0; i < 1_000; i++) {
    const path = `/rooms/!room${i}-ü-💜:example.org/${'x'.repeat(20_000)}${i}`
    kept.push(ownText(path.split('/')[2]!))
  }
  assert.equal(kept[7], '!room7-ü-💜:example.org')
  collectGarbage()
  const taken = process.memoryUsage().heapUsed - before
  assert.ok(taken < 2_000_000, `${taken} bytes`)
})
