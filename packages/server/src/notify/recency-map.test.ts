import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecencyMap } from './recency-map.ts'

test('keys come newest first, each with its last change', () => {
  const map = new RecencyMap<string>(10)
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
  const map = new RecencyMap<string>(10)
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

test('of too many keys the one changed longest ago is forgotten, and told', () => {
  const map = new RecencyMap<string>(2)

  assert.equal(map.touch('a', 1), undefined)
  assert.equal(map.touch('b', 2), undefined)
  assert.equal(map.touch('a', 3), undefined)
  assert.equal(map.touch('c', 4), 2)
  assert.deepEqual([...map.after(0)], ['c', 'a'])
  map.delete('a')
  assert.equal(map.touch('d', 5), undefined)
  assert.equal(map.touch('e', 6), 4)
  assert.deepEqual([...map.after(0)], ['e', 'd'])
  assert.equal(map.forgetUpTo(4), undefined)
  assert.equal(map.forgetUpTo(5), 5)
  assert.deepEqual([...map.after(0)], ['e'])
  assert.equal(map.forgetUpTo(9), 6)
  assert.deepEqual([map.size, map.last], [0, 0])
})
