import { type ParseArgsConfig, parseArgs } from 'node:util'
import type { LoadOptions } from '../config/load.ts'
import { type Io, UsageError } from './io.ts'

type Options = NonNullable<ParseArgsConfig['options']>

/** `parseArgs` whose errors are sentences for the user. `--help` is always known. */
export function parseOptions<const T extends Options>(
  args: readonly string[],
  options: T,
  command: string,
  allowPositionals = false,
) {
  try {
    return parseArgs({
      args: [...args],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals,
      strict: true,
    })
  } catch (cause) {
    const text = cause instanceof Error ? cause.message.split('. ')[0] : String(cause)
    throw new UsageError(`${text}. See \`${command} --help\`.`, { cause })
  }
}

/** The options that say which configuration is meant, for every command that reads one. */
export const configOptions = {
  config: { type: 'string', short: 'c', multiple: true },
  'data-dir': { type: 'string' },
} as const

export const CONFIG_HELP = `  -c, --config FILE    homeserver.yaml; may be given more than once, later files win
      --data-dir DIR   where data is kept (default: the folder of the file, or ./data)`

export function toLoadOptions(
  values: { config?: string[] | undefined; 'data-dir'?: string | undefined },
  io: Io,
): LoadOptions {
  return { configPaths: values.config, dataDir: values['data-dir'], env: io.env, cwd: io.cwd }
}

/** A port from the command line. */
export function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (port < 65_536) return port
  throw new UsageError(`--port: "${text}" is not a port. Give a number from 0 (any free one) to 65535.`)
}
