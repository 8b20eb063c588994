import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { openStorage } from '../open.ts'
import { listedByName } from './0037-listed-by-name.ts'
import { fillBefore } from './old-fixture.ts'

const NAMES = ['@ann:t', '@ben:t', '@cid:t']
const ROWS = NAMES.map(
  (name, i) =>
    `INSERT INTO users (id, name, creation_ts, displayname, last_seen_ts, kind, search_text)
     VALUES (${3 - i}, '${name}', 1, 'Somebody', 5, 0, '')`,
)

databaseMatrix((open) => {
  test('accounts that were there before are listed by name, up and down, as they are now', async () => {
    const options = await open.emptyOptions()
    await fillBefore(listedByName, options, ROWS)

    await using storage = await openStorage(options)
    await storage.write(async (tx) => {
      await tx.accounts.rebuildLists()
      await tx.accounts.touch(new Map([['@ben:t', 7]]))
    })

    const list = (dir: 'f' | 'b') =>
      storage.read.accounts.list(
        { guests: true, locked: true, notUserTypes: [] },
        { orderBy: 'name', dir, from: 0, limit: 10 },
      )
    const shown = (await list('f')).map(({ userId, lastSeenTs }) => [userId, lastSeenTs])
    assert.deepEqual(shown, [
      ['@ann:t', 5],
      ['@ben:t', 7],
      ['@cid:t', 5],
    ])
    assert.deepEqual(
      (await list('b')).map(({ userId }) => userId),
      NAMES.toReversed(),
    )
  })
})
