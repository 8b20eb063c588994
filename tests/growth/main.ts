/** `npm run growth [-- OPTIONS]`: what operations cost on servers of several sizes. */
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { startPostgres } from '@ranvier/testkit'
import { closeConnections } from '../bench/call.ts'
import { dimensions } from './dimensions/index.ts'
import { measure, type Result } from './measure.ts'
import type { Dimension } from './operation.ts'
import { count, suspicion, table } from './report.ts'
import { type Database, type Scene, startScene } from './scene.ts'

const HELP = `Measures what people wait for on servers that differ in one size alone, each ten times the one before, over HTTP and in
turns. Shows the time and the server's CPU time at each size, and PostgreSQL's for it, which has to be on this machine, and
the exponent of their growth: 0 is flat, 1 is linear. What grows although nobody asked for more is marked.

Usage: npm run growth [-- OPTIONS]

  --only NAME       only this size; may be given more than once
  --operation TEXT  only operations whose name holds this
  --max N           no size above this
  --rounds N        requests of each operation on each server (default 21)
  --database NAME   sqlite (default) or postgres
  --cpu-prof DIR    where the servers leave a profile when they stop
  --markdown FILE   write the tables there too
  --json FILE       write all figures there too
  --help            this text

Sizes:
${dimensions.map(({ name, summary, sizes }) => `  ${name.padEnd(16)}${summary}: ${sizes.map(count).join(', ')}`).join('\n')}`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    operation: { type: 'string', default: '' },
    max: { type: 'string', default: String(Number.MAX_SAFE_INTEGER) },
    rounds: { type: 'string', default: '21' },
    database: { type: 'string', default: 'sqlite' },
    'cpu-prof': { type: 'string' },
    markdown: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const max = Number(values.max)
const chosen = dimensions.filter(({ name }) => values.only?.includes(name) ?? true)
const isDatabase = (name: string): name is Database => name === 'sqlite' || name === 'postgres'

interface Grown {
  dimension: string
  sizes: number[]
  results: Result[]
  bytesEach: (number | undefined)[]
}

async function run(database: Database, dimension: Dimension): Promise<Grown> {
  await using stack = new AsyncDisposableStack()
  const scenes: Scene[] = []
  for (const size of dimension.sizes.filter((each) => each <= max)) {
    const began = performance.now()
    const scene = await startScene(database, size, values['cpu-prof'])
    stack.use(scene.server)
    stack.use(scene.backends)
    await dimension.fill(scene)
    scenes.push(scene)
    console.log(
      `${dimension.name}: ${count(size)} after ${((performance.now() - began) / 1_000).toFixed(0)} s`,
    )
  }
  const load = () => `load ${loadavg()[0]!.toFixed(1)}`
  console.log(`${dimension.name}: measured from here on, ${load()}`)
  const results: Result[] = []
  for (const operation of dimension.operations.filter(({ name }) => name.includes(values.operation))) {
    try {
      results.push(await measure(operation, scenes, rounds))
    } catch (error) {
      console.error(`${dimension.name}: ${operation.name} failed:`, error)
      process.exitCode = 1
      continue
    }
    const { ms, growth } = results.at(-1)!
    const mark = suspicion(results.at(-1)!) ?? ''
    console.log(
      `${dimension.name}: ${operation.name}: ${ms.map((each) => each.toFixed(1)).join(', ')} ms, ${growth.ms.exponent.toFixed(2)} ${mark}`,
    )
  }
  console.log(`${dimension.name}: done, ${load()}`)
  return {
    dimension: dimension.name,
    sizes: scenes.map(({ size }) => size),
    results,
    bytesEach: scenes.map(({ bytesEach }) => bytesEach),
  }
}

function chapter({ dimension, sizes, results, bytesEach }: Grown): string {
  const { summary } = dimensions.find(({ name }) => name === dimension)!
  const bytes = bytesEach.every((each) => each !== undefined)
    ? `\n\nBytes on disk for each: ${bytesEach.map((each) => count(Math.round(each!))).join(' · ')}.`
    : ''
  return `### \`${dimension}\`: ${summary}\n\nAt ${sizes.map(count).join(' · ')}:\n\n${table(results)}${bytes}\n`
}

if (values.help || chosen.length === 0 || !(rounds > 0) || !(max > 0) || !isDatabase(values.database)) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  const { database } = values
  await using stack = new AsyncDisposableStack()
  if (database === 'postgres' && process.env['TEST_DATABASE_URL'] === undefined)
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: true })).url
  stack.defer(closeConnections)
  const grown: Grown[] = []
  for (const dimension of chosen) {
    if (dimension.sizes.filter((each) => each <= max).length < 2) continue
    grown.push(await run(database, dimension))
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(grown, null, 2)}\n`)
  }
  const text = grown.map((each) => chapter(each)).join('\n')
  console.log(
    `\n${database}, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${rounds} rounds\n\n${text}`,
  )
  if (values.markdown !== undefined) writeFileSync(values.markdown, text)
}
