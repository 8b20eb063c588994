'use strict'

// What `npm start`, `npm test` and the others run first: sees to it that everything package-lock.json demands is
// installed, and starts the TypeScript that is meant under a Node that can run it.
//   launch.cjs COMMAND ARGS…           packages/server/src/cli/main.ts COMMAND ARGS…
//   launch.cjs --dev SCRIPT.ts ARGS…   SCRIPT.ts ARGS…, with the development tools installed
// Written for Node 16 and later, without dependencies: it runs on a fresh clone.

const fs = require('node:fs')
const path = require('node:path')
const childProcess = require('node:child_process')

const root = path.join(__dirname, '..')

function readLock(file) {
  try {
    return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8')).packages
  } catch (_error) {
    return undefined
  }
}

/** False as soon as one package is missing or has another version than the lock file says. */
function isInstalled(withDev) {
  const wanted = readLock('package-lock.json')
  const present = readLock('node_modules/.package-lock.json')
  if (wanted === undefined)
    throw new Error('package-lock.json is missing or damaged: get it from the repository again.')
  if (present === undefined) return false
  return Object.keys(wanted).every((name) => {
    const want = wanted[name]
    if (name.indexOf('node_modules/') < 0 || (want.dev && !withDev)) return true
    const have = present[name]
    // Packages for other machines are not installed; npm decides which those are.
    if (have === undefined) return want.optional === true || want.devOptional === true
    if (have.version !== want.version) return false
    return fs.existsSync(path.join(root, want.link ? name : path.join(name, 'package.json')))
  })
}

function install(withDev) {
  console.log('Installing what package-lock.json lists (npm ci)…')
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'].concat(
    withDev ? [] : ['--omit=dev'],
  )
  // Under npm its own file is known; that also avoids the shell Windows needs for `npm`.
  const npm = process.env.npm_execpath
  const byFile = npm !== undefined && /\.c?js$/.test(npm)
  const result = byFile
    ? childProcess.spawnSync(process.execPath, [npm].concat(args), { cwd: root, stdio: 'inherit' })
    : childProcess.spawnSync('npm', args, {
        cwd: root,
        stdio: 'inherit',
        shell: process.platform === 'win32',
      })
  if (result.status === 0) return true
  console.error('The installation failed. See what npm said above; `npm ci --ignore-scripts` tries again.')
  return false
}

/**
 * Ends with the npm that started us. npm runs scripts through a shell; a signal to npm ends npm and the shell, and
 * nobody would pass it on to us: the server would stay behind with its port.
 */
function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return
  const shell = process.ppid
  const npm = parentOf(shell)
  const watch = setInterval(() => {
    if (process.ppid === shell && parentOf(shell) === npm) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, 500)
  watch.unref()
}

/** Linux tells; elsewhere `undefined`, always. */
function parentOf(pid) {
  try {
    // The name in parentheses may hold anything; the state and the parent's id follow it.
    return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ')[1]
  } catch (_error) {
    return undefined
  }
}

function main(args) {
  const withDev = args[0] === '--dev'
  const mustInstall = !isInstalled(withDev)
  if (mustInstall && !install(withDev)) {
    process.exitCode = 1
    return
  }
  endWithNpm()
  const node = require('../packages/server/bin/node.cjs')
  if (withDev) {
    node.runScript(path.resolve(root, args[1]), args.slice(2), root, true)
    return
  }
  const source = path.join(root, 'packages', 'server', 'src')
  const program = path.join(source, 'cli', 'main.ts')
  // The thread is compiled by whoever first needs it, otherwise, and what strips its types stays: 12 MB.
  const thread = path.join(root, 'packages', 'storage', 'src', 'db', 'sqlite-checkpoint-worker.ts')
  if (mustInstall) node.compileAhead([path.join(source, 'main.ts'), thread, program], root)
  node.runScript(program, args, root)
}

main(process.argv.slice(2))
