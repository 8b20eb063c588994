import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { cli } from './test-io.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'start-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A server started by the command, once it has said where it is. */
async function started(args: string[], cwd: string) {
  const said = Promise.withResolvers<string>()
  const stop = Promise.withResolvers<void>()
  const ended = cli(['start', ...args], {
    cwd,
    stopRequested: stop.promise,
    onOutput: (out) => {
      if (out.includes('Stop it with')) said.resolve(out)
    },
  })
  const out = await Promise.race([said.promise, ended.then(({ err }) => assert.fail(err))])
  const url = /http:\S+/.exec(out)?.[0] ?? assert.fail(out)
  return {
    out,
    url,
    async stop() {
      stop.resolve()
      return await ended
    },
  }
}

test('start says where it is and how to make the first administrator, which then works', async (t) => {
  const cwd = folder(t)
  const server = await started(['--port', '0'], cwd)

  assert.match(server.out, /Server name: {2}localhost/)
  assert.match(server.out, new RegExp(`Data: +${join(cwd, 'data')}`))
  const command = /register_new_matrix_user --admin .*$/m.exec(server.out)?.[0].split(' ') ?? []
  const made = await cli([...command, '-u', 'root', '-p', 'pw'], { cwd })
  assert.equal(made.code, 0, made.err)
  assert.equal((await fetch(`${server.url}/health`)).status, 200)

  const { code } = await server.stop()
  assert.equal(code, 0)
  await assert.rejects(fetch(`${server.url}/health`))
})

test('a port in use is told with the next step', async (t) => {
  const cwd = folder(t)
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo

  const { code, err } = await cli(['start', '--port', String(port)], { cwd })

  assert.equal(code, 1)
  assert.match(err, new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use\\..*--port`))
  assert.doesNotMatch(err, /\n {4}at /)
})

test('the process id is in the file asked for, while the server runs', async (t) => {
  const cwd = folder(t)
  writeFileSync(
    join(cwd, 'h.yaml'),
    'server_name: example.com\npid_file: the.pid\nlisteners: [{ port: 0, bind_addresses: ["127.0.0.1"] }]\n',
  )
  const server = await started(['-c', 'h.yaml', '--test-clock', 'offset'], cwd)

  assert.equal(readFileSync(join(cwd, 'the.pid'), 'utf8'), `${process.pid}\n`)
  const { err } = await server.stop()

  assert.equal(existsSync(join(cwd, 'the.pid')), false)
  assert.match(err, /offset does not hold a number of seconds/)
})
