'use strict'

// Written for Node 16 and later, without dependencies: it runs before we know which Node we have.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const childProcess = require('node:child_process')
const flagsByVersion = require('./node-flags.json')

const NEEDED_MAJOR = 24
const NEEDED_MINOR = 11

function isNewEnough(version) {
  const parts = version.split('.').map(Number)
  return parts[0] > NEEDED_MAJOR || (parts[0] === NEEDED_MAJOR && parts[1] >= NEEDED_MINOR)
}

/** The Node of our own dependencies for this machine, in `from/node_modules` or a folder above. */
function bundledNode(from) {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const binary = process.platform === 'win32' ? 'node.exe' : 'node'
  const name = `node-${platform}-${process.arch}`
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name, 'bin', binary)
    if (fs.existsSync(candidate)) return candidate
    if (folder === path.dirname(folder)) return undefined
  }
}

/** The nearest `node_modules` at `from` or above it. */
function folderWithModules(from) {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules')
    if (fs.existsSync(candidate)) return candidate
    if (folder === path.dirname(folder)) return undefined
  }
}

/** A Node that can run the server: this one, or the one among our dependencies. `undefined` when there is none. */
function findNode(from) {
  return isNewEnough(process.versions.node) ? process.execPath : bundledNode(from)
}

/**
 * What a Node of this version is started with: see `docs/decisions/0020-memory.md`. Of V8's own flags it hears those of
 * its major version alone, as Node refuses to start with one that it does not know.
 */
function flagsFor(version) {
  return flagsByVersion.every.concat(flagsByVersion[version.split('.')[0]] || [])
}

/** Runs a program to its end, passing signals on, and ends as it ended. */
function runToEnd(program, args) {
  const child = childProcess.spawn(program, args, { stdio: 'inherit' })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  const pass = signals.map((signal) => {
    const listener = () => {
      child.kill(signal)
    }
    process.on(signal, listener)
    return listener
  })
  child.on('error', (error) => {
    console.error(`Node cannot be started: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code
      return
    }
    // To whoever waits for us it must look as if the signal had met us.
    signals.forEach((each, i) => {
      process.removeListener(each, pass[i])
    })
    if (signals.indexOf(signal) >= 0) process.kill(process.pid, signal)
    else process.exitCode = 128 + (os.constants.signals[signal] || 0)
  })
}

/** The Node to run us with, after saying what is needed where there is none; sets what its process hears of the environment. */
function prepareNode(from) {
  const node = findNode(from)
  if (node === undefined) {
    console.error(
      'Ranvier needs Node ' +
        NEEDED_MAJOR +
        '.' +
        NEEDED_MINOR +
        ' or newer and found ' +
        process.versions.node +
        '. Install it from your system or https://nodejs.org/, and start again.',
    )
    process.exitCode = 1
    return undefined
  }
  // Stripped and compiled code is kept beside the packages, which only their owner can write: a start that finds it is
  // twice as fast and 20 MB smaller.
  const modules = folderWithModules(from)
  if (process.env.NODE_COMPILE_CACHE === undefined && modules !== undefined)
    process.env.NODE_COMPILE_CACHE = path.join(modules, '.cache', 'ranvier')
  // Passwords take a thread for each core, for long; flushes of the database and files need others beside them. Only
  // before the first use of a thread is this heard.
  if (process.env.UV_THREADPOOL_SIZE === undefined)
    process.env.UV_THREADPOOL_SIZE = String(os.cpus().length + 4)
  // Each thread has a heap of its own from glibc, and it keeps what was freed there. Heard only when a process begins, as
  // the flags are.
  if (process.env.MALLOC_ARENA_MAX === undefined) process.env.MALLOC_ARENA_MAX = '2'
  const flags = flagsFor(node === process.execPath ? process.versions.node : String(NEEDED_MAJOR))
  return { node: node, flags: flags }
}

/**
 * Strips and compiles `modules` in a process of its own, and keeps that: so the first start is like every other one. The last
 * is the program, which is told to say its version. Should it fail, the start does it, or says why it cannot.
 */
function compileAhead(modules, from) {
  const prepared = prepareNode(from)
  if (prepared === undefined) return
  const code = modules
    .map((file) => `await import(${JSON.stringify(require('node:url').pathToFileURL(file).href)})`)
    .join('\n')
  childProcess.spawnSync(
    prepared.node,
    [...prepared.flags, '--input-type=module', '--eval', code, 'ranvier', '--version'],
    { stdio: 'ignore' },
  )
}

/**
 * Runs one of our TypeScript files. With the right Node it runs in this very process or its successor of the same number, unless
 * `apart`: tools have a process of their own, and no flags that save memory, as they would take more of the processor from what
 * they measure.
 */
function runScript(script, args, from, apart) {
  const prepared = prepareNode(from)
  if (prepared === undefined) return
  const { node, flags } = prepared
  if (node !== process.execPath || apart) {
    runToEnd(node, [...(apart ? [] : flags), script, ...args])
    return
  }
  // Flags are heard when a process begins: this one begins anew with them, where the system and Node can do that.
  if (flags.some((flag) => process.execArgv.indexOf(flag) < 0) && typeof process.execve === 'function') {
    process.execve(
      process.execPath,
      [process.execPath, ...process.execArgv, ...flags, ...process.argv.slice(1)],
      process.env,
    )
  }
  if (process.env.NODE_COMPILE_CACHE !== undefined)
    require('node:module').enableCompileCache(process.env.NODE_COMPILE_CACHE)
  process.argv = [process.execPath, script, ...args]
  import(require('node:url').pathToFileURL(script).href).catch((error) => {
    console.error(error)
    process.exitCode = 1
  })
}

module.exports = { runScript: runScript, compileAhead: compileAhead }
