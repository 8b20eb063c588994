import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { givesWay } from './give-way.ts'

const NEVER_MS = 2 ** 30

/** Who writes, and what has begun. `write` ends the write before it. */
function world({ patienceMs = NEVER_MS, spacingMs = 0 } = {}) {
  let writing: PromiseWithResolvers<void> | undefined
  const begun: string[] = []
  const { giveWay, giveWayToWrites } = givesWay(() => writing?.promise, { patienceMs, spacingMs })
  const end = () => {
    writing?.resolve()
    writing = undefined
  }
  return {
    begun,
    end,
    write() {
      end()
      writing = Promise.withResolvers()
    },
    ask: (name: string) => giveWay().then(() => void begun.push(name)),
    askElsewhere: (name: string) => giveWayToWrites().then(() => void begun.push(name)),
  }
}

const someTurns = async () => {
  for (let i = 0; i < 10; i++) await setImmediate()
}

test('pieces begin one in a turn, in the order in which they came', async () => {
  const { ask, begun } = world()
  const all = ['a', 'b', 'c'].map(ask)
  const seen: number[] = []

  while (begun.length < all.length) {
    await setImmediate()
    seen.push(begun.length)
  }

  assert.deepEqual(begun, ['a', 'b', 'c'])
  assert.ok(
    seen.every((count, i) => count - (seen[i - 1] ?? 0) <= 1),
    seen.join(),
  )
})

test('what is done elsewhere begins at once while nobody writes, whoever waits for his turn', async () => {
  const { ask, askElsewhere, begun, write, end } = world()

  await Promise.all(['a', 'b', 'c'].map(askElsewhere))
  assert.deepEqual(begun, ['a', 'b', 'c'])
  const d = ask('d')
  await askElsewhere('e')
  assert.deepEqual(begun, ['a', 'b', 'c', 'e'])
  await d

  write()
  const f = askElsewhere('f')
  await someTurns()
  assert.ok(!begun.includes('f'))
  end()
  await f
})

test('pieces wait for what is being written, and for what is begun before it has ended', async () => {
  const { ask, begun, write, end } = world()
  write()
  const all = ['a', 'b'].map(ask)
  await someTurns()
  assert.deepEqual(begun, [])

  write() // the first has ended, and another one follows at once
  await someTurns()
  assert.deepEqual(begun, [])

  end()
  await Promise.all(all)
  assert.deepEqual(begun, ['a', 'b'])
})

test('a write that comes between two pieces goes first', async () => {
  const { ask, begun, write, end } = world()
  const all = ['a', 'b'].map(ask)
  await all[0]
  write()
  await someTurns()
  assert.deepEqual(begun, ['a'])

  end()
  await Promise.all(all)
  assert.deepEqual(begun, ['a', 'b'])
})

test('who has waited long enough has his turn while others write, and those behind him have theirs', async () => {
  const { ask, begun, write } = world({ patienceMs: 1 })
  write()

  await Promise.all(['a', 'b', 'c'].map(ask))

  assert.deepEqual(begun, ['a', 'b', 'c'])
})

test('beside writes pieces keep apart, and while nobody writes they do not', async () => {
  const { ask, begun, write, end } = world({ spacingMs: 100_000 })
  await Promise.all(['a', 'b'].map(ask))

  write()
  void ask('c')
  await someTurns()
  end()
  await someTurns()

  assert.deepEqual(begun, ['a', 'b'])
})

test('no timer is left behind', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  const { ask, write, end } = world()
  write()
  const all = ['a', 'b', 'c'].map(ask)
  await someTurns()
  assert.equal(timers(), before + 1)

  end()
  await Promise.all(all)

  assert.equal(timers(), before)
})
