/** What `docs/client-api.md` says of every endpoint, asked of a started server. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { serverMatrix } from '@ranvier/testkit'

const DOCS = new URL('../../docs/client-api.md', import.meta.url)
const SPECIFICATION = new URL('../bad-input/fixtures/client-server.json', import.meta.url)
const ROW = /^\| (GET|PUT|POST|DELETE) \| `([^`]+)` \| (served|not yet|never: .+) \|$/gm

/** What is off unless the operator wants it is documented as served. */
const EVERYTHING = {
  login_via_existing_session: { enabled: true },
  cas_config: { enabled: true, server_url: 'http://127.0.0.1:1/cas' },
  url_preview_enabled: true,
  url_preview_ip_range_blacklist: ['0.0.0.0/0', '::/0'],
}

/** Parameters that have few values; the others may be anything. */
const PARAMS: Readonly<Record<string, string>> = {
  kind: 'override',
  receiptType: 'm.read',
  type: 'm.login.dummy',
  idpId: 'cas',
  protocol: 'none',
  userId: '@alice:ranvier.test',
  roomId: '!none:ranvier.test',
  roomIdOrAlias: '!none:ranvier.test',
  roomAlias: '#none:ranvier.test',
  eventId: '$none',
  rootId: '$none',
  serverName: 'ranvier.test',
}

interface Endpoint {
  method: string
  path: string
}

const unnamed = ({ method, path }: Endpoint) => `${method} ${path.replace(/\{[^}]+\}/g, '{}')}`
const filled = (path: string) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(PARAMS[name] ?? 'none'))

serverMatrix((start) => {
  test('every endpoint of the specification is documented, and answers as what the documentation says it is', async () => {
    const rows = [...readFileSync(DOCS, 'utf8').matchAll(ROW)].map(([, method, path, state]) => {
      return { method: method!, path: path!, state: state! }
    })
    const specified = JSON.parse(readFileSync(SPECIFICATION, 'utf8')) as Endpoint[]
    const documented = new Set(rows.map(unnamed))
    assert.deepEqual(
      specified.map(unnamed).filter((call) => !documented.has(call)),
      [],
    )

    const server = await start({ configOverrides: EVERYTHING })
    const wrong: string[] = []
    const keeper = await server.register('alice')
    for (const row of rows) {
      const { method, path, state } = row
      // Some of them end the session.
      const { accessToken } = /\/logout|\/deactivate/.test(path)
        ? await server.registerAdmin(`u${rows.indexOf(row)}`)
        : keeper
      const answer = await fetch(server.url + filled(path), {
        method,
        redirect: 'manual',
        headers: { authorization: `Bearer ${accessToken}` },
        ...(method !== 'GET' && { body: '{}' }),
        signal: AbortSignal.timeout(30_000),
      })
      const isUnrecognized = (await answer.text()).includes('M_UNRECOGNIZED')
      if (isUnrecognized === (state === 'served') || answer.status >= 500)
        wrong.push(`${method} ${path} is ${state} and answers ${answer.status}`)
    }
    assert.deepEqual(wrong, [])
  })
})
