/**
 * Walks through Synapse's page "The Admin API" of 2021: how one becomes a server administrator, and how a request is
 * made. The server has the name that page uses, so that its SQL can be run as it stands.
 */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { Client, matrixError, type Ranvier, serverMatrix } from '@ranvier/testkit'
import pg from 'pg'

const UPDATE = `UPDATE users SET admin = 1 WHERE name = '@foo:bar.com';`
const COMMAND = join(import.meta.dirname, '../../packages/server/bin/register_new_matrix_user.cjs')
const hasCurl = spawnSync('curl', ['--version']).status === 0
const run = promisify(execFile)

/** Runs a statement as an operator does: beside the running server. */
async function sql({ storageOptions }: Ranvier, statement: string): Promise<void> {
  if (storageOptions.dialect === 'sqlite') {
    // The server may be writing at this very moment: SQLite lets one write at a time.
    const database = new DatabaseSync(storageOptions.file, { timeout: 5_000 })
    try {
      database.exec(statement)
    } finally {
      database.close()
    }
    return
  }
  const client = new pg.Client(storageOptions.connection)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

serverMatrix((start) => {
  describe('The Admin API', () => {
    let server: Ranvier
    const usersUrl = () => `${server.url}/_synapse/admin/v2/users?from=0&limit=10&guests=false`
    before(async () => {
      server = await start({ configOverrides: { server_name: 'bar.com' } })
    })

    test('Authenticate as a server admin: updating the database directly', async () => {
      const foo = await server.register('foo')
      const bystander = await server.register('bystander')
      const users = '/_synapse/admin/v2/users'
      await assert.rejects(foo.get(users), matrixError(403, 'M_FORBIDDEN'))

      await sql(server, UPDATE)

      const { total } = await foo.get(users)
      assert.equal(total, 2, 'with the token there was, on the next request')
      assert.deepEqual(await foo.get(`/_synapse/admin/v1/users/${foo.userId}/admin`), { admin: true })
      await assert.rejects(bystander.get(users), matrixError(403, 'M_FORBIDDEN'))

      await sql(server, UPDATE.replace('admin = 1', 'admin = 0'))
      await assert.rejects(foo.get(users), matrixError(403, 'M_FORBIDDEN'))
    })

    test('Authenticate as a server admin: register_new_matrix_user', async () => {
      const config = join(server.folder, 'homeserver.yaml')
      const args = ['-u', 'made', '-p', 'pw-made', '-a', '-c', config, server.url]

      const { stdout } = await run(process.execPath, [COMMAND, ...args])

      assert.match(stdout, /Success!/)
      const made = await Client.logIn(server.url, 'made')
      assert.equal(made.userId, '@made:bar.com')
      assert.deepEqual(await made.get('/_synapse/admin/v1/users/@made:bar.com/admin'), { admin: true })
    })

    test('Making an Admin API request: a header, or a query parameter', async () => {
      const { accessToken } = await server.registerAdmin()
      const asHeader = { headers: { Authorization: `Bearer ${accessToken}` } }

      const byHeader = await fetch(usersUrl(), asHeader)
      const byQuery = await fetch(`${usersUrl()}&access_token=${accessToken}`)
      const byBoth = await fetch(`${usersUrl()}&access_token=${accessToken}`, asHeader)
      const byNone = await fetch(usersUrl())

      const statuses = [byHeader, byQuery, byBoth, byNone].map(({ status }) => status)
      assert.deepEqual(statuses, [200, 200, 401, 401])
      assert.deepEqual(await byQuery.json(), await byHeader.json())
    })

    test('Making an Admin API request: curl', {
      skip: hasCurl ? false : 'curl is not installed',
    }, async () => {
      const { accessToken } = await server.registerAdmin('curler')

      const { stdout } = await run('curl', [
        '--silent',
        '--header',
        `Authorization: Bearer ${accessToken}`,
        usersUrl(),
      ])

      const { users, total } = JSON.parse(stdout) as { users: { name: string }[]; total: number }
      assert.equal(users.length, total)
      assert.ok(users.some(({ name }) => name === '@curler:bar.com'))
    })
  })
})
