/** How people become administrators of a running server, how they show it, and what they are not. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before, describe, test } from 'node:test'
import { Client, type Ranvier, request, serverMatrix } from '@ranvier/testkit'
import pg from 'pg'
import { CLIENT, enc, inRoom, outcome, refusal, V1, V2, v1User, v2User } from './cast.ts'

const CLI = join(import.meta.dirname, '../../packages/server/src/cli/main.ts')

serverMatrix((start) => {
  describe('administrators', () => {
    let server: Ranvier
    let admin: Client
    before(async () => {
      server = await start()
      admin = await server.registerAdmin()
    })

    const isAdmin = async (user: Client) => (await outcome(user.get(`${V2}/users`))) === '200'

    test('show their token in the header or in the query, not in both', async () => {
      const ask = (query: string, authorization?: string) =>
        fetch(
          `${server.url}${V2}/users${query}`,
          authorization === undefined ? {} : { headers: { authorization } },
        )
      const bearer = `Bearer ${admin.accessToken}`
      assert.equal((await ask('', bearer)).status, 200)
      assert.equal((await ask(`?access_token=${admin.accessToken}`)).status, 200)
      const refused: [Promise<Response>, string][] = [
        [ask(`?access_token=${admin.accessToken}`, bearer), 'M_MISSING_TOKEN'],
        [ask(''), 'M_MISSING_TOKEN'],
        [ask('', 'Bearer nonsense'), 'M_UNKNOWN_TOKEN'],
      ]
      for (const [answer, errcode] of refused) {
        const { status, body } = { status: (await answer).status, body: await (await answer).json() }
        assert.deepEqual([status, (body as { errcode: string }).errcode], [401, errcode])
      }
    })

    test('are made, and unmade, by an UPDATE on the running server', async () => {
      const user = await server.register('uma')
      assert.equal(await isAdmin(user), false)
      const update = async (flag: 0 | 1) => {
        const sql = `UPDATE users SET admin = ${flag} WHERE name = '${user.userId}'`
        const { storageOptions: options } = server
        if (options.dialect === 'sqlite') {
          const database = new DatabaseSync(options.file)
          database.exec('PRAGMA busy_timeout = 5000')
          database.exec(sql)
          database.close()
          return
        }
        const { host, port, user: login, password, database } = options.connection
        const client = new pg.Client({ host, port, user: login, password, database })
        await client.connect()
        assert.equal((await client.query(sql)).rowCount, 1)
        await client.end()
      }
      await update(1)
      assert.equal(await isAdmin(user), true)
      assert.deepEqual(await admin.get(v1User(user.userId, 'admin')), { admin: true })
      await update(0)
      assert.equal(await isAdmin(user), false)
    })

    test('make others administrators, but do not demote themselves', async () => {
      const user = await server.register('vic')
      await admin.put(v1User(user.userId, 'admin'), { admin: true })
      assert.equal(await isAdmin(user), true)
      await admin.put(v2User(user.userId), { admin: false })
      assert.equal(await isAdmin(user), false)
      for (const path of [v1User(admin.userId, 'admin'), v2User(admin.userId)])
        assert.match(await outcome(admin.put(path, { admin: false })), /^400 /)
      assert.equal(await isAdmin(admin), true)
    })

    test('may deactivate themselves', async () => {
      const other = await server.registerAdmin('other')
      assert.equal(await outcome(other.post(`${V1}/deactivate/${enc(other.userId)}`)), '200')
      assert.equal(await outcome(other.get(`${V2}/users`)), '401 M_UNKNOWN_TOKEN')
    })

    test('have no more rights in rooms than others', async () => {
      const user = await server.register('wim')
      const roomId = await user.createRoom()
      const eventId = await user.send(roomId, 'private')
      for (const path of ['state', 'messages?dir=b', `event/${enc(eventId)}`])
        assert.match(await outcome(admin.get(inRoom(roomId, path))), /^40[34] /, path)
      assert.equal(await outcome(admin.join(roomId)), '403 M_FORBIDDEN')
      assert.equal(await outcome(admin.send(roomId, 'x')), '403 M_FORBIDDEN')
    })

    test('set the profile of anybody', async () => {
      const user = await server.register('xia')
      await admin.put(`${CLIENT}/profile/${enc(user.userId)}/displayname`, { displayname: 'As I say' })
      assert.equal((await user.get(`${CLIENT}/profile/${enc(user.userId)}`))['displayname'], 'As I say')
      const others = user.put(`${CLIENT}/profile/${enc(admin.userId)}/displayname`, { displayname: 'x' })
      assert.match(await outcome(others), /^40[03] /)
    })

    test('are told apart from others before anything else is looked at', async () => {
      const user = await server.register('yan')
      for (const userId of ['@nobody:ranvier.test', '@far:away', 'nonsense']) {
        assert.equal((await refusal(user.get(v2User(userId))))['errcode'], 'M_FORBIDDEN')
        const nobody = request(server.url, 'GET', v2User(userId))
        assert.equal(await outcome(nobody), '401 M_MISSING_TOKEN')
      }
    })

    /** Runs the command; its answers to what it asks are written at once. */
    async function registerByCommand(args: string[], input = ''): Promise<{ code: number; output: string }> {
      const child = spawn(process.execPath, [CLI, 'register_new_matrix_user', ...args], {
        cwd: server.folder,
      })
      let output = ''
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
      child.stdin.end(input)
      const [code] = (await once(child, 'close')) as [number]
      return { code, output }
    }

    test('are made by the command, which reads the secret from the configuration', async () => {
      const config = ['-c', join(server.folder, 'homeserver.yaml')]
      const make = (...args: string[]) => registerByCommand([...config, ...args, server.url])
      const made = await make('-u', 'zoe', '-p', 'pw-zoe', '-a')
      assert.equal(made.code, 0, made.output)
      assert.match(made.output, /Success!/)
      assert.equal(await isAdmin(await Client.logIn(server.url, 'zoe')), true)

      const again = await make('-u', 'zoe', '-p', 'pw-zoe', '-a')
      assert.deepEqual([again.code, /ERROR! Received 400/.test(again.output)], [1, true], again.output)
      assert.equal((await make('-u', 'zoe', '-p', 'x', '--no-admin', '--exists-ok')).code, 0)
      assert.equal((await make('-u', 'tom', '-p', 'pw-tom', '--no-admin', '-t', 'bot')).code, 0)
      const tom = await Client.logIn(server.url, 'tom')
      assert.equal(await isAdmin(tom), false)
      assert.equal((await admin.get(v2User(tom.userId)))['user_type'], 'bot')
      const wrong = await registerByCommand(['-k', 'wrong', '-u', 'eve', '-p', 'x', '-a', server.url])
      assert.equal(wrong.code, 1)
      assert.match(wrong.output, /ERROR! Received 403/)
      assert.equal(await outcome(admin.get(v2User(`@eve:${server.serverName}`))), '404 M_NOT_FOUND')
    })

    test('are made by the command, which asks for what it is not told', async () => {
      const config = join(server.folder, 'homeserver.yaml')
      const asked = await registerByCommand(['-c', config, server.url], 'sam\npw-sam\npw-sam\nyes\n')
      assert.equal(asked.code, 0, asked.output)
      assert.equal(await isAdmin(await Client.logIn(server.url, 'sam')), true)
      const differing = await registerByCommand(['-c', config, server.url], 'rob\none\ntwo\n')
      assert.deepEqual([differing.code, /Passwords do not match/.test(differing.output)], [1, true])
    })
  })
})
