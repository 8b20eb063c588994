import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { eventually } from '@ranvier/testkit/eventually'
import { wiredServer } from '../../wired-server.ts'

/** Waits until nothing is queued for the directory. */
async function indexed(storage: Storage): Promise<void> {
  await eventually(async () => (await storage.read.userDirectory.listQueued(1)).length === 0)
}

databaseMatrix((open) => {
  test('a whole server lists who registers, is renamed, closes the account, and is put into rooms', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, { auto_join_rooms: ['#welcome:test'] })
    const alice = await server.register('alice')
    const bob = await server.register('bob')
    const search = async (search_term: string) => {
      await indexed(storage)
      return (await server.ok(bob, 'POST', '/user_directory/search', { search_term })).results
    }

    assert.deepEqual(await search('ali'), [{ user_id: '@alice:test', display_name: 'alice' }])
    const profile = `/profile/${encodeURIComponent('@alice:test')}/displayname`
    await server.ok(alice, 'PUT', profile, { displayname: 'Queen of Hearts' })
    assert.deepEqual(await search('hearts'), [{ user_id: '@alice:test', display_name: 'Queen of Hearts' }])

    const auth = {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: 'alice' },
      password: 'password',
    }
    const { body } = await server.call(alice, 'POST', '/account/deactivate', {})
    await server.ok(alice, 'POST', '/account/deactivate', { auth: { ...auth, session: body.session } })
    assert.deepEqual(await search('hearts'), [])
    assert.deepEqual(await search('alice'), [])
  })

  test('the directory is off where the configuration says so', async () => {
    await using storage = await open()
    await using server = await wiredServer(storage, { user_directory: { enabled: false } })
    const alice = await server.register('alice')
    await server.ok(alice, 'POST', '/createRoom', { preset: 'public_chat' })
    await indexed(storage)
    const answer = await server.ok(alice, 'POST', '/user_directory/search', { search_term: 'alice' })
    assert.deepEqual(answer, { results: [], limited: false })
  })
})
