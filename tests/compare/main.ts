/**
 * `npm run compare -- --other URL,SECRET [--chapter NAME]… [--all]`: sends the same requests to a Ranvier and to another
 * homeserver, such as Synapse, and prints where the answers differ.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { registerWithSecret, startPostgres, startRanvier } from '@ranvier/testkit'
import type { Chapter } from './chapter.ts'
import { chapters } from './chapters/index.ts'
import { page } from './differences-page.ts'
import { Outside } from './outside.ts'
import { bridgeOf, SETTINGS, settingsForTheOther } from './settings.ts'
import { Side, type SideParts } from './side.ts'
import { type Asked, type Run, Tally } from './tally.ts'

const HELP = `Sends the same requests to a Ranvier that it starts and to another homeserver, and prints where answers differ:
status, errcode, keys, JSON types, and values where they should be equal. Known differences (tests/compare/known) are
not shown. Ends with 1 when there are others.

Usage: npm run compare -- --other URL,SECRET [OPTIONS]

  --other URL,SECRET   a homeserver with registration by shared secret, best a fresh Synapse with what --settings prints
  --settings           prints what its homeserver.yaml should have, and does nothing else
  --database NAME      of the Ranvier: sqlite or postgres (default sqlite)
  --chapter NAME       only this chapter; may be given several times
  --all                shows known differences, too
  --keep DIR           keeps the answers in files of this folder, one for each chapter
  --kept DIR           instead of --other: asks nobody, and compares what was kept
  --write-page         writes docs/differences.md from the known differences, and does nothing else
  --help               this text

Chapters:
${chapters.map(({ name, about }) => `  ${name.padEnd(20)} ${about}`).join('\n')}`

const { values } = parseArgs({
  options: {
    other: { type: 'string' },
    database: { type: 'string', default: 'sqlite' },
    chapter: { type: 'string', multiple: true, default: [] },
    all: { type: 'boolean', default: false },
    settings: { type: 'boolean', default: false },
    keep: { type: 'string' },
    kept: { type: 'string' },
    'write-page': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const chosen = chapters.filter(({ name }) => values.chapter.length === 0 || values.chapter.includes(name))
const [url, secret] = values.other?.split(',') ?? []
const isDatabase = values.database === 'sqlite' || values.database === 'postgres'

if (values['write-page']) {
  writeFileSync(join(import.meta.dirname, '../../docs/differences.md'), page())
} else if (values.settings) {
  console.log(settingsForTheOther())
} else if (values.kept !== undefined && chosen.length > 0) {
  const tally = new Tally(values)
  for (const { name } of chosen)
    tally.add(name, JSON.parse(readFileSync(join(values.kept, `${name}.json`), 'utf8')) as Run)
  process.exitCode = end(tally)
} else if (values.help || !url || !secret || !isDatabase || chosen.length === 0) {
  console.log(HELP)
  process.exitCode = values.help ? 0 : 2
} else {
  process.exitCode = await compare(url.replace(/\/$/, ''), secret, values.database as 'sqlite' | 'postgres')
}

async function compare(
  otherUrl: string,
  otherSecret: string,
  database: 'sqlite' | 'postgres',
): Promise<number> {
  const prefix = `cmp${randomBytes(3).toString('hex')}-`
  // Its name has to be known before ours starts: with the same one ids of users are the same.
  const probe = await registerWithSecret(otherUrl, otherSecret, `${prefix}probe`)
  const serverName = probe.userId.slice(probe.userId.indexOf(':') + 1)
  await using stack = new AsyncDisposableStack()
  if (database === 'postgres' && process.env['TEST_DATABASE_URL'] === undefined)
    process.env['TEST_DATABASE_URL'] = stack.use(await startPostgres({ durable: false })).url
  const outside = stack.use(await Outside.open())
  const folder = stack.adopt(mkdtempSync(join(tmpdir(), 'ranvier-compare-')), (path) =>
    rmSync(path, { recursive: true }),
  )
  const bridge = join(folder, 'bridge.yaml')
  writeFileSync(bridge, JSON.stringify(bridgeOf('ours'))) // JSON is YAML
  const own = { server_name: serverName, app_service_config_files: [bridge] }
  const server = stack.use(await startRanvier({ database, configOverrides: { ...SETTINGS, ...own } }))

  const tally = new Tally(values)
  if (values.keep !== undefined) mkdirSync(values.keep, { recursive: true })
  for (const chapter of chosen) {
    const parts = { serverName, prefix: `${prefix}${chapter.name}-`, outside }
    const [ours, theirs] = await Promise.all([
      runOn(chapter, server.url, server.registrationSecret, { ...parts, key: 'ours' }),
      runOn(chapter, otherUrl, otherSecret, { ...parts, key: 'theirs' }),
    ])
    const run: Run = { ours, theirs }
    if (values.keep !== undefined)
      writeFileSync(join(values.keep, `${chapter.name}.json`), JSON.stringify(run))
    tally.add(chapter.name, run)
  }
  return end(tally)
}

function end(tally: Tally): number {
  if (chosen.length === chapters.length) tally.tellUnused()
  return tally.end()
}

async function runOn(chapter: Chapter, url: string, secret: string, parts: SideParts): Promise<Asked> {
  using side = new Side(url, secret, parts)
  let failure: string | undefined
  try {
    await side.register('admin', { admin: true })
    await chapter.run(side)
  } catch (error) {
    failure = error instanceof Error ? error.stack : String(error)
  }
  return { exchanges: side.exchanges, failure }
}
