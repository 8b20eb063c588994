/**
 * Loaded before each file of tests (`--import`). Node's runner has a hook called for every promise and every timer, which
 * knows the test it came from, only to name that test should an error be caught by nobody: a fifth of the work of most
 * files, and half of some. Without it such an error still fails the run, as one of the whole file, and its stack says
 * where it came from.
 */
import asyncHooks from 'node:async_hooks'

const noHook: asyncHooks.AsyncHook = { enable: () => noHook, disable: () => noHook }
const { createHook } = asyncHooks
// The runner takes the function when it is loaded, and only then.
asyncHooks.createHook = () => noHook
await import('node:test')
asyncHooks.createHook = createHook

process.on('uncaughtExceptionMonitor', (error) => console.error('Nobody caught', error))
process.on('unhandledRejection', (error) => {
  console.error('Nobody caught', error)
  process.exitCode = 1 // also when the runner is not there yet
})
