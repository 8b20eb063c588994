import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rulesAllow } from './rules.ts'

const rule = (action: 'allow' | 'deny', over: object = {}) => ({
  userId: '*',
  roomId: '*',
  alias: '*',
  action,
  ...over,
})
const what = { userId: '@bob:x', roomId: '!r:x', aliases: ['#bots-1:x'] }

test('the first rule that fits decides, and none fitting means no', () => {
  assert.equal(rulesAllow([], what), false)
  assert.equal(rulesAllow([rule('deny'), rule('allow')], what), false)
  assert.equal(rulesAllow([rule('deny', { userId: '@alice:*' }), rule('allow')], what), true)
  assert.equal(rulesAllow([rule('allow', { alias: '#bots-*' })], what), true)
  assert.equal(rulesAllow([rule('allow', { alias: '#other' })], what), false)
})

test('a room without aliases fits only a rule for any alias', () => {
  assert.equal(rulesAllow([rule('allow', { alias: '#*' })], { ...what, aliases: [] }), false)
  assert.equal(rulesAllow([rule('allow')], { ...what, aliases: [] }), true)
})
