import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { allowReplacement } from '../../keys/allow-replacement.ts'
import { accountServer } from '../accounts-fixture.ts'
import { type AdminRoutesDeps, adminRoutes } from './routes.ts'
import { serverVersionRoute } from './server-version.ts'

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
    return { call: `${method} ${path.startsWith('/_matrix') ? path : `/_synapse/admin${path}`}`, state }
  })
}

test('the documentation names every call of the admin API once', () => {
  const calls = documented().map(({ call }) => call)

  assert.equal(calls.length, PAIRS)
  assert.equal(new Set(calls).size, PAIRS)
})

test('what the documentation calls served is what is served', async () => {
  await using server = await accountServer()
  const deps: AdminRoutesDeps = {
    accounts: server.accounts,
    compat: 'current',
    allowKeyReplacement: allowReplacement(server),
  }

  const routes = [...adminRoutes(deps), serverVersionRoute({ version: '0' })].map(
    ({ method, path }) => `${method} ${path}`,
  )

  const served = documented().filter(({ state }) => state === 'served')
  assert.deepEqual(routes.sort(), served.map(({ call }) => call).sort())
})
