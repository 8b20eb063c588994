import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'

const ROOT = join(import.meta.dirname, '..', '..', '..', '..')

/** A checkout with the launcher, a lock file and a program, and an `npm` that notes its arguments and "installs". */
function checkout(t: TestContext): {
  root: string
  launch: (args: string[]) => { out: string; code: number | null }
} {
  const root = mkdtempSync(join(tmpdir(), 'launch-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  cpSync(join(ROOT, 'scripts', 'launch.cjs'), join(root, 'scripts', 'launch.cjs'))
  cpSync(join(ROOT, 'packages', 'server', 'bin'), join(root, 'packages', 'server', 'bin'), {
    recursive: true,
  })
  write(
    'packages/server/src/cli/main.ts',
    "console.log('main', ...process.argv.slice(2)); process.exitCode = 7",
  )
  write(
    'packages/server/src/main.ts',
    "import fs from 'node:fs'; if (process.argv.at(-1) === '--version') fs.appendFileSync('compiled-ahead', 'x')",
  )
  write(
    'packages/storage/src/db/sqlite-checkpoint-worker.ts',
    "import fs from 'node:fs'; fs.appendFileSync('compiled-ahead', 'y')",
  )
  write(
    'tool.ts',
    `process.once('SIGTERM', () => { console.log('stopped'); process.exit(3) })
     if (process.argv[2] === 'wait') setInterval(() => {}, 1000)
     console.log('tool', ...process.argv.slice(2))`,
  )
  const packages = {
    '': { name: 'x' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/dev': { version: '1.0.0', dev: true },
    'node_modules/other-machine': { version: '1.0.0', optional: true },
    'packages/server': { name: 'server' },
  }
  write('package-lock.json', JSON.stringify({ packages }))
  write(
    'npm.cjs',
    `const fs = require('fs'); const args = process.argv.slice(2)
     console.log('npm', ...args)
     const { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'))
     const present = {}
     for (const [name, each] of Object.entries(packages)) {
       if (!name.startsWith('node_modules/') || each.optional || (each.dev && args.includes('--omit=dev'))) continue
       present[name] = { version: each.version }
       fs.mkdirSync(name, { recursive: true }); fs.writeFileSync(name + '/package.json', '{}')
     }
     fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages: present }))`,
  )
  return {
    root,
    launch(args) {
      const env = { ...process.env, npm_execpath: join(root, 'npm.cjs'), npm_lifecycle_event: '' }
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        [join(root, 'scripts', 'launch.cjs'), ...args],
        { env, cwd: root },
      )
      return { out: `${stdout}${stderr}`, code: status }
    },
  }
}

test('a fresh clone is installed and compiled once, without scripts and development tools', (t) => {
  const { root, launch } = checkout(t)

  const first = launch(['start', '--port', '1'])
  assert.match(first.out, /^Installing .*\nnpm ci --ignore-scripts .*--omit=dev\nmain start --port 1\n$/)
  assert.equal(first.code, 7, 'the exit code is passed on')
  assert.equal(launch(['start']).out, 'main start\n')
  assert.equal(readFileSync(join(root, 'compiled-ahead'), 'utf8'), 'xy')
})

test('development tools are installed when they are needed, and stay', (t) => {
  const { launch } = checkout(t)
  launch(['start'])

  const tool = launch(['--dev', 'tool.ts', 'x'])
  assert.match(tool.out, /npm ci --ignore-scripts/)
  assert.doesNotMatch(tool.out, /--omit=dev/)
  assert.match(tool.out, /tool x\n$/)
  assert.equal(launch(['start']).out, 'main start\n')
})

test('another version than the lock file says is replaced, and so is what was deleted', (t) => {
  const { root, launch } = checkout(t)
  launch(['start'])

  rmSync(join(root, 'node_modules', 'a'), { recursive: true })
  assert.match(launch(['start']).out, /^Installing/)
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ packages: { 'node_modules/a': { version: '2.0.0' } } }),
  )
  assert.match(launch(['start']).out, /^Installing/)
  assert.equal(launch(['start']).out, 'main start\n')
})

test('a signal reaches the program, and its exit code comes back', async (t) => {
  const { root, launch } = checkout(t)
  launch(['--dev', 'tool.ts'])
  const child = spawn(process.execPath, [join(root, 'scripts', 'launch.cjs'), '--dev', 'tool.ts', 'wait'])
  let out = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  await once(child.stdout, 'data')

  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')

  assert.equal(code, 3)
  assert.match(out, /stopped/)
})
