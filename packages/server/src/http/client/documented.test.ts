import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { Config } from '../../config/config.ts'
import { wholeServer } from '../admin/whole-server-fixture.ts'
import type { Route } from '../route.ts'

const DOCS = new URL('../../../../../docs/client-api.md', import.meta.url)
const ROW = /^\| (GET|PUT|POST|DELETE) \| `([^`]+)` \| (served|not yet|never: .+) \|$/
const UNSTABLE = /\/unstable\/[^/]*\.[^/]*\// // under the name of a proposal, such as `org.matrix.msc3030`

/** Names of parameters differ between the documentation and the routes. */
const unnamed = (path: string) => path.replace(/\{[^}]+\}|:[^/]+/g, '{}')

function documented(): { call: string; state: string }[] {
  const rows = readFileSync(DOCS, 'utf8')
    .split('\n')
    .filter((line) => /^\| [A-Z]+ \|/.test(line))
  return rows.map((line) => {
    const match = ROW.exec(line)
    assert.ok(match, `not a row of the table: ${line}`)
    const [, method, path, state] = match as unknown as [string, string, string, string]
    return { call: `${method} ${unnamed(path)}`, state }
  })
}

/** The calls of a client's route: without older prefixes of the same path, which the documentation names once for all. */
function callsOf({ method, path, aliases }: Route): string[] {
  if (!/^\/(_matrix\/(?!federation\/|key\/)|\.well-known\/)/.test(path)) return []
  return [path, ...aliases.filter((alias) => UNSTABLE.test(alias))].map((own) => `${method} ${unnamed(own)}`)
}

/** What is off unless the operator wants it is documented as served. */
const withEverything = (config: Config): Config => {
  const viaExistingSession = { ...config.sessions.viaExistingSession, enabled: true }
  const sso = { providers: [], cas: null, updatesProfiles: false, clientWhitelist: [] }
  return { ...config, sso, sessions: { ...config.sessions, viaExistingSession } }
}

test('the documentation names every call of the client API once', () => {
  const calls = documented().map(({ call }) => call)

  assert.ok(calls.length >= 166, 'there are 166 in version 1.19 of the specification')
  assert.deepEqual(
    calls.filter((call, i) => calls.indexOf(call) !== i),
    [],
  )
})

databaseMatrix((open) => {
  test('what the documentation calls served is what is served', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage, { config: withEverything })

    const routes = new Set(server.routes.flatMap(callsOf))

    const served = new Set(
      documented()
        .filter(({ state }) => state === 'served')
        .map(({ call }) => call),
    )
    assert.deepEqual([...routes.difference(served)], [], 'served and not documented')
    assert.deepEqual([...served.difference(routes)], [], 'documented and not served')
  })
})
