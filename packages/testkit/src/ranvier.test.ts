import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { Client } from './client.ts'
import { matrixError } from './matrix-error.ts'
import { serverMatrix } from './server-matrix.ts'

serverMatrix((start) => {
  test('accounts outlive a stop, and a kill -9', async () => {
    const server = await start()
    const alice = await server.register('alice')
    const admin = await server.registerAdmin()

    assert.equal(await server.stop(), 0)
    await server.start()
    await server.kill9()
    await server.start()

    assert.deepEqual(
      (await alice.get('/_matrix/client/v3/account/whoami'))['user_id'],
      `@alice:${server.serverName}`,
    )
    const account = await admin.get(`/_synapse/admin/v2/users/${alice.userId}`)
    assert.equal(account['admin'], false)
    const again = await Client.logIn(server.url, 'alice')
    await again.logOut()
    await assert.rejects(again.get('/_matrix/client/v3/account/whoami'), matrixError(401, 'M_UNKNOWN_TOKEN'))
    await assert.rejects(alice.get('/_synapse/admin/v2/users'), matrixError(403, 'M_FORBIDDEN'))
  })

  test('nothing of a server is left behind', async () => {
    const server = await start()
    const { pid, folder } = server

    await server[Symbol.asyncDispose]()

    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
    assert.equal(existsSync(folder), false)
  })
})
