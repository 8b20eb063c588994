import { runCli } from './run.ts'

const LINGER_MS = 2_000

/** Resolves at the first signal to stop. Further ones change nothing: stopping is under way and takes a few seconds. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve())
  })
}

const { stdin, stdout, stderr, env } = process
// Whoever read what we print may have gone (`ranvier start | head`): the server goes on.
for (const stream of [stdout, stderr]) stream.on('error', () => {})
process.exitCode = await runCli(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  env,
  cwd: process.cwd(),
  stopRequested,
})
// Nothing should be left that keeps the process alive. If something is, being gone is what was asked for.
setTimeout(() => process.exit(), LINGER_MS).unref()
