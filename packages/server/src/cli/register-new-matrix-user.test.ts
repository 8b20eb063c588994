import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { cli } from './test-io.ts'

const SECRET = 'the secret'

interface Registration {
  username: string
  password: string
  admin: boolean
  user_type?: string
}

/** A server that makes the accounts it is asked for, once each, when the MAC is right. */
async function homeserver(t: TestContext): Promise<{ url: string; accounts: Map<string, Registration> }> {
  const accounts = new Map<string, Registration>()
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.url !== '/_synapse/admin/v1/register') return answer(404, { error: 'no' })
    if (request.method === 'GET') return answer(200, { nonce: 'n' })
    const { nonce, mac, ...account } = JSON.parse(text) as Registration & { nonce: string; mac: string }
    const parts = [nonce, account.username, account.password, account.admin ? 'admin' : 'notadmin']
    if (account.user_type) parts.push(account.user_type)
    const expected = createHmac('sha1', SECRET).update(parts.join('\0')).digest('hex')
    if (mac !== expected) return answer(403, { errcode: 'M_UNKNOWN', error: 'HMAC incorrect' })
    if (accounts.has(account.username))
      return answer(400, { errcode: 'M_USER_IN_USE', error: 'User ID already taken.' })
    accounts.set(account.username, account)
    answer(200, {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, accounts }
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'register-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const register = (args: string[], options: Parameters<typeof cli>[1] = {}) =>
  cli(['register_new_matrix_user', ...args], options)

test('an account is made as the options say', async (t) => {
  const { url, accounts } = await homeserver(t)

  const made = await register(['-u', 'ann', '-p', 'pw', '-a', '-t', 'bot', '-k', SECRET, `${url}/`])

  assert.deepEqual([made.code, made.out], [0, 'Sending registration request...\nSuccess!\n'])
  assert.deepEqual(accounts.get('ann'), { username: 'ann', password: 'pw', admin: true, user_type: 'bot' })
})

test('what is not given is asked for, and passwords do not show', async (t) => {
  const { url, accounts } = await homeserver(t)

  const made = await register(['-k', SECRET, url], { input: 'bob\nhush hush\nhush hush\nYes\n' })

  assert.equal(made.code, 0, made.err)
  assert.deepEqual(accounts.get('bob'), { username: 'bob', password: 'hush hush', admin: true })
  assert.match(made.err, /New user localpart.*Password: .*Confirm password: .*Make admin \[no\]: /s)
  assert.doesNotMatch(made.err + made.out, /hush/)
})

test('answers that make no account are told', async (t) => {
  const { url, accounts } = await homeserver(t)
  const asked = async (input: string) => (await register(['-u', 'x', '-k', SECRET, url], { input })).err

  assert.match(await asked('\n'), /Password cannot be blank\./)
  assert.match(await asked('a\nb\n'), /Passwords do not match/)
  assert.match(await asked(''), /no answer to "Password:"/)
  const noName = await register(['-u', '', '-p', 'x', '--no-admin', '-k', SECRET, url])
  assert.match(noName.err, /Invalid user name/)
  assert.equal(accounts.size, 0)
})

test('the secret and the server come from a configuration', async (t) => {
  const { url, accounts } = await homeserver(t)
  const cwd = folder(t)
  const { port } = new URL(url)
  writeFileSync(join(cwd, 'password'), 'from a file\n')
  writeFileSync(join(cwd, 'secret'), `${SECRET}\n`)
  writeFileSync(join(cwd, 'empty.yaml'), '')
  writeFileSync(
    join(cwd, 'h.yaml'),
    `registration_shared_secret_path: secret
listeners:
  - { port: 1, type: metrics }
  - { port: 2, tls: true, resources: [{ names: [client] }] }
  - { port: 3, resources: [{ names: [federation] }] }
  - { port: ${port}, type: http, resources: [{ names: [client] }] }
`,
  )

  const made = await register(
    ['-u', 'cat', '--password-file', 'password', '--no-admin', '-c', 'empty.yaml', '-c', 'h.yaml'],
    { cwd },
  )

  assert.equal(made.code, 0, made.err)
  assert.deepEqual(accounts.get('cat'), { username: 'cat', password: 'from a file', admin: false })
})

test('without a configuration the secret of ./data is taken', async (t) => {
  const { url, accounts } = await homeserver(t)
  const cwd = folder(t)

  const missing = await register(['-u', 'dan', '-p', 'pw', '--no-admin', url], { cwd })
  assert.deepEqual([missing.code, /Start the server first/.test(missing.err)], [1, true])
  writeFileSync(join(cwd, 'registration_shared_secret'), `${SECRET}\n`)
  const made = await register(['-u', 'dan', '-p', 'pw', '--no-admin', '--data-dir', '.', url], { cwd })

  assert.equal(made.code, 0, made.err)
  assert.ok(accounts.has('dan'))
})

test('what the server refuses is told and fails, unless the account may exist', async (t) => {
  const { url } = await homeserver(t)
  const ann = ['-u', 'ann', '-p', 'pw', '--no-admin']
  await register([...ann, '-k', SECRET, url])

  const again = await register([...ann, '-k', SECRET, url])
  assert.equal(again.code, 1)
  assert.match(again.err, /ERROR! Received 400 Bad Request\nUser ID already taken\./)
  const okay = await register([...ann, '--exists-ok', '-k', SECRET, url])
  assert.deepEqual([okay.code, okay.out.includes('User already exists. Skipping.')], [0, true])
  const wrong = await register([...ann, '-k', 'another secret', url])
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /ERROR! Received 403 Forbidden\nHMAC incorrect/)
  assert.doesNotMatch(wrong.err + wrong.out, /another secret/)
})

test('contradictions and missing secrets are refused', async (t) => {
  const cwd = folder(t)
  writeFileSync(join(cwd, 'none.yaml'), 'server_name: x\n')
  writeFileSync(join(cwd, 'both.yaml'), 'registration_shared_secret: a\nregistration_shared_secret_path: b\n')
  const base = ['-u', 'a', '-p', 'b', '--no-admin']
  const refused: [string[], RegExp][] = [
    [[...base, '-a', '-k', 'x'], /--admin and --no-admin exclude each other/],
    [['-u', 'a', '-p', 'b', '--password-file', 'c', '-k', 'x'], /--password and --password-file exclude/],
    [[...base, '-k', 'x', '-c', 'none.yaml'], /one place/],
    [[...base, '-c', 'none.yaml'], /Neither registration_shared_secret nor/],
    [[...base, '-c', 'both.yaml'], /Both registration_shared_secret and/],
    [[...base, '-c', 'missing.yaml'], /missing\.yaml cannot be read/],
    [[...base, '-k', ''], /is empty/],
    [[...base, '-k', 'x', 'one', 'two'], /One server URL/],
    [[...base, '-k', 'x', 'example.com'], /not the URL of a server/],
    [[...base, '-k', 'x', 'http://127.0.0.1:9'], /cannot be reached/],
  ]

  for (const [args, message] of refused) {
    const { code, err } = await register(args, { cwd })
    assert.notEqual(code, 0)
    assert.match(err, message)
  }
})
