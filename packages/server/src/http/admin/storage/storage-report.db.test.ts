import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROOM_STORAGE_ORDERS, USER_STORAGE_ORDERS } from '@ranvier/storage'
import { StorageReportReader } from '@ranvier/storage/stores/admin/storage-report'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type WholeServer, wholeServer } from '../whole-server-fixture.ts'

const OWN = '/_ranvier/admin/v1/storage'
const DAY_MS = 24 * 3_600_000

/** Lets a day go by. */
async function measured(server: WholeServer): Promise<void> {
  server.clock.advance(DAY_MS + 1)
  await server.jobsDone()
}

databaseMatrix((open) => {
  test('rooms and users are measured once a day, and listed by what they take up', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const { token } = admin
    await server.jobsDone() // the first walk, which finds nothing
    const [alice, bob] = [await server.person('alice'), await server.person('bob')]
    const rooms: string[] = []
    for (let i = 0; i < 3; i++) rooms.push(await server.createRoom(alice, { name: `Room ${i}` }))
    const [small, large, gone] = rooms as [string, string, string]
    await server.join(bob, large)
    for (let i = 0; i < 20; i++) await server.say(bob, large, 'x'.repeat(100))
    await server.ok('PUT', `/user/${bob.userId}/account_data/x`, { token: bob.token, body: { a: 'ä' } })
    await storage.write(async (tx) => {
      const file = {
        userId: bob.userId,
        mediaType: 'text/plain',
        uploadName: null,
        createdTs: 1,
        urlCache: null,
      }
      const state = {
        lastAccessTs: null,
        quarantinedBy: null,
        safeFromQuarantine: false,
        authenticated: true,
      }
      await tx.media.add({ ...file, ...state, mediaId: 'm', mediaLength: 77, sha256: '0'.repeat(64) })
    })
    const list = (what: string, query = '') => server.ok('GET', `${OWN}/${what}?${query}`, { token })
    await measured(server)

    const report = await list('rooms')
    assert.deepEqual(report.rooms.map((row: { room_id: string }) => row.room_id)[0], large)
    const row = report.rooms[0]
    const real = await storage.write(({ db }) =>
      db.get<Record<string, number>>(
        `SELECT (SELECT COUNT(*) FROM events WHERE room_id = ?) AS events,
           (SELECT CAST(SUM(OCTET_LENGTH(pdu)) AS BIGINT) FROM events WHERE room_id = ?) AS event_bytes,
           (SELECT COUNT(*) FROM state_snapshots WHERE room_id = ?) AS snapshots,
           (SELECT CAST(SUM(OCTET_LENGTH(delta)) AS BIGINT) FROM state_snapshots WHERE room_id = ?) AS state_bytes`,
        large,
        large,
        large,
        large,
      ),
    )
    const { room_id, name, measured_ts, ...sizes } = row
    assert.deepEqual([room_id, name, sizes], [large, 'Room 1', { ...real }])
    assert.ok(sizes.events > 20 && sizes.event_bytes > 2_000 && sizes.state_bytes > 0)
    assert.ok(report.complete_ts >= measured_ts)

    const [first] = (await list('users')).users
    const { measured_ts: _, ...user } = first
    assert.deepEqual(user, {
      user_id: bob.userId,
      media_files: 1,
      media_bytes: 77,
      devices: 1,
      joined_rooms: 1,
      account_data_bytes: Buffer.byteLength('{"a":"ä"}'),
      backed_up_keys: 0,
    })

    // Nothing has changed of the others: their measure stays.
    await server.say(alice, small, 'later')
    await server.ok('DELETE', `/_synapse/admin/v2/rooms/${encodeURIComponent(gone)}`, { token, body: {} })
    await server.jobsDone()
    server.clock.advance(10_000)
    await server.jobsDone()
    await measured(server)
    const later = await list('rooms', 'order_by=events&dir=f')
    assert.deepEqual(
      later.rooms.map((each: { room_id: string }) => each.room_id),
      [small, large],
    )
    assert.equal(later.rooms[1].measured_ts, measured_ts)
    assert.ok(later.rooms[0].measured_ts > measured_ts)
  })

  test('every order is paged without a hole, by its index', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)
    const admin = await server.person('admin', { admin: true })
    const { token } = admin
    await server.jobsDone()
    for (const name of ['alice', 'bob', 'carol']) {
      const person = await server.person(name)
      await server.createRoom(person)
    }
    await measured(server)

    for (const [what, orders, id] of [
      ['rooms', ROOM_STORAGE_ORDERS, 'room_id'],
      ['users', USER_STORAGE_ORDERS, 'user_id'],
    ] as const)
      for (const orderBy of orders)
        for (const dir of ['f', 'b']) {
          const seen: string[] = []
          const values: number[] = []
          let from = ''
          for (;;) {
            const query = `order_by=${orderBy}&dir=${dir}&limit=1${from}`
            const page = await server.ok('GET', `${OWN}/${what}?${query}`, { token })
            for (const row of page[what]) {
              seen.push(row[id])
              values.push(row[orderBy])
            }
            if (page.next_token === undefined) break
            from = `&from=${page.next_token}`
          }
          assert.equal(new Set(seen).size, what === 'rooms' ? 3 : 4, `${orderBy} ${dir}`)
          assert.deepEqual(
            values,
            values.toSorted((a, b) => (dir === 'f' ? a - b : b - a)),
          )
          await storage.write(async (tx) => {
            const isSqlite = tx.db.dialect === 'sqlite'
            if (!isSqlite)
              for (const off of ['seqscan', 'sort', 'bitmapscan'])
                await tx.db.run(`SET LOCAL enable_${off} = off`)
            const plans: string[] = []
            const reader = new StorageReportReader({
              dialect: tx.db.dialect,
              get: tx.db.get.bind(tx.db),
              async all<Row>(sql: string, ...params: never[]): Promise<Row[]> {
                const rows = await tx.db.all<Record<string, unknown>>(
                  `${isSqlite ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'} ${sql}`,
                  ...params,
                )
                plans.push(rows.map((row) => String(row['detail'] ?? row['QUERY PLAN'])).join('\n'))
                return []
              },
            })
            const page = { dir: dir as 'f' | 'b', after: { value: 1, id: 'x' }, limit: 10 }
            if (what === 'rooms') await reader.rooms({ ...page, orderBy: orderBy as 'events' })
            else await reader.users({ ...page, orderBy: orderBy as 'devices' })
            assert.match(plans[0]!, /(INDEX|Index.* using) \w+_storage_by_\w+/)
            assert.doesNotMatch(plans[0]!, /TEMP B-TREE|Sort/, `${orderBy} ${dir}`)
          })
        }
    for (const query of ['order_by=x', 'dir=x', 'limit=0', 'from=x']) {
      const answer = await server.call('GET', `${OWN}/rooms?${query}`, { token })
      assert.deepEqual([answer.status, answer.body.errcode], [400, 'M_INVALID_PARAM'], query)
    }
  })
})
