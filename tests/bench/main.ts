/** `npm run bench [-- OPTIONS]`: how fast a homeserver is, ours or another, over HTTP. */
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startPostgres } from '@ranvier/testkit'
import { closeConnections } from './call.ts'
import { measureCommits } from './commits/measure.ts'
import { eachOfRounds, eachRows } from './each.ts'
import { type Floor, openFloor } from './floor.ts'
import { measured, type Timings } from './measure.ts'
import { memoryMb } from './process-use.ts'
import { markdown, type Result, type Row, row } from './report.ts'
import { scenarios } from './scenarios/index.ts'
import type { Prepared, Scenario } from './scenarios/scenario.ts'
import { measureStarts } from './starts.ts'
import { ranvierTarget, type Target, urlTarget } from './target.ts'

/** Before memory at rest is looked at. */
const REST_MS = 5_000
/** For a second of a round of commits; made ready and signed before, which takes longer than committing them. */
const COMMITS_PER_SECOND = 5_000

const HELP = `Measures homeservers on this machine, by HTTP alone, so that any can stand beside ours. With several targets each
scenario runs on them in turns, round by round; read the ratios: times depend on the machine and on what else it does.

Usage: npm run bench [-- OPTIONS]

  --target T        sqlite (default) or postgres: a Ranvier of its own; or a server that runs, as
                    NAME,URL,SECRET or NAME,URL,SECRET,PID: SECRET is its registration_shared_secret, and with PID its
                    CPU time and memory are shown. May be given more than once. Its rate limits must be lifted.
  --scenario NAME   only this one; may be given more than once
  --without NAME    not this one; may be given more than once
  --rounds N        medians of so many rounds are shown (default 5)
  --seconds N       how long a round is (default 3)
  --each            also a table of the scenarios that go through several things, such as URLs: a line for each, with how
                    often it was asked for and what it took, over all rounds; --json has it in any case
  --starts          instead: how long a start takes, of sqlite and postgres among the targets, on a database of 1,000
                    accounts and 100 rooms, from the start of the process to its first answer; the median of the rounds
  --floor           also what the machine allows, where that can be told, in turns with the targets: node:http answering
                    the same requests with the same bytes, bare bcrypt, and for what is kept of messages --commits
  --commits         instead: the floor of commits alone. What the server hands to its storage when many send at once goes
                    through the storage's queue, and beside it, in turns, prepared statements write the very rows that
                    this left behind, as many in a transaction, with the same flush; sqlite and postgres among the targets
  --cpu-prof DIR    where our own servers leave a profile when they stop
  --json FILE       write all figures there too
  --markdown FILE   write the table there too
  --help            this text

Scenarios:
${scenarios.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`).join('\n')}`

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true, default: ['sqlite'] },
    scenario: { type: 'string', multiple: true },
    without: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    each: { type: 'boolean', default: false },
    starts: { type: 'boolean', default: false },
    floor: { type: 'boolean', default: false },
    commits: { type: 'boolean', default: false },
    'cpu-prof': { type: 'string' },
    json: { type: 'string' },
    markdown: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const chosen = scenarios.filter(
  ({ name }) => (values.scenario?.includes(name) ?? true) && !values.without.includes(name),
)
const rounds = Number(values.rounds)
const bound = { seconds: Number(values.seconds) }

/** All targets prepared, then one round on each, in turns; behind each its floor. */
async function run(
  scenario: Scenario,
  targets: readonly Target[],
  floor: Floor | undefined,
): Promise<Result[]> {
  const prepared: Prepared[] = []
  for (const target of targets) prepared.push(await scenario.prepare(target))
  const timings = targets.map((): Timings[] => [])
  const results = targets.map(
    (target): Result => ({ scenario: scenario.name, target: target.name, rounds: [], floor: [] }),
  )
  const count = Math.min(rounds, scenario.maxRounds ?? rounds)
  const isOnce = scenario.maxRounds === 1
  // The first round warms caches and the compiler.
  for (let i = isOnce ? 1 : 0; i <= count; i++)
    for (const [n, target] of targets.entries()) {
      const { round, each, doesMore } = prepared[n]!
      const measure = await measured(target.pid, async () => {
        const timed = await round(bound)
        if (i > 0 && each !== undefined) timings[n]!.push(timed)
        return timed
      })
      const floorMeasure = await floor?.measure(prepared[n]!, bound)
      if (i === 0) continue
      results[n]!.rounds.push(doesMore ? { ...measure, cpuMsPerOperation: undefined } : measure)
      if (floorMeasure !== undefined) results[n]!.floor.push(floorMeasure)
    }
  for (const [n, { each }] of prepared.entries())
    if (each !== undefined) results[n]!.each = eachOfRounds(each, timings[n]!)
  return results
}

async function openTarget(text: string): Promise<Target> {
  if (text !== 'sqlite' && text !== 'postgres') return urlTarget(text)
  const directory = values['cpu-prof']
  return ranvierTarget(text, directory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${directory}`])
}

if (values.help || chosen.length === 0 || !(rounds > 0) || !(bound.seconds > 0)) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  await using stack = new AsyncDisposableStack()
  if (values.target.includes('postgres') && process.env['TEST_DATABASE_URL'] === undefined)
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: true })).url
  stack.defer(closeConnections)
  if (values.starts) await showStarts()
  else if (!values.commits) await compare(stack)
  if (values.commits || values.floor) await showCommits()
}

async function showCommits(): Promise<void> {
  const rows: Row[] = []
  for (const target of values.target)
    if (target === 'sqlite' || target === 'postgres')
      rows.push(...(await measureCommits(target, { rounds, messages: bound.seconds * COMMITS_PER_SECOND })))
  console.log(`\nCommits beside raw prepared statements, ${rounds} rounds in turns\n`)
  console.log(markdown(rows))
}

async function showStarts(): Promise<void> {
  for (const target of values.target) {
    if (target !== 'sqlite' && target !== 'postgres')
      throw new Error(`how long a start of ${target} takes cannot be seen from outside`)
    const starts = await measureStarts(target, rounds)
    const median = starts[starts.length >> 1]!
    const all = starts.map(({ ms, cpuMs }) => `${Math.round(ms)} (${Math.round(cpuMs)} CPU)`).join(', ')
    console.log(`a start on ${target}: ${Math.round(median.ms)} ms; all of them: ${all}`)
  }
}

async function compare(stack: AsyncDisposableStack): Promise<void> {
  const targets: Target[] = []
  for (const text of values.target) targets.push(stack.use(await openTarget(text)))
  await setTimeout(REST_MS)
  const atRest = targets.map(({ pid }) => (pid === undefined ? undefined : memoryMb(pid).now))
  const floor = values.floor ? stack.use(await openFloor()) : undefined
  const rows: Row[] = []
  const lines: Row[] = []
  const results: Result[] = []
  for (const scenario of chosen) {
    const some = await run(scenario, targets, floor)
    results.push(...some)
    lines.push(...eachRows(some))
    for (const result of some) {
      rows.push(row(result, some[0]))
      console.log(`${result.scenario} on ${result.target}: ${rows.at(-1)!['per s']} per second`)
    }
  }
  console.log(
    `\n${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${rounds} rounds of ${bound.seconds} s\n`,
  )
  const tables = [rows, ...(values.each && lines.length > 0 ? [lines] : [])].map(markdown).join('\n\n')
  console.log(tables)
  for (const [n, { name }] of targets.entries())
    if (atRest[n] !== undefined)
      console.log(`\n${name}: ${atRest[n].toFixed(0)} MiB before the first scenario`)
  if (values.markdown !== undefined) writeFileSync(values.markdown, `${tables}\n`)
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`)
}
