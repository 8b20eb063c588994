/** `npm run bench:admin [-- OPTIONS]`: pages of the account list, each beside the same page of a small server. */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type Dialect, openStorage } from '@ranvier/storage'
import { type Client, type Ranvier, startPostgres, startRanvier } from '@ranvier/testkit'
import { agent } from '../bench/call.ts'
import { fillAccounts, makeAdmins } from './accounts.ts'
import { type BesideResult, besideReport, sendBesidePaging } from './beside.ts'
import { measure, type Result, report } from './compare.ts'
import { benchLists } from './lists.ts'
import { type ListedServer, measureBeside, otherServer, reportBeside } from './other.ts'
import { pageGroups } from './pages.ts'
import { untilAtRest } from './rest.ts'

const SMALL = 1_000
const ADMINS = 20
const BESIDE_ROUNDS = 5

const HELP = `Measures pages of lists of administrators, over HTTP, on a server with many entries and on one with ${SMALL}; the
ratio of the two is what to read; for accounts also beside pages of the small server that show as many. Every order in both directions at several offsets up to the end, every filter, and
searches for parts; the first time that a page is asked for ("first") and all other times; and what a client's messages take while an administrator pages through the accounts. The account list
(GET /_synapse/admin/v3/users), or with one of --rooms, --media and --reports all
others.

Usage: npm run bench:admin [-- OPTIONS]

  --accounts N       how many accounts the large server has (default 100000)
  --rooms N          how many rooms the large server has (default 100000), and a fifth as many destinations
  --media N          how many files; a tenth of them are one user's (default 1000000)
  --reports N        how many reports about events, about users, and actions of administrators (default 100000)
  --database NAME    sqlite (default) or postgres
  --rounds N         requests for each page on each server (default 15)
  --pages TEXT       only the lines whose name holds this, for example search
  --other URL,SECRET instead of the small server: another homeserver that runs already, with its
                     registration_shared_secret, whose account list is asked for the same pages (docs/performance.md
                     tells how a Synapse is given accounts)
  --json FILE        write all figures there too
  --help             this text`

interface Side extends ListedServer {
  server: Ranvier
  admin: Client
}

async function startSide(database: 'sqlite' | 'postgres', accounts: number): Promise<Side> {
  const server = await startRanvier({ database, configOverrides: { log_level: 'warn' } })
  const admin = await server.registerAdmin()
  await server.stop()
  const began = performance.now()
  await fillAccounts(server.storageOptions, server.serverName, accounts)
  await using storage = await openStorage(server.storageOptions)
  await storage.write((tx) => makeAdmins(tx.db, ADMINS))
  await storage[Symbol.asyncDispose]()
  await server.restart()
  console.log(`${accounts} accounts made in ${((performance.now() - began) / 1000).toFixed(0)} s`)
  return { accounts, server, admin }
}

async function benchAccounts(
  stack: AsyncDisposableStack,
  rounds: number,
): Promise<{ results: Result[]; beside: BesideResult }> {
  const { database } = values as { database: 'sqlite' | 'postgres' }
  const small = await startSide(database, SMALL)
  stack.use(small.server)
  const large = await startSide(database, Number(values.accounts))
  stack.use(large.server)
  const restMs = await untilAtRest(large.server.pid)
  console.log(`the large server has read what it reads beforehand after ${(restMs / 1000).toFixed(0)} s`)
  const results: Result[] = []
  for (const group of pageGroups.filter(({ name }) => name.includes(values.pages)))
    results.push(await measure(group, large, small, rounds))
  return { results, beside: await sendBesidePaging(large.admin, BESIDE_ROUNDS) }
}

async function benchBeside(stack: AsyncDisposableStack, database: Dialect, text: string): Promise<void> {
  const other = await otherServer(text)
  const ours = await startSide(database, Number(values.accounts))
  stack.use(ours.server)
  await untilAtRest(ours.server.pid)
  const { pages } = values
  const results = await measureBeside(ours, other, { pages, rounds: Number(values.rounds) })
  console.log(`\n${reportBeside(ours, other, results)}`)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
}

const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '100000' },
    rooms: { type: 'string' },
    media: { type: 'string' },
    reports: { type: 'string' },
    database: { type: 'string', default: 'sqlite' },
    rounds: { type: 'string', default: '15' },
    pages: { type: 'string', default: '' },
    other: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const { database } = values
if (values.help || (database !== 'sqlite' && database !== 'postgres')) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  await using stack = new AsyncDisposableStack()
  if (database === 'postgres' && process.env['TEST_DATABASE_URL'] === undefined)
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: true })).url
  stack.defer(() => agent.destroy())
  await (values.other === undefined ? benchOurs(stack, database) : benchBeside(stack, database, values.other))
}

async function benchOurs(stack: AsyncDisposableStack, database: Dialect): Promise<void> {
  const rounds = Number(values.rounds)
  const { rooms, media, reports } = values
  const isOfLists = rooms !== undefined || media !== undefined || reports !== undefined
  const { results, beside } = isOfLists
    ? {
        results: await benchLists(stack, database, {
          counts: {
            rooms: Number(rooms ?? 100_000),
            media: Number(media ?? 1_000_000),
            reports: Number(reports ?? 100_000),
          },
          small: SMALL,
          pages: values.pages,
          rounds,
        }),
        beside: undefined,
      }
    : await benchAccounts(stack, rounds)
  console.log(`\n${database}, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`)
  report(results)
  if (beside !== undefined) console.log(`\n${besideReport(beside)}`)
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ database, ...(isOfLists ? { rooms, media, reports } : { accounts: values.accounts }), node: process.version, cpus: cpus().length, results, beside }, null, 2)}\n`,
    )
}
