import { localUrl } from '../config/listeners.ts'
import { readSettings } from '../config/load.ts'
import { type Command, say } from './io.ts'
import { CONFIG_HELP, configOptions, parseOptions, toLoadOptions } from './parse.ts'

export const configCheck: Command = {
  name: 'config check',
  summary: 'check a configuration without starting or changing anything',
  help: `Checks a configuration without starting or changing anything. Exit code 0: it can be used.

Usage: ranvier config check [options]

${CONFIG_HELP}
  -h, --help           this text`,

  async run(args, io) {
    const { values } = parseOptions(args, configOptions, 'ranvier config check')
    const settings = readSettings(toLoadOptions(values, io))
    for (const warning of settings.warnings) say(io, `Warning: ${warning}`)
    const { database } = settings
    say(io, `The configuration can be used${settings.files.length === 0 ? ' (built-in defaults)' : ''}.`)
    say(io, `  Server name:  ${settings.serverName}`)
    say(io, `  Data:         ${settings.dataDir}`)
    say(
      io,
      `  Database:     ${database.dialect === 'sqlite' ? database.file : `PostgreSQL, ${database.connection.database}`}`,
    )
    for (const address of settings.listeners) say(io, `  Listens on:   ${localUrl(address)}`)
    return 0
  },
}
