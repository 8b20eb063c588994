import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortedBy, steps } from './accounts-steps.ts'
import { PNG, upload } from './sessions-steps.ts'
import { assertFields, assertRecentMs, WAYS, type Walk } from './walk.ts'

const V1 = '/_synapse/admin/v1'

export function listMediaSteps(walk: () => Walk): void {
  test('User media: List media uploaded by a user', async () => {
    const { id, get } = steps(walk())
    const person = await walk().person('media')
    const path = `${V1}/users/${id('media')}/media`
    const ids = [await upload(person, 'test1.png'), await upload(person, 'test2.png')]

    const page = await get(path)

    assert.equal(page.total, 2)
    assert.equal('next_token' in page, false)
    for (const item of page.media) {
      assertFields(item, {
        created_ts: 'integer',
        last_access_ts: ['integer', 'null'],
        media_id: 'string',
        media_length: 'integer',
        media_type: 'string',
        quarantined_by: ['string', 'null'],
        safe_from_quarantine: 'boolean',
        upload_name: 'string',
      })
      assertRecentMs(item.created_ts)
      const { last_access_ts, media_length, media_type, quarantined_by, safe_from_quarantine } = item
      assert.deepEqual(
        { last_access_ts, media_length, media_type, quarantined_by, safe_from_quarantine },
        {
          last_access_ts: null,
          media_length: PNG.length,
          media_type: 'image/png',
          quarantined_by: null,
          safe_from_quarantine: false,
        },
      )
    }
    assert.deepEqual(namesById(page.media), { [ids[0]!]: 'test1.png', [ids[1]!]: 'test2.png' })
    assert.deepEqual(page.media, sortedBy('created_ts', page.media, -1, 'media_id'), 'the newest is on top')

    const first = await get(`${path}?limit=1`)
    assert.deepEqual(first.media, page.media.slice(0, 1))
    assert.deepEqual([first.next_token, first.total], [1, 2])
    const second = await get(`${path}?limit=1&from=${first.next_token}`)
    assert.deepEqual(second.media, page.media.slice(1))
    assert.equal('next_token' in second, false)
  })

  test('User media: every order, in both directions', async () => {
    const { id, get } = steps(walk())
    const path = `${V1}/users/${id('media')}/media`
    for (const order of [
      'media_id',
      'upload_name',
      'created_ts',
      'last_access_ts',
      'media_length',
      'media_type',
      'quarantined_by',
      'safe_from_quarantine',
    ]) {
      const forwards = (await get(`${path}?order_by=${order}`)).media
      assert.deepEqual(forwards, sortedBy(order, forwards, 1, 'media_id'), order)
      assert.deepEqual((await get(`${path}?order_by=${order}&dir=f`)).media, forwards)
      const backwards = (await get(`${path}?order_by=${order}&dir=b`)).media
      assert.deepEqual(backwards, sortedBy(order, forwards, -1, 'media_id'), `${order} backwards`)
    }
    const oldestFirst = (await get(`${path}?dir=f`)).media
    assert.deepEqual(oldestFirst, sortedBy('created_ts', oldestFirst, 1, 'media_id'))
  })
}

export function deleteMediaSteps(walk: () => Walk): void {
  test('User media: Delete media uploaded by a user', async () => {
    const { id, get, ok } = steps(walk())
    for (const way of WAYS) {
      const person = await walk().person(`media-${way}`)
      const path = `${V1}/users/${id(`media-${way}`)}/media`
      const one = await upload(person, '1.png')
      const rest = [await upload(person, '2.png'), await upload(person, '3.png')]

      const answer = await ok(way, 'DELETE', `${path}?limit=1&order_by=upload_name&dir=f`)
      assert.deepEqual(answer, { deleted_media: [one], total: 1 })
      assert.equal((await get(path)).total, 2)

      const all = await ok(way, 'DELETE', path)
      assert.deepEqual(all.deleted_media.toSorted(), rest.toSorted())
      assert.equal(all.total, 2)
      assert.deepEqual(await get(path), { media: [], total: 0 })
      const download = `/_matrix/client/v1/media/download/${person.userId.split(':')[1]}/${one}`
      const gone = await walk().raw('GET', download, { token: person.accessToken })
      assert.equal(gone.status, 404)
    }
  })
}

function namesById(media: readonly { media_id: string; upload_name: string }[]): Record<string, string> {
  return Object.fromEntries(media.map(({ media_id: mediaId, upload_name: name }) => [mediaId, name]))
}
