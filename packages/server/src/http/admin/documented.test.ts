import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { isAdminPath, wholeServer } from './whole-server-fixture.ts'

const DOCS = new URL('../../../../../docs/admin-api.md', import.meta.url)
const ROW = /^\| (GET|PUT|POST|DELETE) \| `([^`]+)` \| (served|not yet|never: .+) \|$/
const PAIRS = 105 // Synapse: admin_api, one for each method on a path

function documented(): { call: string; state: string }[] {
  const rows = readFileSync(DOCS, 'utf8')
    .split('\n')
    .filter((line) => /^\| [A-Z]+ \|/.test(line))
  return rows.map((line) => {
    const match = ROW.exec(line)
    assert.ok(match, `not a row of the table: ${line}`)
    const [, method, path, state] = match as unknown as [string, string, string, string]
    return { call: `${method} ${path.startsWith('/_') ? path : `/_synapse/admin${path}`}`, state }
  })
}

test('the documentation names every call of the admin API once', () => {
  const calls = documented().map(({ call }) => call)

  assert.equal(calls.filter((call) => !isOwn(call)).length, PAIRS)
  assert.equal(new Set(calls).size, calls.length)
})

/** Whether it is a call Synapse's list does not have: of ours, or of the newest client-server API. */
function isOwn(call: string): boolean {
  return call.includes(' /_ranvier/') || call.includes(' /_matrix/client/v1/')
}

databaseMatrix((open) => {
  test('what the documentation calls served is what is served', async () => {
    await using storage = await open()
    await using server = await wholeServer(storage)

    const routes = server.routes
      .filter(({ path }) => isAdminPath(path))
      .map(({ method, path }) => `${method} ${path}`)

    const served = documented()
      .filter(({ state }) => state === 'served')
      .map(({ call }) => call)
    assert.deepEqual([...new Set(routes).difference(new Set(served))], [], 'served and not documented')
    assert.deepEqual([...new Set(served).difference(new Set(routes))], [], 'documented and not served')
  })
})
