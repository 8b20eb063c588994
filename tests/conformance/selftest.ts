/**
 * Makes the calls Complement makes, on the engine it is started by, with the image `ranvier`. `engine.test.ts` starts it:
 *
 *     node engine/main.ts --image ranvier=image -- node selftest.ts
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { get as httpsGet } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import { parseVerifyKey, verifyJson } from '@ranvier/protocol'
import { canonicalJson } from '@ranvier/protocol/canonical-json'
import { engine, labelled, tarOf } from './docker-client.ts'

const START_TRIES = 400
const START_POLL_MS = 50

const ca = makeAuthority()

function makeAuthority(): { certificate: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-ca-'))
  try {
    const [key, certificate] = [join(folder, 'ca.key'), join(folder, 'ca.crt')]
    const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate]
    const { status, stderr } = spawnSync('openssl', [...args, '-days', '2', '-subj', '/CN=ca'], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function make(name: string, image: string, files: Record<string, string> = {}): Promise<string> {
  const { status, body } = await engine('POST', `/containers/create?name=test_${name}_${image.slice(-8)}`, {
    Image: image,
    Env: [`SERVER_NAME=${name}`],
    Labels: { complement_pkg: 'p', complement_blueprint: 'b', complement_hs_name: name },
    HostConfig: { PublishAllPorts: true, ExtraHosts: ['host.docker.internal:host-gateway'] },
    NetworkingConfig: { EndpointsConfig: { net: { Aliases: [name] } } },
  })
  assert.equal(status, 201)
  const all = {
    '/complement/ca/ca.crt': ca.certificate,
    '/complement/ca/ca.key': ca.key,
    ...files,
  }
  for (const [file, content] of Object.entries(all)) {
    const put = await engine('PUT', `/containers/${body.Id}/archive?path=%2F`, tarOf(file, content))
    assert.equal(put.status, 200)
  }
  return body.Id
}

/** Starts it; where its client API answers. */
async function up(id: string): Promise<{ client: string; federationPort: number }> {
  assert.equal((await engine('POST', `/containers/${id}/start`)).status, 204)
  const { Ports } = (await engine('GET', `/containers/${id}/json`)).body.NetworkSettings
  const client = `http://127.0.0.1:${Ports['8008/tcp'][0].HostPort}`
  for (let tries = 0; tries < START_TRIES; tries++) {
    const answer = await fetch(`${client}/_matrix/client/versions`).catch(() => undefined)
    if (answer?.ok) return { client, federationPort: Number(Ports['8448/tcp'][0].HostPort) }
    await wait(START_POLL_MS)
  }
  const { raw } = await engine('GET', `/containers/${id}/logs?stdout=1&stderr=1`)
  throw new Error(`the server did not start:\n${raw.subarray(8)}`)
}

async function ask(method: string, url: string, options: { token?: string; body?: object } = {}) {
  const response = await fetch(url, {
    method,
    headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
    ...(options.body && { body: JSON.stringify(options.body) }),
  })
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  return { status: response.status, body: (await response.json()) as any }
}

const whoami = async (client: string, token: string) =>
  (await ask('GET', `${client}/_matrix/client/v3/account/whoami`, { token })).body.user_id

test('a server in a container does what Complement asks of one', { timeout: 240_000 }, async (t) => {
  const ping = await engine('HEAD', '/_ping')
  assert.deepEqual([ping.status, ping.headers['api-version']], [200, '1.51'])
  const labels = { complement_pkg: 'p', complement_blueprint: 'b' }
  const network = await engine('POST', '/networks/create', { Name: 'net', Labels: labels })
  assert.equal(network.status, 201)
  assert.equal((await engine('GET', `/networks${labelled('complement_pkg=p')}`)).body.length, 1)
  assert.equal((await engine('GET', `/networks${labelled('complement_pkg=q')}`)).body.length, 0)
  assert.equal((await engine('POST', '/containers/create?name=z', { Image: 'nope' })).status, 404)

  // A bridge in this process, which containers reach by the name Docker gives it.
  const pinged: unknown[] = []
  const bridge = createServer(async (request, response) => {
    pinged.push(JSON.parse(await text(request)))
    response.end('{}')
  }).listen(0, '0.0.0.0')
  await once(bridge, 'listening')
  t.after(() => bridge.close())
  const { port } = bridge.address() as AddressInfo
  const registration = `id: bridge
url: http://host.docker.internal:${port}
as_token: as
hs_token: hs
sender_localpart: bridge
namespaces: { users: [{ exclusive: false, regex: '.*' }] }
`
  const one = await make('hs1', 'ranvier', { '/complement/appservice/bridge.yaml': registration })
  let hs1 = await up(one)

  const registered = await ask('POST', `${hs1.client}/_matrix/client/v3/register`, {
    body: { username: 'alice', password: 'sUp3rs3kr1t', auth: { type: 'm.login.dummy' } },
  })
  assert.equal(registered.body.user_id, '@alice:hs1')
  const token: string = registered.body.access_token
  const nonce = await ask('GET', `${hs1.client}/_synapse/admin/v1/register`)
  assert.equal(nonce.status, 200, 'the shared secret is set')
  assert.equal(await whoami(hs1.client, 'as'), '@bridge:hs1')
  const pingUrl = `${hs1.client}/_matrix/client/v1/appservice/bridge/ping`
  assert.equal((await ask('POST', pingUrl, { token: 'as', body: { transaction_id: 'x' } })).status, 200)
  assert.deepEqual(pinged, [{ transaction_id: 'x' }])

  const keysText = await federationGet(hs1.federationPort, '/_matrix/key/v2/server')
  const keys = JSON.parse(keysText)
  assert.equal(keysText, canonicalJson(keys))
  assert.ok(verifyJson(keys, 'hs1', (id) => parseVerifyKey(keys.verify_keys[id]?.key ?? '')))
  const version = await federationGet(hs1.federationPort, '/_matrix/federation/v1/version')
  assert.equal(JSON.parse(version).server.name, 'Ranvier')

  // Stopped, started: everything is there.
  assert.equal((await engine('POST', `/containers/${one}/stop?t=5`)).status, 204)
  hs1 = await up(one)
  assert.equal(await whoami(hs1.client, token), '@alice:hs1')
  assert.deepEqual(
    JSON.parse(await federationGet(hs1.federationPort, '/_matrix/key/v2/server')).verify_keys,
    keys.verify_keys,
  )

  await engine('POST', `/containers/${one}/pause`)
  assert.equal((await engine('GET', `/containers/${one}/json`)).body.State.Status, 'paused')
  await engine('POST', `/containers/${one}/unpause`)
  assert.equal(await whoami(hs1.client, token), '@alice:hs1')

  // Committed: an image with its data and labels.
  await engine('POST', `/containers/${one}/stop?t=5`)
  assert.equal((await engine('GET', `/containers/${one}/json`)).body.State.ExitCode, 0)
  const query = new URLSearchParams({ container: one, repo: 'localhost/complement', tag: 'b.hs1' })
  query.append('changes', `LABEL "access_token_@alice:hs1"="${token}"`)
  const { Id: image } = (await engine('POST', `/commit?${query}`, {})).body
  const [listed] = (await engine('GET', `/images/json${labelled('complement_pkg=p')}`)).body
  assert.deepEqual([listed.Id, listed.RepoTags], [image, ['localhost/complement:b.hs1']])
  assert.equal((await engine('DELETE', `/containers/${one}?force=1`)).status, 204)
  const again = await make('hs1', image)
  const copy = await up(again)
  assert.equal(await whoami(copy.client, token), '@alice:hs1')
  const { Labels } = (await engine('GET', `/containers/${again}/json`)).body.Config
  assert.equal(Labels['access_token_@alice:hs1'], token)
  // It answers a moment before it says so.
  const logs = () => engine('GET', `/containers/${again}/logs?stdout=1&stderr=1`)
  while (!/Ranvier .* is running/.test((await logs()).raw.toString('utf8', 8))) await nextTurn()

  assert.equal((await engine('POST', `/containers/${again}/kill?signal=KILL`)).status, 204)
  assert.equal((await engine('GET', `/containers/${again}/json`)).body.State.Running, false)
  assert.equal((await engine('DELETE', `/containers/${again}?force=1`)).status, 204)
  assert.equal((await engine('DELETE', `/images/${image}?force=1`)).status, 200)
  assert.equal((await engine('DELETE', `/networks/${network.body.Id}`)).status, 204)
})

/** Asks over TLS, as a server that trusts the suite's authority. */
async function federationGet(port: number, path: string): Promise<string> {
  const options = { port, path, host: '127.0.0.1', servername: 'hs1', ca: ca.certificate, agent: false }
  const [response] = await once(httpsGet(options), 'response')
  return text(response)
}
