import assert from 'node:assert/strict'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { removeFromSearch } from './event-search.ts'

const EVENTS = 3_000
const MOST_STEPS = 10_000

databaseMatrix((open, dialect) => {
  test('what deleted events leave in the search index goes, in pieces', {
    skip: dialect !== 'sqlite',
  }, async () => {
    await using storage = await open()
    const size = () =>
      storage.write(
        async (tx) =>
          (await tx.db.get<{ bytes: number }>('SELECT SUM(LENGTH(block)) AS bytes FROM event_search_data'))!
            .bytes,
      )
    const tidy = async () => {
      for (let steps = 1; steps < MOST_STEPS; steps++)
        if (await storage.write((tx) => tx.eventSearch.tidy(8))) return steps
      return assert.fail('it does not end')
    }
    for (let begin = 1; begin <= EVENTS; begin += 500)
      await storage.write((tx) =>
        tx.eventSearch.add(
          Array.from({ length: 500 }, (_, i) => begin + i).map((nid) => ({
            nid,
            roomId: '!a:test',
            text: `word${nid} and other words of message ${nid * 7}`,
          })),
        ),
      )
    await tidy()
    const full = await size()

    await storage.write((tx) =>
      removeFromSearch(
        tx.db,
        Array.from({ length: EVENTS - 10 }, (_, i) => i + 1),
      ),
    )
    const deleted = await size()
    const steps = await tidy()

    assert.ok(deleted > full / 2, 'a deletion does not write the index anew')
    assert.ok((await size()) < full / 10, `${await size()} of ${full} bytes`)
    assert.ok(steps > 1)
    const left = await storage.write((tx) =>
      tx.db.all<{ rowid: number }>(`SELECT rowid FROM event_search WHERE event_search MATCH 'words : other'`),
    )
    assert.equal(left.length, 10)
  })
})
