import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { backup as copyDatabase, DatabaseSync } from 'node:sqlite'
import { readSettings } from '../config/load.ts'
import type { Settings } from '../config/resolve.ts'
import { type Command, CommandError, type Io, say, UsageError } from './io.ts'
import { CONFIG_HELP, configOptions, parseOptions, toLoadOptions } from './parse.ts'

const PAGES_PER_STEP = 2_000 // 8 MB: between steps the event loop turns and progress is shown

export const backup: Command = {
  name: 'backup',
  summary: 'copy the database while the server runs',
  help: `Copies the SQLite database to a file, consistent as of one moment. The server may run meanwhile.
For PostgreSQL it says which command to use.

Usage: ranvier backup --to FILE [options]

      --to FILE        the copy; must not exist yet
${CONFIG_HELP}
  -h, --help           this text`,

  async run(args, io) {
    const { values } = parseOptions(args, { ...configOptions, to: { type: 'string' } }, 'ranvier backup')
    if (values.to === undefined)
      throw new UsageError('Where should the copy go? Give a file with --to. See `ranvier backup --help`.')
    const settings = readSettings(toLoadOptions(values, io))
    const target = resolve(io.cwd, values.to)
    if (settings.database.dialect === 'postgres') throw new CommandError(postgresAdvice(settings, target))
    const source = settings.database.file
    if (!existsSync(source))
      throw new CommandError(`There is no database ${source}. Name the data with --data-dir or -c.`)
    if (existsSync(target))
      throw new CommandError(`${target} exists already. Choose another file, or remove it first.`)
    if (!existsSync(dirname(target)))
      throw new CommandError(`There is no directory ${dirname(target)}. Make it, or choose another file.`)
    await copySqlite(source, target, io)
    say(io, `The database was copied to ${target}.`)
    say(
      io,
      `Keep with it: the keys and secrets in ${settings.dataDir}, and the media in ${settings.media.storePath}.`,
    )
    return 0
  },
}

async function copySqlite(source: string, target: string, io: Io): Promise<void> {
  const partial = `${target}.partial`
  const database = new DatabaseSync(source, { readOnly: true })
  try {
    // A read transaction pins the state of this moment: without it every write of the server would start the copy anew.
    database.exec('BEGIN')
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    let shownPercent = -1
    await copyDatabase(database, partial, {
      rate: PAGES_PER_STEP,
      progress: ({ totalPages, remainingPages }) => {
        const percent = Math.floor((100 * (totalPages - remainingPages)) / Math.max(1, totalPages))
        if (percent >= shownPercent + 10) say(io, `${(shownPercent = percent)} %`)
      },
    })
    chmodSync(partial, 0o600) // it holds everything the server knows
    renameSync(partial, target)
  } catch (cause) {
    rmSync(partial, { force: true })
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new CommandError(`The copy to ${target} failed: ${text}.`, { cause })
  } finally {
    database.close()
  }
}

function postgresAdvice(settings: Settings, target: string): string {
  if (settings.database.dialect !== 'postgres') return ''
  const { host, port, user, database } = settings.database.connection
  const options = [
    host === undefined ? '' : ` --host=${host}`,
    port === undefined ? '' : ` --port=${port}`,
    user === undefined ? '' : ` --username=${user}`,
  ].join('')
  return `This server uses PostgreSQL, which has its own tool. Run:\n  pg_dump --format=custom${options} --file=${target} ${database}`
}
