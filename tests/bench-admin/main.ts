/** `npm run bench:admin [-- OPTIONS]`: pages of the account list, each beside the same page of a small server. */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { Dialect } from '@ranvier/storage'
import { startPostgres } from '@ranvier/testkit'
import { closeConnections } from '../bench/call.ts'
import { untilAtRest } from '../bench/rest.ts'
import { type AtOnceResult, measureAtOnce, reportAtOnce } from './at-once.ts'
import { besideReport, sendBesidePaging } from './beside.ts'
import { measure, type Result, report } from './compare.ts'
import { benchLists } from './lists.ts'
import { measureBeside, reportBeside } from './other.ts'
import { pageGroups } from './pages.ts'
import { type ListedServer, otherServer, startSide } from './sides.ts'

const SMALL = 1_000
const BESIDE_ROUNDS = 5

const HELP = `Measures pages of lists of administrators, over HTTP, on a server with many entries and on one with ${SMALL}; the
ratio of the two is what to read; for accounts also beside pages of the small server that show as many. Every order in
both directions at several offsets up to the end, every filter, and searches for parts; the first time that a page is
asked for ("first") and all other times; and what a client's messages take while an administrator pages through the
accounts. The account list (GET /_synapse/admin/v3/users), or with one of --rooms, --media and --reports all others.

Usage: npm run bench:admin [-- OPTIONS]

  --accounts N       how many accounts the large server has (default 100000)
  --rooms N          how many rooms the large server has (default 100000), and a fifth as many destinations
  --media N          how many files; a tenth of them are one user's (default 1000000)
  --reports N        how many reports about events, about users, and actions of administrators (default 100000)
  --beside N         how many of each the small server has (default ${SMALL})
  --database NAME    sqlite (default) or postgres
  --rounds N         requests for each page on each server (default 15)
  --pages TEXT       only the lines whose name holds this, for example search
  --other URL,SECRET[,PID]
                     instead of the small server: another homeserver that runs already, with its
                     registration_shared_secret, whose account list is asked for the same pages (docs/performance.md
                     tells how a Synapse is given accounts). PID is its process, for the CPU time with --at-once
  --at-once N        instead of one page after another: so many requests for accounts are under way at any time, in
                     rounds of --seconds on each server in turns (--rounds: default 5); shown are pages a second
  --seconds N        how long such a round is (default 2)
  --json FILE        write all figures there too
  --help             this text`

const { values } = parseArgs({
  options: {
    accounts: { type: 'string', default: '100000' },
    rooms: { type: 'string' },
    media: { type: 'string' },
    reports: { type: 'string' },
    beside: { type: 'string', default: String(SMALL) },
    database: { type: 'string', default: 'sqlite' },
    rounds: { type: 'string' },
    pages: { type: 'string', default: '' },
    other: { type: 'string' },
    'at-once': { type: 'string' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const { database, rooms, media, reports, pages } = values
const isOfLists = rooms !== undefined || media !== undefined || reports !== undefined
const atOnce = values['at-once'] === undefined ? undefined : Number(values['at-once'])
const rounds = Number(values.rounds ?? (atOnce === undefined ? 15 : 5))
const seconds = Number(values.seconds)
const areNumbers = [Number(values.accounts), Number(values.beside), atOnce ?? 1, rounds, seconds].every(
  (each) => each > 0,
)
/** Only the account list is compared with another homeserver, and asked for by several at once. */
const isBeyondLists = isOfLists && (atOnce !== undefined || values.other !== undefined)

if (values.help || !areNumbers || isBeyondLists || (database !== 'sqlite' && database !== 'postgres')) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  await using stack = new AsyncDisposableStack()
  if (database === 'postgres' && process.env['TEST_DATABASE_URL'] === undefined)
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: true })).url
  stack.defer(closeConnections)
  const figures = await (isOfLists ? benchOtherLists(stack, database) : benchAccounts(stack, database))
  const counts = isOfLists ? { rooms, media, reports } : { accounts: values.accounts }
  const all = { database, ...counts, node: process.version, cpus: cpus().length, ...figures }
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(all, null, 2)}\n`)
}

async function benchOtherLists(stack: AsyncDisposableStack, database: Dialect): Promise<object> {
  const results = await benchLists(stack, database, {
    counts: {
      rooms: Number(rooms ?? 100_000),
      media: Number(media ?? 1_000_000),
      reports: Number(reports ?? 100_000),
    },
    small: Number(values.beside),
    pages,
    rounds,
  })
  showMachine(database)
  report(results)
  return { results }
}

async function benchAccounts(stack: AsyncDisposableStack, database: Dialect): Promise<object> {
  const start = async (accounts: number) => {
    const side = await startSide(database, accounts)
    stack.use(side.server)
    return side
  }
  const other = values.other === undefined ? undefined : await otherServer(values.other)
  const small = other === undefined ? await start(Number(values.beside)) : undefined
  const large = await start(Number(values.accounts))
  for (const { pid, accounts } of [small, large].filter((side) => side !== undefined)) {
    const restMs = await untilAtRest(pid)
    console.log(
      `the server of ${accounts} has read what it reads beforehand after ${(restMs / 1000).toFixed(0)} s`,
    )
  }
  if (atOnce !== undefined) return benchAtOnce(database, [large, other ?? small!], atOnce)
  if (other !== undefined) {
    const results = await measureBeside(large, other, { pages, rounds })
    console.log(`\n${reportBeside(large, other, results)}`)
    return { results }
  }
  const results: Result[] = []
  for (const group of pageGroups.filter(({ name }) => name.includes(pages)))
    results.push(await measure(group, large, small!, rounds))
  const beside = await sendBesidePaging(large.admin, BESIDE_ROUNDS)
  showMachine(database)
  report(results)
  console.log(`\n${besideReport(beside)}`)
  return { results, beside }
}

async function benchAtOnce(
  database: Dialect,
  servers: readonly ListedServer[],
  atOnce: number,
): Promise<object> {
  const results: AtOnceResult[][] = []
  for (const group of pageGroups.filter(({ name }) => name.includes(pages))) {
    results.push(await measureAtOnce(group, servers, { atOnce, rounds, seconds }))
    console.log(`${group.name} is measured`)
  }
  showMachine(database)
  console.log(`${atOnce} at once, ${rounds} rounds of ${seconds} s\n\n${reportAtOnce(results)}`)
  return {
    atOnce,
    results: results
      .flat()
      .map(({ server: { name, accounts }, ...rest }) => ({ server: name, accounts, ...rest })),
  }
}

function showMachine(database: Dialect): void {
  console.log(`\n${database}, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`)
}
