/**
 * `npm run check`: format, lint and boundaries, types, unit tests. For before every commit: under a minute.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules', '.bin', name)
const unitTests = globSync('packages/*/src/**/*.test.ts', { cwd: root })
  .filter((file) => !file.endsWith('.db.test.ts')) // those need PostgreSQL: `npm test`
  .concat('tests/contract/contract.test.ts') // looks at names only: a test that moves takes its rows along
  .sort()

const steps: { name: string; command: string; args: string[] }[] = [
  { name: 'format, lint, boundaries', command: bin('biome'), args: ['check', '.'] },
  { name: 'types', command: bin('tsc'), args: ['--noEmit', '-p', '.'] },
  {
    name: 'unit tests',
    command: process.execPath,
    args: ['--test', '--test-reporter=dot', '--test-timeout=60000', ...unitTests],
  },
]

for (const { name, command, args } of steps) {
  const startedMs = performance.now()
  console.log(`— ${name}`)
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) {
    console.error(`✖ ${name}: this must be mended before a commit`)
    process.exitCode = code ?? 1
    break
  }
  console.log(`✔ ${name} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)`)
}
