import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecencyMap } from './recency-map.ts'

test('keys come newest first, each with its last change', () => {
  const map = new RecencyMap<string>()
  map.touch('a', 1)
  map.touch('b', 2)
  map.touch('c', 3)
  map.touch('a', 4)
  map.touch('a', 5)
  map.touch('b', 6)

  assert.deepEqual([...map.after(0)], ['b', 'a', 'c'])
  assert.deepEqual([...map.after(3)], ['b', 'a'])
  assert.deepEqual([...map.after(6)], [])
  assert.equal(map.last, 6)
})

test('deleted keys are gone, wherever they stood', () => {
  const map = new RecencyMap<string>()
  for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) map.touch(key, i + 1)

  map.delete('b')
  map.delete('d')
  map.delete('x')
  assert.deepEqual([...map.after(0)], ['c', 'a'])
  map.delete('a')
  map.touch('b', 9)
  assert.deepEqual([...map.after(0)], ['b', 'c'])
  map.delete('b')
  map.delete('c')
  assert.equal(map.last, 0)
})
