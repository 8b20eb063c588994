/** What the contract says of files that no other test shows. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, test } from 'node:test'
import { answerProblems } from '@ranvier/admin-api/openapi/check-answer'
import { type Client, matrixError, type Ranvier, serverMatrix } from '@ranvier/testkit'

const V1 = '/_synapse/admin/v1'
const enc = encodeURIComponent

serverMatrix((start) => {
  let server: Ranvier
  let admin: Client
  let ann: Client
  before(async () => {
    server = await start()
    admin = await server.registerAdmin()
    ann = await server.register('ann')
  })

  async function upload(text: string): Promise<string> {
    const answer = await fetch(`${server.url}/_matrix/media/v3/upload?filename=a%20file.txt`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ann.accessToken}`, 'content-type': 'text/plain' },
      body: text,
    })
    return ((await answer.json()) as { content_uri: string }).content_uri.split('/').at(-1)!
  }
  const infoOf = async (id: string) =>
    (await admin.get<{ media_info: Record<string, unknown> }>(`${V1}/media/${server.serverName}/${id}`))
      .media_info
  const download = async (by: Client, id: string, query = '') => {
    const path = `/_matrix/client/v1/media/download/${server.serverName}/${id}${query}`
    const answer = await fetch(server.url + path, { headers: { authorization: `Bearer ${by.accessToken}` } })
    return answer.status
  }

  test('a file shows everything that is known of it', async () => {
    const id = await upload('twelve bytes')

    const { created_ts: createdTs, last_access_ts: lastTs, ...info } = await infoOf(id)

    assert.ok(Math.abs(Number(createdTs) - Date.now()) < 60_000, `${createdTs} is not now, in ms`)
    assert.equal(lastTs, null)
    assert.deepEqual(info, {
      media_origin: null,
      user_id: ann.userId,
      media_id: id,
      media_type: 'text/plain',
      media_length: 12,
      upload_name: 'a file.txt',
      filesystem_id: null,
      url_cache: null,
      quarantined_by: null,
      authenticated: true,
      safe_from_quarantine: false,
      sha256: createHash('sha256').update('twelve bytes').digest('hex'),
    })
  })

  test('a protected file cannot be quarantined in any way', async () => {
    const id = await upload('protected')
    const roomId = await ann.createRoom()
    await ann.send(roomId, { msgtype: 'm.file', body: 'x', url: `mxc://${server.serverName}/${id}` })
    await admin.post(`${V1}/media/protect/${id}`)

    await admin.post(`${V1}/media/quarantine/${server.serverName}/${id}`)
    await admin.post(`${V1}/room/${roomId}/media/quarantine`)
    await admin.post(`${V1}/user/${ann.userId}/media/quarantine`)

    assert.equal((await infoOf(id))['quarantined_by'], null)
    assert.equal(await download(ann, id), 200)
    await admin.post(`${V1}/media/unprotect/${id}`)
    await admin.post(`${V1}/media/quarantine/${server.serverName}/${id}`)
    assert.equal((await infoOf(id))['quarantined_by'], admin.userId)
  })

  test('what is in quarantine is for administrators who insist, and for nobody else', async () => {
    const id = await upload('evil')
    await admin.post(`${V1}/media/quarantine/${server.serverName}/${id}`)
    const insisting = '?admin_unsafely_bypass_quarantine=true'

    assert.deepEqual([await download(admin, id), await download(ann, id)], [404, 404])
    assert.deepEqual([await download(admin, id, insisting), await download(ann, id, insisting)], [200, 400])
  })

  test('changes of quarantine come in hundreds', async () => {
    const { next_batch: from } = await admin.get(`${V1}/media/quarantine_changes?from=0`)
    const id = await upload('to and fro')
    for (let i = 0; i < 60; i++)
      for (const verb of ['quarantine', 'unquarantine'])
        await admin.post(`${V1}/media/${verb}/${server.serverName}/${id}`)
    interface Changes {
      next_batch: number
      changes: { origin: string; media_id: string; quarantined: boolean }[]
    }

    const first: Changes = await admin.get(`${V1}/media/quarantine_changes?from=${Number(from)}`)
    const rest: Changes = await admin.get(`${V1}/media/quarantine_changes?from=${first.next_batch}`)

    assert.deepEqual(answerProblems('listQuarantineChanges', 200, first), [])
    assert.deepEqual([first.changes.length, rest.changes.length], [100, 20])
    assert.deepEqual(first.changes.slice(0, 2), [
      { origin: server.serverName, media_id: id, quarantined: true },
      { origin: server.serverName, media_id: id, quarantined: false },
    ])
  })

  test('a file that is called delete can be deleted, and a token that is called new be looked at', async () => {
    const path = `${V1}/registration_tokens/new`
    const made = await admin.post(path, { token: 'new' })

    assert.deepEqual(await admin.get(path), made)
    assert.equal((await admin.put(path, { uses_allowed: 3 }))['uses_allowed'], 3)
    assert.deepEqual(await admin.delete(path), {})
    await assert.rejects(admin.get(path), matrixError(404, 'M_NOT_FOUND'))
    await assert.rejects(
      admin.delete(`${V1}/media/${server.serverName}/delete`),
      matrixError(404, 'M_NOT_FOUND'),
    )
    const protect = `${V1}/media/protect/${enc('x')}`
    await assert.rejects(admin.get(protect), matrixError(404, 'M_NOT_FOUND'), 'of a server called protect')
    await assert.rejects(admin.put(protect), matrixError(405, 'M_UNRECOGNIZED'))
  })
})
