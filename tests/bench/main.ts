/** `npm run bench [-- OPTIONS]`: how fast the server is, each figure beside what the machine allows. */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { startPostgres, startRanvier } from '@ranvier/testkit'
import { PostgresDatabases } from '@ranvier/testkit/postgres-databases'
import { startBareServer } from './bare.ts'
import { agent, type Measure, medianOf } from './load.ts'
import { openRawWriter } from './raw-rows.ts'
import { type Round, type Scenario, type Stage, scenarios } from './scenarios.ts'

const HELP = `Measures the server on this machine. Every figure stands beside its floor, measured in the same run:
node:http answering the same requests with the same bytes, and prepared statements writing the same rows.
Read the ratios: times depend on the machine and on what else it does.

Usage: npm run bench [-- OPTIONS]

  --database NAME    sqlite (default) or postgres
  --scenario NAME    only this one; may be given more than once
  --rounds N         the medians of so many rounds are shown (default 5)
  --json FILE        write all figures there too
  --help             this text

Scenarios:
${scenarios.map(({ name, summary }) => `  ${name.padEnd(18)} ${summary}`).join('\n')}`

interface Result {
  scenario: string
  server: Measure
  http: Measure
  rows: Measure | undefined
}

async function run(scenario: Scenario, stage: Stage, rounds: number): Promise<Result> {
  const round = await scenario.prepare(stage)
  await round() // the first one warms caches and the compiler
  const measured: Round[] = []
  for (let i = 0; i < rounds; i++) measured.push(await round())
  const rows = measured.flatMap((item) => item.rows ?? [])
  return {
    scenario: scenario.name,
    server: medianOf(measured.map((item) => item.server)),
    http: medianOf(measured.map((item) => item.http)),
    rows: rows.length === 0 ? undefined : medianOf(rows),
  }
}

const ms = (value: number | undefined) => (value === undefined ? '' : value.toFixed(2))
const us = (value: number | undefined) => (value === undefined ? '' : value.toFixed(0))
const times = (value: number, floor: number | undefined) =>
  floor === undefined ? '' : `${(value / floor).toFixed(1)}×`

function show({ scenario, server, http, rows }: Result): Record<string, string> {
  return {
    scenario,
    'ms/op': ms(server.msPerOperation),
    p50: ms(server.p50Ms),
    p99: ms(server.p99Ms),
    'CPU µs/op': us(server.cpuUsPerOperation),
    'http ms/op': ms(http.msPerOperation),
    '×http': times(server.msPerOperation, http.msPerOperation),
    'http CPU': us(http.cpuUsPerOperation),
    'rows ms/op': ms(rows?.msPerOperation),
    '×rows': times(server.msPerOperation, rows?.msPerOperation),
  }
}

const { values } = parseArgs({
  options: {
    database: { type: 'string', default: 'sqlite' },
    scenario: { type: 'string', multiple: true },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const chosen = scenarios.filter(({ name }) => values.scenario === undefined || values.scenario.includes(name))
const database = values.database
if (values.help || chosen.length === 0 || (database !== 'sqlite' && database !== 'postgres')) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  await using stack = new AsyncDisposableStack()
  if (database === 'postgres' && process.env['TEST_DATABASE_URL'] === undefined)
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: true })).url
  const server = stack.use(await startRanvier({ database, configOverrides: { log_level: 'info' } }))
  let rawOptions = server.storageOptions
  if (rawOptions.dialect === 'sqlite') rawOptions = { dialect: 'sqlite', file: `${rawOptions.file}.raw` }
  else {
    const databases = new PostgresDatabases(process.env['TEST_DATABASE_URL']!)
    stack.defer(() => databases.dropAll())
    rawOptions = await databases.create({ empty: true })
  }
  const raw = stack.use(await openRawWriter(rawOptions))
  const bare = stack.use(await startBareServer())
  stack.defer(() => agent.destroy())
  const stage: Stage = { server, bare, raw, admin: await server.registerAdmin() }
  const results: Result[] = []
  for (const scenario of chosen) {
    results.push(await run(scenario, stage, Number(values.rounds)))
    console.log(`${scenario.name} measured`)
  }
  console.log(`\n${database}, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`)
  console.table(results.map(show))
  if (values.json !== undefined)
    writeFileSync(
      values.json,
      `${JSON.stringify({ database, node: process.version, cpus: cpus().length, results }, null, 2)}\n`,
    )
}
