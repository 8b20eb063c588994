import { rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Clock, fileClock, systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { isLoopback } from '../config/listeners.ts'
import { loadConfig } from '../config/load.ts'
import { explain } from './explain.ts'
import { type Command, CommandError, complain, type Io, say, UsageError } from './io.ts'
import { loadServer } from './load-server.ts'
import { CONFIG_HELP, configOptions, parseOptions, parsePort, toLoadOptions } from './parse.ts'
import { releaseMemoryAfterStart } from './release-memory.ts'
import { version } from './version.ts'

export const start: Command = {
  name: 'start',
  summary: 'run the server',
  help: `Runs the server until it is stopped with Ctrl-C or SIGTERM.

Usage: ranvier start [options]

${CONFIG_HELP}
      --port N         listen on this port instead of the first configured one; 0: any free one
      --server-name NAME   the name in user IDs (default: the configured one, or localhost)
      --test-clock FILE    for tests: move the clock by the number of seconds in FILE, read at every
                       request. Only when every address is on loopback.
  -h, --help           this text

Without a configuration file everything needed is made in the data directory; the server listens on
http://127.0.0.1:8008, for this machine only, and nobody can register.
Environment variables RANVIER_CONFIG, RANVIER_DATA_DIR, RANVIER_PORT and RANVIER_SERVER_NAME stand in for options.`,

  async run(args, io) {
    const { values } = parseOptions(
      args,
      {
        ...configOptions,
        port: { type: 'string' },
        'server-name': { type: 'string' },
        'test-clock': { type: 'string' },
      },
      'ranvier start',
    )
    const config = loadConfig({
      ...toLoadOptions(values, io),
      port: parsePort(values.port),
      serverName: values['server-name'],
    })
    for (const warning of config.warnings) complain(io, `Warning: ${warning}`)
    const clock = chooseClock(values['test-clock'], config, io)
    const { startServer } = await loadServer()
    const server = await startServer(config, { clock }).catch((cause: unknown) => {
      throw new CommandError(explain(cause, config), { cause })
    })
    writePidFile(config)
    say(io, welcome(config, server.url, io))
    releaseMemoryAfterStart()
    await io.stopRequested()
    say(io, 'Stopping…')
    await server.close()
    if (config.pidFile !== null) rmSync(config.pidFile, { force: true })
    return 0
  },
}

function chooseClock(file: string | undefined, config: Config, io: Io): Clock {
  if (file === undefined) return systemClock()
  const open = config.listeners.find((address) => !isLoopback(address.host))
  if (open !== undefined)
    throw new UsageError(
      `--test-clock is for tests on this machine, but the server would listen on ${open.host}. ` +
        'Bind every listener to 127.0.0.1 or ::1, or leave --test-clock out.',
    )
  return fileClock(resolve(io.cwd, file), (message) => complain(io, `Warning: ${message}`))
}

function writePidFile(config: Config): void {
  if (config.pidFile === null) return
  try {
    writeFileSync(config.pidFile, `${process.pid}\n`)
  } catch (cause) {
    throw new CommandError(explain(cause, config), { cause })
  }
}

function welcome(config: Config, url: string, io: Io): string {
  return `Ranvier ${version} is running.
  Address:      ${url}
  Server name:  ${config.serverName}
  Data:         ${config.dataDir}
${firstAdministrator(config, url, io)}
Stop it with Ctrl-C.`
}

/** The exact command, from where the server was started. */
function firstAdministrator(config: Config, url: string, io: Io): string {
  if (config.secrets.registrationShared === null)
    return '  To make the first administrator, set registration_shared_secret in the configuration and restart.'
  const source =
    config.files.length > 0
      ? config.files.map((file) => ` -c ${quoted(file)}`).join('')
      : config.dataDir === resolve(io.cwd, 'data')
        ? ''
        : ` --data-dir ${quoted(config.dataDir)}`
  const byNpm = io.env['npm_lifecycle_event'] === 'start'
  const command = byNpm ? 'npm run register_new_matrix_user --' : 'register_new_matrix_user'
  return `  Make the first administrator, in another terminal:
    ${command} --admin${source} ${url}`
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
