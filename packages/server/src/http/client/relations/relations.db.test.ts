import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Storage } from '@ranvier/storage'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { testServer } from '../rooms/test-server.ts'
import { idsOf, relationsIn } from './fixture.ts'

async function roomOf(storage: Storage, ...others: string[]) {
  const server = await testServer(storage)
  const roomId = await server.create('alice')
  for (const name of others) await server.join(name, roomId)
  return {
    server,
    roomId,
    say: (by: string, body: string) => server.say(by, roomId, body),
    ...relationsIn(server, roomId),
  }
}

databaseMatrix((open) => {
  test('only a replacement by the same sender, of the same type and with new content is bundled: the newest', async () => {
    await using storage = await open()
    const room = await roomOf(storage, 'bob')
    await using _server = room.server
    const original = await room.say('alice', 'one')

    await room.edit('bob', original, 'not mine')
    await room.edit('alice', original, 'no new content', { 'm.new_content': 'text' })
    await room.relate(
      'alice',
      { rel_type: 'm.replace', event_id: original },
      { 'm.new_content': {} },
      'org.example.other',
    )
    assert.equal(await room.bundle('bob', original), undefined)

    await room.edit('alice', original, 'two')
    const third = await room.edit('alice', original, 'three')
    const bundle = await room.bundle('bob', original)
    assert.deepEqual(Object.keys(bundle), ['m.replace'])
    assert.equal(bundle['m.replace'].event_id, third)
    assert.equal(bundle['m.replace'].content['m.new_content'].body, 'three')
    assert.equal(bundle['m.replace'].room_id, room.roomId)

    const editOfEdit = await room.edit('alice', third, 'four')
    assert.equal(await room.bundle('bob', third), undefined)
    assert.equal((await room.bundle('bob', original))['m.replace'].event_id, third)
    assert.ok(editOfEdit)
  })

  test('a redacted replacement gives way to the one before, and a redacted event has none', async () => {
    await using storage = await open()
    const room = await roomOf(storage)
    await using _server = room.server
    const original = await room.say('alice', 'one')
    const second = await room.edit('alice', original, 'two')
    const third = await room.edit('alice', original, 'three')
    assert.equal((await room.bundle('alice', original))['m.replace'].event_id, third)

    await room.redact('alice', third)
    assert.equal((await room.bundle('alice', original))['m.replace'].event_id, second)
    await room.redact('alice', original)
    assert.equal(await room.bundle('alice', original), undefined)
  })

  test('encrypted events are replaced by encrypted events', async () => {
    await using storage = await open()
    const room = await roomOf(storage)
    await using _server = room.server
    const content = { algorithm: 'm.megolm.v1.aes-sha2', ciphertext: 'x' }
    const original = (
      await room.server.ok(
        'alice',
        'PUT',
        `${room.server.room(room.roomId)}/send/m.room.encrypted/1`,
        content,
      )
    ).event_id
    const edit = await room.relate(
      'alice',
      { rel_type: 'm.replace', event_id: original },
      content,
      'm.room.encrypted',
    )

    assert.equal((await room.bundle('alice', original))['m.replace'].event_id, edit)
  })

  test('a thread is bundled with its newest reply as it now reads, its size, and whether one took part', async () => {
    await using storage = await open()
    const room = await roomOf(storage, 'bob', 'carol')
    await using _server = room.server
    const root = await room.say('alice', 'root')
    await room.reply('bob', root, 'first')
    const last = await room.reply('bob', root, 'second')
    const edit = await room.edit('bob', last, 'second, better')
    await room.react('carol', root, '👍')

    const thread = async (by: string) => (await room.bundle(by, root))['m.thread']
    const seen = await thread('alice')
    assert.equal(seen.count, 2)
    assert.equal(seen.latest_event.event_id, last)
    assert.equal(seen.latest_event.unsigned['m.relations']['m.replace'].event_id, edit)
    assert.equal(seen.current_user_participated, true)
    assert.equal((await thread('bob')).current_user_participated, true)
    assert.equal((await thread('carol')).current_user_participated, false)
    const third = await room.reply('carol', root, 'third')
    assert.equal((await thread('carol')).current_user_participated, true)

    await room.redact('carol', third)
    assert.equal((await thread('carol')).count, 2)
    assert.equal((await thread('carol')).latest_event.event_id, last)
    assert.equal((await thread('carol')).current_user_participated, false)
    await room.redact('alice', root)
    assert.equal((await thread('bob')).count, 2)
  })

  test('what ignored users say is left out of everything', async () => {
    await using storage = await open()
    const room = await roomOf(storage, 'bob', 'eve')
    await using _server = room.server
    const root = await room.say('alice', 'root')
    const reply = await room.reply('bob', root, 'friendly')
    await room.reply('eve', root, 'unfriendly')
    const kept = await room.refer('bob', root)
    await room.refer('eve', root)
    const other = await room.say('alice', 'another')
    await room.reply('eve', other, 'unfriendly')
    await room.ignore('alice', 'eve')

    const bundle = await room.bundle('alice', root)
    assert.equal(bundle['m.thread'].count, 1)
    assert.equal(bundle['m.thread'].latest_event.event_id, reply)
    assert.deepEqual(bundle['m.reference'], { chunk: [{ event_id: kept }] })
    assert.equal(await room.bundle('alice', other), undefined)
    assert.deepEqual(idsOf((await room.relations('alice', root)).chunk), [kept, reply])
    assert.deepEqual(idsOf((await room.threads('alice')).chunk), [root])
    assert.equal((await room.threads('bob')).chunk.length, 2)
  })

  test('an event is annotated by one user with one key once, until the annotation is redacted', async () => {
    await using storage = await open()
    const room = await roomOf(storage, 'bob')
    await using _server = room.server
    const said = await room.say('alice', 'hello')
    const again = (key: string, by = 'bob') =>
      room.tryTo(by, { rel_type: 'm.annotation', event_id: said, key }, {}, 'm.reaction')

    const first = await room.react('bob', said, '👍')
    const refused = await again('👍')
    assert.equal(refused.status, 400)
    assert.equal(refused.body.errcode, 'M_DUPLICATE_ANNOTATION')
    assert.equal((await again('🎉')).status, 200)
    assert.equal((await again('👍', 'alice')).status, 200)
    const atOnce = await Promise.all([again('🚀'), again('🚀'), again('🚀')])
    assert.deepEqual(atOnce.map(({ status }) => status).sort(), [200, 400, 400])

    await room.redact('bob', first)
    assert.equal((await again('👍')).status, 200)
    assert.equal(await room.bundle('alice', said), undefined)
  })

  test('relations are paged in both directions, by type, and through other relations', async () => {
    await using storage = await open()
    const room = await roomOf(storage, 'bob')
    await using _server = room.server
    const root = await room.say('alice', 'root')
    const replies: string[] = []
    for (let i = 0; i < 5; i++) replies.push(await room.reply('bob', root, `${i}`))
    const reaction = await room.react('bob', root, '👍')
    const edit = await room.edit('bob', replies[0]!, 'edited')
    const deep = await room.react('alice', edit, '🎉')
    const redacted = await room.reply('bob', root, 'gone')
    await room.redact('bob', redacted)

    async function pages(rest: string, query: string): Promise<string[][]> {
      const found: string[][] = []
      for (let from = ''; ; ) {
        const page = await room.relations('alice', root, `${rest}?limit=2${query}${from}`)
        found.push(idsOf(page.chunk))
        assert.equal(page.recursion_depth, query.includes('recurse') ? 3 : undefined)
        if (page.next_batch === undefined) return found
        from = `&from=${page.next_batch}`
      }
    }
    const newest = [reaction, ...replies.toReversed()]
    assert.deepEqual((await pages('', '')).flat(), newest)
    assert.equal((await pages('', '')).length, 3)
    assert.deepEqual((await pages('', '&dir=f')).flat(), newest.toReversed())
    assert.deepEqual((await pages('/m.thread', '')).flat(), replies.toReversed())
    assert.deepEqual((await pages('/m.annotation/m.reaction', '')).flat(), [reaction])
    assert.deepEqual((await pages('/m.annotation/m.room.message', '')).flat(), [])
    assert.deepEqual((await pages('', '&recurse=true')).flat(), [deep, edit, ...newest])
    assert.deepEqual((await pages('/m.annotation', '&recurse=true&dir=f')).flat(), [reaction, deep])
    const [page] = (await room.relations('alice', root, `?limit=1`)).chunk
    assert.equal(page.event_id, reaction)
  })

  test('who may not see the event learns nothing of what relates to it', async () => {
    await using storage = await open()
    await using server = await testServer(storage)
    const roomId = await server.create('alice', { preset: 'private_chat' })
    const room = relationsIn(server, roomId)
    const root = await server.say('alice', roomId, 'root')
    const before = await room.reply('alice', root, 'before')
    await server.invite('alice', roomId, 'bob')
    await server.join('bob', roomId)
    await server.leave('bob', roomId)
    await room.reply('alice', root, 'after')
    await room.edit('alice', root, 'after')

    assert.deepEqual(idsOf((await room.relations('bob', root)).chunk), [before])
    const bundle = await room.bundle('bob', root)
    assert.equal(bundle['m.thread'].latest_event.event_id, before)
    assert.equal(bundle['m.replace'], undefined)
    const path = `/_matrix/client/v1${server.room(roomId)}`
    const said = async (by: string, rest: string) => {
      const { status, body } = await server.call(by, 'GET', `${path}${rest}`)
      return status === 200 ? '200' : `${status} ${body.errcode}`
    }
    assert.equal(await said('carol', `/relations/${encodeURIComponent(root)}`), '403 M_FORBIDDEN')
    assert.equal(await said('carol', '/threads'), '403 M_FORBIDDEN')
    assert.equal(await said('alice', '/relations/$nothing'), '404 M_NOT_FOUND')
    assert.equal(await said('alice', '/relations/nothing'), '400 M_INVALID_PARAM')
    for (const query of ['limit=0', 'limit=x', 'dir=up', 'from=x', 'recurse=1'])
      assert.equal(
        await said('alice', `/relations/${encodeURIComponent(root)}?${query}`),
        '400 M_INVALID_PARAM',
      )
    for (const query of ['include=some', 'limit=-1', 'from=x'])
      assert.equal(await said('alice', `/threads?${query}`), '400 M_INVALID_PARAM')
  })

  test('threads are listed by their newest reply, page by page', async () => {
    await using storage = await open()
    const room = await roomOf(storage, 'bob')
    await using _server = room.server
    const roots: string[] = []
    for (let i = 0; i < 5; i++) roots.push(await room.say('alice', `root ${i}`))
    for (const [i, root] of roots.entries()) await room.reply(i % 2 ? 'bob' : 'alice', root, 'reply')
    const again = await room.reply('bob', roots[0]!, 'again')
    await room.reply('bob', '$unknown', 'to nowhere')

    const first = await room.threads('bob', '?limit=3')
    assert.deepEqual(idsOf(first.chunk), [roots[0], roots[4], roots[3]])
    assert.equal(first.chunk[0].unsigned['m.relations']['m.thread'].latest_event.event_id, again)
    const second = await room.threads('bob', `?limit=3&from=${first.next_batch}`)
    assert.deepEqual(idsOf(second.chunk), [roots[2], roots[1]])
    assert.equal(second.next_batch, undefined)
    assert.deepEqual(idsOf((await room.threads('bob', '?include=participated')).chunk), [
      roots[0],
      roots[3],
      roots[1],
    ])

    await room.redact('bob', again)
    assert.deepEqual(idsOf((await room.threads('bob', '?limit=1')).chunk), [roots[4]])
    const asRoot = await room.tryTo('bob', { rel_type: 'm.thread', event_id: again })
    assert.equal(asRoot.status, 200) // what is redacted has no relation any more
  })
})
