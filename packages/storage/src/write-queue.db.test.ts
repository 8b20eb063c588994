import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { ConflictError } from './errors.ts'
import { openStorage, type Storage } from './open.ts'
import type { Fact } from './streams.ts'
import type { Transaction } from './transaction.ts'

const PUT =
  'INSERT INTO client_txns (user_id, device_id, scope, txn_id, response, created_ts) VALUES (?, ?, ?, ?, ?, ?)'
const put = (tx: Transaction, key: string, ts = 0) => tx.db.run(PUT, key, 'D', 's', 't', '{}', ts)

/** Without waiting for the answer. */
const send = (tx: Transaction, key: string) => tx.db.send(PUT, key, 'D', 's', 't', '{}', 0)

/** Read with a transaction that changes nothing: the read stores show subjects, not tables. */
const keys = (storage: Storage) =>
  storage.write(async (tx) =>
    (await tx.db.all<{ user_id: string }>('SELECT user_id FROM client_txns ORDER BY user_id')).map(
      (row) => row.user_id,
    ),
  )

databaseMatrix((open, dialect) => {
  test('a write that fails is undone alone; those beside it are kept', async () => {
    await using storage = await open()

    const results = await Promise.allSettled([
      storage.write((tx) => put(tx, 'a')),
      storage.write(async (tx) => {
        await put(tx, 'b')
        throw new Error('on purpose')
      }),
      storage.write((tx) => put(tx, 'a')),
      storage.write((tx) => send(tx, 'a')),
      storage.write((tx) => send(tx, 'c')),
    ])

    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled'],
    )
    assert.match(String((results[1] as PromiseRejectedResult).reason), /on purpose/)
    for (const result of results.slice(2, 4))
      assert.ok((result as PromiseRejectedResult).reason instanceof ConflictError)
    assert.deepEqual(await keys(storage), ['a', 'c'])
  })

  test('who gives way goes on behind the writes that wait and those that come meanwhile', async (t) => {
    await using storage = await open()
    t.mock.timers.enable({ apis: ['setTimeout'] }) // patience never ends
    const held = Promise.withResolvers<void>()
    const done: string[] = []
    const note = (what: string) => () => void done.push(what)

    const first = storage.write(() => held.promise).then(note('first'))
    const reading = storage.giveWay().then(note('read'))
    const second = storage.write((tx) => put(tx, 'a')).then(note('second'))
    for (let i = 0; i < 5; i++) await setImmediate()
    assert.deepEqual(done, [])
    held.resolve()
    await Promise.all([first, second, reading])

    assert.deepEqual(done, ['first', 'second', 'read'])
    await storage.giveWay()
  })

  test('a failing write leaves its positions and facts to nobody', async () => {
    await using storage = await open()
    const heard: Fact[] = []
    storage.subscribe((facts) => heard.push(...facts))
    const announce = (key: string, fails: boolean) =>
      storage.write(async (tx) => {
        tx.announce({ stream: 'receipts', position: await tx.takePosition('receipts'), key })
        if (fails) throw new Error('on purpose')
      })

    await Promise.allSettled([announce('a', false), announce('b', true), announce('c', false)])
    await Promise.allSettled([announce('d', true)])
    await announce('e', false)

    assert.deepEqual(
      heard.map(({ key, position }) => [key, position]),
      [
        ['a', 1],
        ['c', 2],
        ['e', 3],
      ],
    )
    assert.equal((await storage.positions()).receipts, 3)
  })

  test('facts are heard in commit order, and before the promise of the write resolves', async () => {
    await using storage = await open()
    const order: string[] = []
    storage.subscribe((facts) => order.push(...facts.map((fact) => `fact ${fact.key}`)))

    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        storage
          .write(async (tx) => {
            tx.announce({ stream: 'presence', position: await tx.takePosition('presence'), key: `${i}` })
          })
          .then(() => order.push(`done ${i}`)),
      ),
    )

    for (let i = 0; i < 20; i++) assert.ok(order.indexOf(`fact ${i}`) < order.indexOf(`done ${i}`))
    const facts = order.filter((entry) => entry.startsWith('fact'))
    assert.deepEqual(
      facts,
      Array.from({ length: 20 }, (_, i) => `fact ${i}`),
    )
  })

  test('a listener that throws is reported, and keeps nobody else from hearing', async () => {
    const errors: Error[] = []
    await using storage = await openStorage({
      ...(await open.options()),
      onError: (error) => errors.push(error),
    })
    const heard: Fact[] = []
    storage.subscribe(() => {
      throw new Error('bad listener')
    })
    storage.subscribe((facts) => heard.push(...facts))

    await storage.write(async (tx) =>
      tx.announce({ stream: 'jobs', position: await tx.takePosition('jobs'), key: 'k' }),
    )

    assert.equal(heard.length, 1)
    assert.deepEqual(
      errors.map((error) => error.message),
      ['bad listener'],
    )
  })

  test('what waits together commits together', {
    skip: dialect === 'sqlite' && 'it does not number them',
  }, async () => {
    await using storage = await open()
    const idOf = () =>
      storage.write(
        async (tx) =>
          (await tx.db.get<{ id: number }>('SELECT pg_current_xact_id()::text::bigint AS id'))!.id,
      )

    const together = await Promise.all(Array.from({ length: 50 }, idOf))
    const later = await idOf()

    assert.equal(new Set(together).size, 1)
    assert.notEqual(later, together[0])
  })

  test('a write that is waiting sees what the ones before it wrote', async () => {
    await using storage = await open()

    const counts = await Promise.all(
      Array.from({ length: 5 }, (_, i) =>
        storage.write(async (tx) => {
          await put(tx, `k${i}`)
          return (await tx.db.all('SELECT 1 FROM client_txns')).length
        }),
      ),
    )

    assert.deepEqual(counts, [1, 2, 3, 4, 5])
  })

  test('more writes than fit a group are all done, in order', async () => {
    await using storage = await open()
    const positions = await Promise.all(
      Array.from({ length: 1_000 }, () => storage.write((tx) => tx.takePosition('to_device'))),
    )

    assert.deepEqual(
      positions,
      Array.from({ length: 1_000 }, (_, i) => i + 1),
    )
  })

  test('many failing writes in one group do not disturb the others', async () => {
    await using storage = await open()

    const results = await Promise.allSettled(
      Array.from({ length: 400 }, (_, i) =>
        storage.write(async (tx) => {
          await send(tx, `k${i}`)
          await send(tx, i % 3 === 0 ? `k${i}` : `l${i}`) // a third of them take their own key twice
        }),
      ),
    )

    for (const [i, result] of results.entries())
      assert.equal(result.status, i % 3 === 0 ? 'rejected' : 'fulfilled')
    const kept = results.filter((result) => result.status === 'fulfilled').length
    assert.equal((await keys(storage)).length, 2 * kept)
  })

  test('a write that loses the whole transaction fails alone; the others get another chance', async () => {
    await using storage = await open()
    const loseIt = {
      // A full disk: SQLite undoes the transaction by itself.
      sqlite: async (tx: Transaction) => {
        await tx.db.all('PRAGMA max_page_count = 1')
        try {
          await tx.db.run(PUT, 'full', 'D', 's', 't', 'x'.repeat(1_000_000), 0)
        } finally {
          await tx.db.all('PRAGMA max_page_count = 1000000')
        }
      },
      // The connection breaks.
      postgres: async (tx: Transaction) =>
        void (await tx.db.run('SELECT pg_terminate_backend(pg_backend_pid())')),
    }

    const results = await Promise.allSettled([
      storage.write((tx) => put(tx, 'a')),
      storage.write(loseIt[dialect]),
      storage.write((tx) => put(tx, 'c')),
    ])

    assert.deepEqual(
      results.map((result) => result.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(await keys(storage), ['a', 'c'])
  })

  test('a write that swallows a failed statement does not seem to succeed', {
    skip: dialect === 'sqlite' && 'it goes on after a failed statement',
  }, async () => {
    await using storage = await open()
    await storage.write((tx) => put(tx, 'a'))
    const swallow = () =>
      storage.write(async (tx) => {
        await put(tx, 'b')
        await put(tx, 'a').catch(() => {})
      })

    await assert.rejects(swallow())
    await assert.rejects(swallow())
    assert.deepEqual(await keys(storage), ['a'])
  })

  test('when the commit itself fails, all of its group are told, and nothing of them is there', {
    skip: dialect === 'sqlite' && 'it has no constraint that waits for the commit',
  }, async () => {
    await using storage = await open()
    await storage.write((tx) =>
      tx.db.run('CREATE TABLE late (id BIGINT, UNIQUE (id) DEFERRABLE INITIALLY DEFERRED)'),
    )

    const results = await Promise.allSettled([
      storage.write((tx) => put(tx, 'a')),
      storage.write(async (tx) => {
        for (let i = 0; i < 2; i++) await tx.db.run('INSERT INTO late (id) VALUES (1)')
      }),
    ])

    assert.deepEqual(
      results.map((result) => result.status),
      ['rejected', 'rejected'],
    )
    assert.deepEqual(await keys(storage), [])
    await storage.write((tx) => put(tx, 'b'))
    assert.deepEqual(await keys(storage), ['b'])
  })

  test('a transaction waits while somebody outside writes, and the event loop goes on', {
    skip: dialect === 'postgres' && 'only SQLite has one writer',
  }, async () => {
    const options = await open.options()
    await using storage = await openStorage(options)
    assert.ok(options.dialect === 'sqlite')
    const outside = new DatabaseSync(options.file)
    outside.exec('BEGIN IMMEDIATE')

    const write = storage.write((tx) => put(tx, 'a'))
    let turns = 0
    for (; turns < 50; turns++) await setImmediate()
    const before = outside.prepare('SELECT COUNT(*) AS n FROM client_txns').get()
    outside.exec('COMMIT')
    await write
    outside.close()

    assert.equal(turns, 50)
    assert.equal(before?.['n'], 0)
    assert.deepEqual(await keys(storage), ['a'])
  })

  test('a chain of writes leaves the event loop its turns', async () => {
    await using storage = await open()
    let isWriting = true
    let turns = 0
    const counting = (async () => {
      while (isWriting) {
        await setImmediate()
        turns++
      }
    })()

    for (let i = 0; i < 50; i++) await storage.write((tx) => put(tx, `k${i}`))
    isWriting = false
    await counting

    assert.ok(turns >= 50, `only ${turns} turns`)
  })

  test('closing waits for the writes that were asked for', async () => {
    const options = await open.options()
    const storage = await openStorage(options)
    const writes = Array.from({ length: 300 }, (_, i) => storage.write((tx) => put(tx, `k${i}`)))

    await storage[Symbol.asyncDispose]()

    await Promise.all(writes)
    await using again = await openStorage(options)
    assert.equal((await keys(again)).length, 300)
    await assert.rejects(storage.write((tx) => put(tx, 'late')))
  })
})
