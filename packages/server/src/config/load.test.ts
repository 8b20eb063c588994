import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type LoadOptions, loadConfig, readSettings } from './load.ts'
import { ConfigError } from './problems.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'config-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** The options for a configuration of this text. */
function file(t: TestContext, text: string, name = 'homeserver.yaml'): LoadOptions & { cwd: string } {
  const cwd = folder(t)
  writeFileSync(join(cwd, name), text)
  return { configPaths: [name], cwd }
}

function problems(options: LoadOptions): string[] {
  try {
    readSettings(options)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message.split('\n')
  }
  return assert.fail('the configuration was accepted')
}

test('without a file everything needed is made, for this user only', (t) => {
  const cwd = folder(t)

  const config = loadConfig({ cwd })

  const data = join(cwd, 'data')
  assert.equal(config.dataDir, data)
  assert.equal(config.serverName, 'localhost')
  assert.deepEqual(config.database, { dialect: 'sqlite', file: join(data, 'homeserver.db') })
  assert.deepEqual(
    config.listeners.map(({ host, port }) => [host, port]),
    [['127.0.0.1', 8008]],
  )
  assert.equal(config.publicBaseUrl, 'http://127.0.0.1:8008/')
  assert.equal(config.registration.enabled, false)
  assert.match(config.signingKey.keyId, /^ed25519:a_/)
  assert.equal(statSync(data).mode & 0o777, 0o700)
  for (const name of ['signing.key', 'registration_shared_secret', 'macaroon_secret_key', 'form_secret'])
    assert.equal(statSync(join(data, name)).mode & 0o777, 0o600, name)
})

test('a second start finds the same keys and secrets', (t) => {
  const cwd = folder(t)

  const first = loadConfig({ cwd })
  const second = loadConfig({ cwd })

  assert.deepEqual(second.secrets, first.secrets)
  assert.equal(second.signingKey.publicKey, first.signingKey.publicKey)
  assert.equal(new Set(Object.values(first.secrets)).size, 3)
})

test('a data directory keeps its server name', (t) => {
  const cwd = folder(t)
  loadConfig({ cwd, serverName: 'example.com' })

  assert.equal(loadConfig({ cwd }).serverName, 'example.com')
  assert.throws(
    () => loadConfig({ cwd, serverName: 'example.org' }),
    /belongs to the server name "example\.com".*--server-name example\.com/,
  )
})

test('a file as Synapse generates it is taken, with a warning for what has no effect', (t) => {
  const options = file(
    t,
    `server_name: "example.com"
pid_file: homeserver.pid
listeners:
  - port: 8008
    resources:
    - compress: false
      names: [client, federation]
    tls: false
    type: http
    x_forwarded: true
  - port: 9090
    type: metrics
database:
  name: psycopg2
  args: { user: synapse, password: pw, dbname: synapse, host: db, cp_min: 5, cp_max: 7, keepalives_idle: 10 }
log_config: "example.com.log.config"
media_store_path: media
registration_shared_secret: "s3cret"
report_stats: false
macaroon_secret_key: "m"
form_secret: "f"
trusted_key_servers:
  - server_name: "matrix.org"
max_upload_size: 100M
session_lifetime: 1w
redaction_retention_period: 90000
rc_message: { per_second: 5 }
rc_login:
  account: { burst_count: 50 }
emial: {}
`,
  )

  const config = loadConfig(options)

  assert.equal(config.publicBaseUrl, 'https://example.com/')
  assert.equal(config.pidFile, join(options.cwd, 'homeserver.pid'))
  assert.equal(config.media.storePath, join(options.cwd, 'media'))
  assert.equal(config.media.maxUploadBytes, 100 * 1024 * 1024)
  assert.equal(config.sessions.lifetimeMs, 7 * 24 * 3600 * 1000)
  assert.equal(config.rooms.redactionRetentionMs, 90_000)
  assert.deepEqual(config.rateLimits.rc_message, { perSecond: 5, burst: 10 })
  assert.deepEqual(config.rateLimits['rc_login.account'], { perSecond: 0.003, burst: 50 })
  assert.deepEqual(config.secrets, { registrationShared: 's3cret', macaroon: 'm', form: 'f' })
  assert.deepEqual(config.database, {
    dialect: 'postgres',
    connection: { database: 'synapse', user: 'synapse', password: 'pw', host: 'db', ssl: false },
    readers: 7,
  })
  assert.ok(config.listeners.every((address) => address.port === 8008 && address.xForwarded))
  assert.deepEqual(
    config.warnings.map((warning) => warning.split(':')[0]),
    ['log_config', 'report_stats', 'trusted_key_servers', 'emial', 'listeners[1].type'],
  )
  assert.match(config.warnings[0]!, /not used yet/)
  assert.match(config.warnings[3]!, /unknown setting/)
})

test('every problem is told, with its key, its value and what to write', (t) => {
  const told = problems(
    file(
      t,
      `bcrypt_rounds: twelve
listeners: [{ port: eighty }]
session_lifetime: 5 minutes
max_upload_size: big
presence: { enabled: "yes" }
autocreate_auto_join_room_preset: open
`,
    ),
  )

  assert.deepEqual(
    new Set(told.map((line) => line.split(':')[0])),
    new Set([
      'server_name',
      'listeners[0].port',
      'presence.enabled',
      'autocreate_auto_join_room_preset',
      'bcrypt_rounds',
      'session_lifetime',
      'max_upload_size',
    ]),
  )
  assert.match(told.join('\n'), /server_name: this setting is missing\. .*`server_name: example\.com`/)
  assert.match(told.join('\n'), /bcrypt_rounds: must be a whole number, not "twelve"/)
  assert.match(told.join('\n'), /session_lifetime: must be a duration such as 30s.*, not "5 minutes"/)
  assert.match(told.join('\n'), /max_upload_size: must be a size such as 512K.*, not "big"/)
})

test('values that cannot be are refused with the next step', (t) => {
  const refused = (text: string) => problems(file(t, `server_name: example.com\n${text}`)).join('\n')

  assert.match(problems(file(t, 'server_name: "https://x"')).join(), /server_name: .* is not a server name/)
  assert.match(refused('public_baseurl: nowhere'), /public_baseurl: .* is not a URL/)
  assert.match(refused('default_room_version: "99"'), /default_room_version: .*"99"/)
  assert.match(refused('enable_registration: true'), /registration_requires_token: true/)
  assert.match(refused('database: { name: mysql }'), /database\.name: "mysql".*sqlite3 or psycopg2/)
  assert.match(refused('database: { name: psycopg2 }'), /database\.args\.database: .* missing/)
  assert.match(refused('listeners: [{ port: 1, tls: true }]'), /tls_certificate_path: is missing/)
  assert.match(refused('old_signing_keys: { x: { key: y, expired_ts: 1 } }'), /old_signing_keys: "x" is not/)
  assert.match(refused('listeners: []'), /listeners: .*nobody could reach/)
  assert.match(refused('- x'), /not valid YAML/)
  assert.match(problems(file(t, '- x')).join(), /must hold settings/)
  assert.match(
    problems({ configPaths: ['/does/not/exist'] }).join(),
    /\/does\/not\/exist cannot be read \(no such file/,
  )
})

test('secrets do not show in messages about the file they are in', (t) => {
  const options = file(t, 'server_name: x\nregistration_shared_secret: "hush\nfoo: [')

  assert.doesNotMatch(problems(options).join('\n'), /hush/)
})

test('the shared secret comes from the file, from a file it names, or not at all', (t) => {
  const base = 'server_name: example.com\n'
  const secretOf = (options: LoadOptions) => loadConfig(options).secrets.registrationShared
  const named = file(t, `${base}registration_shared_secret_path: secret.txt`)
  writeFileSync(join(named.cwd, 'secret.txt'), '  from a file \n')

  assert.equal(secretOf(file(t, base)), null)
  assert.equal(secretOf(file(t, `${base}registration_shared_secret: direct`)), 'direct')
  assert.equal(secretOf(named), 'from a file')
  writeFileSync(join(named.cwd, 'secret.txt'), '\n')
  assert.throws(() => secretOf(named), /secret\.txt is empty/)
  assert.throws(
    () => secretOf(file(t, `${base}registration_shared_secret: a\nregistration_shared_secret_path: b`)),
    /Remove one of them/,
  )
})

test('one number scales the sizes of all caches', (t) => {
  const scaled = readSettings(
    file(
      t,
      'server_name: example.com\nlimits: { cache_factor: 0.5, event_cache_size: 24M, account_cache_size: 2M, room_cache_entries: 301, token_cache_entries: 20000 }',
    ),
  )
  const least = readSettings(
    file(t, 'server_name: example.com\nlimits: { cache_factor: 0.01, room_cache_entries: 1 }'),
  )

  const { eventCacheBytes, accountCacheBytes, roomCacheEntries, tokenCacheEntries } = scaled.limits
  assert.deepEqual([eventCacheBytes, accountCacheBytes], [12 * 1024 * 1024, 1024 * 1024])
  assert.deepEqual([roomCacheEntries, tokenCacheEntries], [151, 10_000])
  assert.equal(least.limits.roomCacheEntries, 1)
})

test('later files replace whole keys, and options replace both', (t) => {
  const { cwd } = file(
    t,
    'server_name: one.example\npresence: { include_offline_users_on_sync: true }\nbcrypt_rounds: 5',
    'a.yaml',
  )
  writeFileSync(join(cwd, 'b.yaml'), 'server_name: two.example\npresence: { enabled: false }\n')
  const configPaths = ['a.yaml', 'b.yaml']

  const merged = readSettings({ cwd, configPaths })
  assert.equal(merged.serverName, 'two.example')
  assert.deepEqual(merged.presence, { enabled: false, includeOfflineUsersOnSync: false })
  assert.equal(merged.passwords.bcryptRounds, 5)
  const chosen = readSettings({
    cwd,
    configPaths,
    serverName: 'three.example',
    port: 9000,
    dataDir: 'elsewhere',
  })
  assert.equal(chosen.serverName, 'three.example')
  assert.equal(chosen.listeners[0]?.port, 9000)
  assert.equal(chosen.dataDir, join(cwd, 'elsewhere'))
})

test('the environment stands in for options that are not given', (t) => {
  const { cwd } = file(t, 'server_name: one.example')
  const env = {
    RANVIER_CONFIG: 'homeserver.yaml',
    RANVIER_DATA_DIR: 'd',
    RANVIER_PORT: '9001',
    RANVIER_SERVER_NAME: 'env.example',
  }

  const settings = readSettings({ cwd, env })
  assert.deepEqual(
    [settings.files.length, settings.dataDir, settings.listeners[0]?.port, settings.serverName],
    [1, join(cwd, 'd'), 9001, 'env.example'],
  )
  assert.equal(readSettings({ cwd, env, port: 0, serverName: 'opt.example' }).serverName, 'opt.example')
  assert.match(problems({ cwd, env: { RANVIER_PORT: 'x' } }).join(), /RANVIER_PORT: must be a port/)
})

test('checking writes nothing', (t) => {
  const cwd = folder(t)

  readSettings({ cwd })

  assert.equal(existsSync(join(cwd, 'data')), false)
})

test('a key without a value is as if it were not there', (t) => {
  const settings = readSettings(
    file(t, 'server_name: example.com\nsession_lifetime:\npresence:\nmax_upload_size:\n'),
  )

  assert.deepEqual([settings.sessions.lifetimeMs, settings.presence.enabled], [null, true])
  assert.equal(settings.media.maxUploadBytes, 50 * 1024 * 1024)
})

test('a signing key that is named must be there, and must be one', (t) => {
  const options = file(t, 'server_name: example.com\nsigning_key_path: my.key')

  assert.throws(() => loadConfig(options), /signing_key_path: there is no file .*my\.key/)
  writeFileSync(join(options.cwd, 'my.key'), 'ed25519 a_abcd notakey\n')
  assert.throws(() => loadConfig(options), /signing_key_path: .*my\.key holds no usable key/)
  const made = loadConfig({ cwd: folder(t) })
  writeFileSync(join(options.cwd, 'my.key'), readFileSync(join(made.dataDir, 'signing.key')))
  assert.equal(loadConfig(options).signingKey.publicKey, made.signingKey.publicKey)
})

test('a data directory that cannot be is refused with the next step', (t) => {
  const cwd = folder(t)
  writeFileSync(join(cwd, 'file'), '')

  assert.throws(
    () => loadConfig({ cwd, dataDir: 'file/below' }),
    /file\/below cannot be written to \(.*--data-dir/,
  )
  if (existsSync('/proc/self'))
    assert.throws(() => loadConfig({ cwd, dataDir: '/proc/nothing' }), ConfigError)
  mkdirSync(join(cwd, 'ok'))
  assert.equal(loadConfig({ cwd, dataDir: 'ok' }).dataDir, join(cwd, 'ok'))
})

test('a listener with TLS has its certificate, and one without a key is refused', (t) => {
  const options = file(
    t,
    `server_name: example.com
tls_certificate_path: tls.crt
tls_private_key_path: tls.key
listeners: [{ port: 1 }, { port: 8448, tls: true }]`,
  )
  const fixture = (name: string) => readFileSync(new URL(`../http/fixtures/${name}`, import.meta.url), 'utf8')
  writeFileSync(join(options.cwd, 'tls.crt'), fixture('localhost.crt'))
  writeFileSync(join(options.cwd, 'tls.key'), 'no key')

  assert.match(problems(options).join(), /tls_private_key_path: the files hold no certificate with its key/)
  writeFileSync(join(options.cwd, 'tls.key'), fixture('localhost.key'))

  const { listeners } = readSettings(options)
  assert.equal(listeners[0]?.tls, undefined)
  assert.deepEqual(listeners.at(-1)?.tls, {
    certificate: fixture('localhost.crt'),
    privateKey: fixture('localhost.key'),
  })
})
