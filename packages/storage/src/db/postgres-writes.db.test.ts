import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { ConflictError, StorageUnavailableError, UnstorableTextError } from '../errors.ts'
import { PostgresDatabase } from './postgres.ts'
import { SqliteDatabase } from './sqlite.ts'
import { together } from './together.ts'
import type { Database, WriteHandle } from './types.ts'

const PUT = 'INSERT INTO notes (id, text) VALUES (?, ?)'
/** Fails for 0. */
const DIVIDED = 'INSERT INTO notes (id, text) SELECT 6 / CAST(? AS BIGINT), ?'
const END_OTHER = 'SELECT pg_terminate_backend(CAST(? AS BIGINT)::int) AS ended'

databaseMatrix((open, dialect) => {
  const skip = dialect === 'sqlite' && 'it answers at once'

  async function database(): Promise<Database> {
    const options = await open.emptyOptions()
    const made =
      options.dialect === 'sqlite'
        ? new SqliteDatabase(options.file)
        : new PostgresDatabase(options, () => {})
    await made.transaction(async (db) => {
      await db.run('CREATE TABLE notes (id BIGINT NOT NULL PRIMARY KEY, text TEXT)')
      await db.send(PUT, 1, 'first')
    })
    return made
  }

  const ids = async (db: Database) =>
    (await db.reader.all<{ id: number }>('SELECT id FROM notes ORDER BY id')).map(({ id }) => id)

  test('what was sent is seen by what is asked later, and committed', async () => {
    await using db = await database()

    const seen = await db.transaction(async (tx) => {
      await tx.send(PUT, 2, 'a')
      await tx.send('UPDATE notes SET text = ? WHERE id = ?', 'b', 2)
      const found = await tx.all<{ text: string }>('SELECT text FROM notes ORDER BY id')
      await tx.send(PUT, 3, 'c')
      return found.map(({ text }) => text)
    })

    assert.deepEqual(seen, ['first', 'b'])
    assert.deepEqual(await ids(db), [1, 2, 3])
  })

  test('the failure of what was sent is that of the transaction, and nothing of it is kept', async () => {
    await using db = await database()
    const refused = (work: (tx: WriteHandle) => Promise<unknown>) =>
      assert.rejects(
        db.transaction(async (tx) => {
          await tx.send(PUT, 2, 'a')
          await work(tx)
        }),
        ConflictError,
      )

    await refused((tx) => tx.send(PUT, 1, 'taken'))
    await refused(async (tx) => {
      await tx.send(PUT, 1, 'taken')
      await tx.send(PUT, 3, 'b')
    })
    await refused(async (tx) => {
      await tx.send(PUT, 1, 'taken')
      await tx.get('SELECT id FROM notes WHERE id = ?', 1)
    })
    await refused(async (tx) => {
      await tx.send(PUT, 1, 'taken')
      await setImmediate() // has gone out by itself
      await tx.send(PUT, 3, 'b')
    })
    await assert.rejects(
      db.transaction((tx) => tx.send(PUT, 4, 'a\0')),
      UnstorableTextError,
    )

    assert.deepEqual(await ids(db), [1])
    await db.transaction((tx) => tx.send(PUT, 5, 'again'))
    assert.deepEqual(await ids(db), [1, 5])
  })

  test('of several failures the first is told, also to who asks beside it', { skip }, async () => {
    await using db = await database()
    const told: unknown[] = []
    const note = (error: unknown) => void told.push(error)

    await assert.rejects(
      db.transaction(async (tx) => {
        await tx.send(PUT, 1, 'taken')
        await tx.send(DIVIDED, 0, 'b')
        await Promise.all([
          tx.all('SELECT id FROM notes').catch(note),
          tx.run(DIVIDED, 0, 'c').catch(note),
          tx.get('SELECT nothing FROM nowhere').catch(note),
        ])
      }),
      ConflictError,
    )

    assert.equal(told.length, 3)
    for (const error of told) assert.ok(error instanceof ConflictError)
    assert.deepEqual(await ids(db), [1])
  })

  test('a savepoint undoes the failure of what was sent behind it', { skip }, async () => {
    await using db = await database()

    await db.transaction(async (tx) => {
      await tx.send(PUT, 2, 'a')
      await tx.send('SAVEPOINT here')
      await tx.send(DIVIDED, 0, 'b')
      await assert.rejects(tx.run('RELEASE SAVEPOINT here'), /division by zero/)
      assert.equal(tx.hasFailed, true)
      await tx.run('ROLLBACK TO SAVEPOINT here')
      assert.equal(tx.hasFailed, false)
      await tx.send(PUT, 3, 'c')
    })

    assert.deepEqual(await ids(db), [1, 2, 3])
  })

  test('when it cannot begin nothing of it is done, and the next one begins', { skip }, async () => {
    await using db = await database()
    const cannotBegin = (work: (tx: WriteHandle) => Promise<unknown>) =>
      assert.rejects(db.transaction(work), /"begin" does not exist/)
    const forget = () => db.transaction((tx) => tx.send('DEALLOCATE ALL'))

    await forget()
    await cannotBegin(async (tx) => {
      await tx.send(PUT, 2, 'a')
      await tx.send(PUT, 3, 'b')
      await tx.get('SELECT id FROM notes')
    })
    await forget()
    await cannotBegin(async (tx) => {
      await together([tx.get('SELECT id FROM notes'), tx.all('SELECT id FROM notes'), tx.run(PUT, 4, 'c')])
    })
    await forget()
    await cannotBegin(async (tx) => {
      await tx.send('SELECT id FROM notes')
      // What went with it is answered, and known to be outside of a transaction.
      await tx.get('SELECT id FROM notes').catch(() => {})
      await tx.run(PUT, 5, 'd')
    })
    await forget()
    await cannotBegin(async (tx) => {
      await tx.send('SAVEPOINT here')
      await assert.rejects(tx.run(PUT, 6, 'e'))
      await tx.run('ROLLBACK TO SAVEPOINT here').catch(() => {})
      await tx.send(PUT, 7, 'f')
    })

    await db.transaction((tx) => tx.send(PUT, 8, 'g'))
    assert.deepEqual(await ids(db), [1, 8])
  })

  test('a first statement that fails takes nobody with it', { skip }, async () => {
    await using db = await database()

    await assert.rejects(
      db.transaction(async (tx) => {
        await tx.send(PUT, 1, 'taken')
        await tx.send(PUT, 2, 'a')
      }),
      ConflictError,
    )
    await assert.rejects(
      db.transaction(async (tx) => {
        await tx.send(PUT, 2, 'a')
        throw new Error('on purpose')
      }),
      /on purpose/,
    )
    await db.transaction(async () => {})
    await db.transaction(async (tx) => {
      await tx.send(PUT, 3, 'b')
      await tx.send(PUT, 4, 'c')
      assert.equal((await tx.all('SELECT id FROM notes')).length, 3)
    })

    assert.deepEqual(await ids(db), [1, 3, 4])
  })

  test('a conflict of the first statement leaves the connection as it was', { skip }, async () => {
    await using db = await database()
    const pid = async () =>
      (await db.transaction((tx) => tx.get<{ pid: number }>('SELECT pg_backend_pid() AS pid')))!.pid
    const conflict = (work: (tx: WriteHandle) => Promise<unknown>) =>
      assert.rejects(db.transaction(work), ConflictError)
    const before = await pid()

    for (let again = 0; again < 2; again++) {
      await conflict((tx) => tx.run(PUT, 1, 'taken'))
      await conflict(async (tx) => {
        await tx.send(PUT, 1, 'taken')
        await tx.send(PUT, 2, 'a')
        await tx.send(PUT, 3, 'b')
      })
      await conflict(async (tx) => {
        await tx.send(PUT, 1, 'taken')
        await setImmediate() // has gone out by itself
        await tx.get('SELECT id FROM notes').catch(() => {})
        await tx.send('ROLLBACK TO SAVEPOINT none')
        await tx.send(PUT, 3, 'b')
      })
      // Of a statement that the connection did not know yet.
      await conflict((tx) => tx.run(`INSERT INTO notes (id, text) VALUES (?, 'new ${again}')`, 1))
      await conflict((tx) => tx.run(`INSERT INTO notes (id, text) VALUES (?, 'new ${again}')`, 1))
    }

    assert.equal(await pid(), before)
    assert.deepEqual(await ids(db), [1])
    await db.transaction((tx) => tx.run(PUT, 2, 'a'))
    assert.deepEqual(await ids(db), [1, 2])
  })

  test('a conflict of the very first statement of a connection does as well', { skip }, async () => {
    const options = await open.emptyOptions()
    assert.ok(options.dialect === 'postgres')
    {
      await using other = new PostgresDatabase(options, () => {})
      await other.transaction(async (tx) => {
        await tx.run('CREATE TABLE notes (id BIGINT NOT NULL PRIMARY KEY, text TEXT)')
        await tx.run(PUT, 1, 'first')
      })
    }
    await using db = new PostgresDatabase(options, () => {})

    await assert.rejects(
      db.transaction((tx) => tx.run(PUT, 1, 'taken')),
      ConflictError,
    )

    const { now } = (await db.reader.get<{ now: number }>(
      'SELECT EXTRACT(EPOCH FROM clock_timestamp()) AS now',
    ))!
    const { began } = (await db.transaction((tx) =>
      tx.get<{ began: number }>(
        'SELECT EXTRACT(EPOCH FROM backend_start) AS began FROM pg_stat_activity WHERE pid = pg_backend_pid()',
      ),
    ))!
    assert.ok(began < now, 'it is the connection of before')
    await db.transaction((tx) => tx.run(PUT, 2, 'a'))
    assert.deepEqual(await ids(db), [1, 2])
  })

  test('what comes after the transaction is refused, and not done by itself', { skip }, async () => {
    await using db = await database()
    let late: WriteHandle | undefined

    await db.transaction(async (tx) => {
      late = tx
    })
    await assert.rejects(late!.send(PUT, 2, 'late'), /over/)
    await assert.rejects(late!.run(PUT, 3, 'late'), /over/)

    assert.deepEqual(await ids(db), [1])
  })

  test('a connection that ends takes all that was under way with it', { skip }, async () => {
    await using db = await database()
    const ending = async (end: (tx: WriteHandle, pid: number) => Promise<unknown>) => {
      await assert.rejects(
        db.transaction(async (tx) => {
          const { pid } = (await tx.get<{ pid: number }>('SELECT pg_backend_pid() AS pid'))!
          await tx.send(PUT, 2, 'a')
          await end(tx, pid)
          for (let id = 3; id < 20; id++) await tx.send(PUT, id, 'b')
        }),
        StorageUnavailableError,
      )
      assert.deepEqual(await ids(db), [1])
    }

    await ending((tx) => tx.send('SELECT pg_terminate_backend(pg_backend_pid())'))
    await ending((tx, pid) => tx.send(END_OTHER, pid))
    await ending((_, pid) => db.reader.get(END_OTHER, pid))
    await ending(async (_, pid) => {
      await db.reader.get(END_OTHER, pid)
      await setImmediate()
    })

    await db.transaction((tx) => tx.send(PUT, 30, 'again'))
    assert.deepEqual(await ids(db), [1, 30])
  })
})
