import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import bcrypt from 'bcrypt'
import { cli } from './test-io.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'cli-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('--help tells the commands, and every command explains itself', async () => {
  const { code, out } = await cli(['--help'])

  assert.equal(code, 0)
  for (const command of ['start', 'config check', 'backup', 'hash-password', 'register_new_matrix_user']) {
    assert.match(out, new RegExp(`^ {2}${command} `, 'm'))
    const help = await cli([...command.split(' '), '--help'])
    assert.equal(help.code, 0)
    assert.match(help.out, /Usage: /)
  }
})

test('--version tells the version', async () => {
  assert.match((await cli(['--version'])).out, /^\d+\.\d+\.\d+\n$/)
})

test('wrong use is told in one sentence with the next step', async (t) => {
  const cwd = folder(t)
  writeFileSync(join(cwd, 'bad.yaml'), 'server_name: 5\n')
  const wrong: [string[], number, RegExp][] = [
    [['frobnicate'], 2, /no command "frobnicate".*--help/],
    [['start', '--frob'], 2, /'--frob'.*ranvier start --help/],
    [['start', '--port', 'x'], 2, /--port: "x" is not a port/],
    [['start', '--port', '70000'], 2, /--port: "70000" is not a port/],
    [['start', '-c', 'missing.yaml'], 1, /missing\.yaml cannot be read \(no such file/],
    [['start', '-c', 'bad.yaml'], 1, /server_name: must be text, not 5/],
    [['config', 'check', '-c', 'bad.yaml'], 1, /server_name/],
    [['backup'], 2, /--to/],
    [['backup', '--to', 'x.db'], 1, /There is no database .*homeserver\.db/],
  ]

  for (const [args, expected, message] of wrong) {
    const { code, out, err } = await cli(args, { cwd })
    assert.equal(code, expected, args.join(' '))
    assert.match(err, message)
    assert.equal(out, '')
    assert.doesNotMatch(err, /\n {4}at /, 'no stack')
  }
  assert.equal((await cli([])).code, 2)
})

test('config check says what would be used, and its warnings', async (t) => {
  const cwd = folder(t)
  writeFileSync(join(cwd, 'h.yaml'), 'server_name: example.com\nfoo: 1\n')

  const { code, out } = await cli(['config', 'check', '-c', 'h.yaml'], { cwd })

  assert.equal(code, 0)
  assert.match(out, /Warning: foo: unknown setting/)
  assert.match(out, /example\.com/)
})

test('--test-clock is refused unless every address is on loopback', async (t) => {
  const cwd = folder(t)
  writeFileSync(
    join(cwd, 'h.yaml'),
    'server_name: x\nlisteners: [{ port: 0, bind_addresses: ["0.0.0.0"] }]\n',
  )

  const { code, err } = await cli(['start', '-c', 'h.yaml', '--test-clock', 'clock'], { cwd })

  assert.equal(code, 2)
  assert.match(err, /--test-clock is for tests on this machine.*0\.0\.0\.0/)
})

test('hash-password makes what Synapse stores: NFKC, pepper, rounds', async (t) => {
  const cwd = folder(t)
  writeFileSync(
    join(cwd, 'h.yaml'),
    'server_name: example.com\nbcrypt_rounds: 4\npassword_config: { pepper: salt }\n',
  )

  const given = await cli(['hash-password', '-c', 'h.yaml', '-p', 'ﬁsh'], { cwd })
  const piped = await cli(['hash-password', '-c', 'h.yaml'], { cwd, input: 'fish\n' })

  for (const { code, out } of [given, piped]) {
    assert.equal(code, 0)
    assert.match(out, /^\$2b\$04\$/)
    assert.ok(await bcrypt.compare('fishsalt', out.trim()))
  }
  const empty = await cli(['hash-password', '-c', 'h.yaml'], { cwd, input: '\n' })
  assert.deepEqual([empty.code, empty.err.includes('cannot be blank')], [1, true])
})

test('backup copies a database that is being written to', async (t) => {
  const cwd = folder(t)
  const live = new DatabaseSync(join(cwd, 'homeserver.db'))
  t.after(() => live.close())
  live.exec('PRAGMA journal_mode = WAL; CREATE TABLE things (n INTEGER, filler TEXT)')
  const insert = live.prepare('INSERT INTO things VALUES (?, hex(zeroblob(2000)))')
  live.exec('BEGIN')
  for (let n = 0; n < 5000; n++) insert.run(n)
  live.exec('COMMIT')

  const running = cli(['backup', '--data-dir', '.', '--to', 'copy.db'], {
    cwd,
    onOutput: () => insert.run(-1), // while the copy is made
  })
  const { code, out, err } = await running

  assert.equal(code, 0, err)
  assert.match(out, /copied to .*copy\.db/)
  const copy = new DatabaseSync(join(cwd, 'copy.db'), { readOnly: true })
  t.after(() => copy.close())
  assert.deepEqual(
    { ...copy.prepare('SELECT count(*) AS n, min(n) AS low FROM things').get() },
    { n: 5000, low: 0 },
  )
  assert.deepEqual({ ...copy.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' })
  assert.equal(statSync(join(cwd, 'copy.db')).mode & 0o777, 0o600)
  const again = await cli(['backup', '--data-dir', '.', '--to', 'copy.db'], { cwd })
  assert.match(again.err, /exists already/)
})

test('backup of PostgreSQL says which command to use', async (t) => {
  const cwd = folder(t)
  writeFileSync(
    join(cwd, 'h.yaml'),
    'server_name: x\ndatabase: { name: psycopg2, args: { host: db, user: u, password: hush, database: d } }\n',
  )

  const { code, err } = await cli(['backup', '-c', 'h.yaml', '--to', '/b/copy'], { cwd })

  assert.equal(code, 1)
  assert.match(err, /pg_dump --format=custom --host=db --username=u --file=\/b\/copy d/)
  assert.doesNotMatch(err, /hush/)
})
