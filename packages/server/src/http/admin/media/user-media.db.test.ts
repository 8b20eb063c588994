import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type MediaTestServer, mediaTestServer } from '../../client/media/test-server.ts'

databaseMatrix((open) => {
  const PATH = '/_synapse/admin/v1/users/%40alice%3Atest/media'

  const get = (server: MediaTestServer, query = '', path = PATH) =>
    server.ask('GET', path + query, { as: 'root' })

  async function upload(server: MediaTestServer, count: number): Promise<string[]> {
    const ids = []
    for (let i = 0; i < count; i++) {
      ids.push(await server.upload('x'.repeat(i + 1), 'text/plain', `?filename=${count - i}.txt`))
      server.clock.advance(1000)
    }
    return ids
  }

  test('a user’s files are listed with all that is known of them', async () => {
    await using server = await mediaTestServer({}, open)
    const [mediaId] = await upload(server, 1)
    const createdTs = server.clock.nowMs() - 1000
    await server.download(mediaId!)

    const { status, json } = await get(server)

    assert.equal(status, 200)
    assert.deepEqual(json, {
      media: [
        {
          media_id: mediaId,
          user_id: '@alice:test',
          media_type: 'text/plain',
          media_length: 1,
          upload_name: '1.txt',
          created_ts: createdTs,
          last_access_ts: createdTs + 1000,
          quarantined_by: null,
          safe_from_quarantine: false,
          authenticated: true,
          sha256: '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881',
          url_cache: null,
        },
      ],
      total: 1,
    })
    assert.deepEqual((await get(server, '', PATH.replace('alice', 'bob'))).json, { media: [], total: 0 })
  })

  test('the newest come first, unless an order or a direction is named', async () => {
    await using server = await mediaTestServer({}, open)
    const ids = await upload(server, 3)
    const order = async (query: string) =>
      (await get(server, query)).json.media
        .map((media: { media_id: string }) => ids.indexOf(media.media_id))
        .join('')

    assert.equal(await order(''), '210')
    assert.equal(await order('?dir=f'), '012')
    assert.equal(await order('?dir=b'), '210')
    assert.equal(await order('?order_by=created_ts'), '012')
    assert.equal(await order('?order_by=upload_name'), '210')
    assert.equal(await order('?order_by=media_length&dir=b'), '210')
  })

  test('pages follow each other until there is no more', async () => {
    await using server = await mediaTestServer({}, open)
    await upload(server, 3)
    const page = async (query: string) => {
      const { json } = await get(server, query)
      return [json.media.length, json.total, json.next_token]
    }

    assert.deepEqual(await page('?limit=2'), [2, 3, 2])
    assert.deepEqual(await page('?limit=2&from=2'), [1, 3, undefined])
    assert.deepEqual(await page('?limit=0'), [0, 3, 0])
    assert.deepEqual(await page('?from=10'), [0, 3, undefined])
  })

  test('deleting removes the page, its contents and their thumbnails, and no more', async () => {
    await using server = await mediaTestServer({}, open)
    const ids = await upload(server, 3)

    const { status, json } = await server.ask('DELETE', `${PATH}?limit=2&order_by=media_length`, {
      as: 'root',
    })

    assert.deepEqual([status, json], [200, { deleted_media: ids.slice(0, 2), total: 2 }])
    assert.equal(server.listFiles().length, 1)
    assert.deepEqual(
      [(await server.download(ids[0]!)).status, (await server.download(ids[2]!)).status],
      [404, 200],
    )
    const rest = await server.ask('DELETE', PATH, { as: 'root' })
    assert.deepEqual(rest.json, { deleted_media: [ids[2]], total: 1 })
    assert.deepEqual(server.listFiles(), [])
    assert.deepEqual((await server.ask('DELETE', PATH, { as: 'root' })).json, { deleted_media: [], total: 0 })
  })

  test('a file whose content is gone already still counts as deleted', async () => {
    await using server = await mediaTestServer({}, open)
    const [mediaId] = await upload(server, 1)
    const media = await server.media.reads.find(mediaId!)
    rmSync(`${server.storePath}/content/${media!.sha256.slice(0, 2)}/${media!.sha256.slice(2)}`)

    const { json } = await server.ask('DELETE', PATH, { as: 'root' })

    assert.deepEqual(json, { deleted_media: [mediaId], total: 1 })
  })

  test('who may not, and what makes no sense, is refused', async () => {
    await using server = await mediaTestServer({}, open)
    for (const method of ['GET', 'DELETE']) {
      const refusal = async (path: string, as?: string) => {
        const { status, json } = await server.ask(method, path, as === undefined ? {} : { as })
        return `${status} ${json.errcode}`
      }
      assert.equal(await refusal(PATH), '401 M_MISSING_TOKEN')
      assert.equal(await refusal(PATH, 'alice'), '403 M_FORBIDDEN')
      assert.equal(await refusal(PATH.replace('test', 'elsewhere'), 'root'), '400 M_UNKNOWN')
      assert.equal(await refusal(PATH.replace('alice', 'nobody'), 'root'), '404 M_NOT_FOUND')
      assert.equal(await refusal('/_synapse/admin/v1/users/alice/media', 'root'), '400 M_INVALID_PARAM')
      for (const query of ['order_by=user_id', 'dir=up', 'from=-1', 'limit=-1', 'limit=x'])
        assert.equal(await refusal(`${PATH}?${query}`, 'root'), '400 M_INVALID_PARAM', query)
    }
  })
})
