/**
 * `npm run test:others -- [BOT-SDK-FOLDER]`: clients that are not written for us against started servers, on both
 * databases. matrix-nio is taken from the system (`python3` with `nio`, as Debian's `python3-matrix-nio` has it);
 * matrix-bot-sdk from a folder in which it was installed (`npm install matrix-bot-sdk`). Neither is a dependency.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Ranvier, startRanvier } from '@ranvier/testkit'
import { startPostgres } from '@ranvier/testkit/postgres'
import { runBot } from './bot-sdk.ts'

const PYTHON = process.env['PYTHON'] ?? 'python3'

async function runNio(server: Ranvier): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-nio-'))
  try {
    const script = join(import.meta.dirname, 'nio_people.py')
    const child = spawn(PYTHON, [script, server.url, folder], { stdio: 'inherit' })
    const [code] = (await once(child, 'exit')) as [number | null]
    if (code !== 0) throw new Error(`matrix-nio failed:\n${server.log.join('\n')}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [botFolder] = process.argv.slice(2)
await using postgres = await startPostgres({ durable: false })
process.env['TEST_DATABASE_URL'] = postgres.url
for (const database of ['sqlite', 'postgres'] as const) {
  console.log(`On ${database}:`)
  // Debian's matrix-nio downloads as one did before media wanted a token.
  // matrix-bot-sdk gives the creator of a space a power level, which rooms from version 12 on refuse.
  const configOverrides = { enable_authenticated_media: false, default_room_version: '11' }
  await using server = await startRanvier({ database, configOverrides })
  await runNio(server)
  if (botFolder !== undefined) await runBot(server, botFolder)
  const errors = server.log.filter((line) => /"level":(50|60)/.test(line))
  if (errors.length > 0) throw new Error(`the server tells of errors:\n${errors.join('\n')}`)
}
