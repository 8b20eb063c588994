import { dirname, join, resolve } from 'node:path'
import { isJsonObject } from '@ranvier/protocol/json'
import type { Config } from './config.ts'
import {
  DATA_FILES,
  findOrMakeSecret,
  loadSigningKey,
  openDataDir,
  readText,
  rememberedServerName,
  rememberServerName,
} from './data-dir.ts'
import { ConfigError, checkConfig } from './problems.ts'
import { resolveSettings, type Settings } from './resolve.ts'
import type { RawConfig } from './schema/schema.ts'
import { parseYamlFile } from './yaml-file.ts'

export interface LoadOptions {
  /** Later files replace whole top-level keys of earlier ones. None: the built-in defaults. */
  configPaths?: readonly string[] | undefined
  /** Default: the folder of the first configuration file, or `./data`. */
  dataDir?: string | undefined
  /** Replaces the port of the first listener. */
  port?: number | undefined
  /** Replaces `server_name`. */
  serverName?: string | undefined
  /** `RANVIER_CONFIG`, `RANVIER_DATA_DIR`, `RANVIER_PORT` and `RANVIER_SERVER_NAME` stand in for options not given. */
  env?: Readonly<Record<string, string | undefined>> | undefined
  /** Relative paths on the command line start here. Default: the working directory. */
  cwd?: string | undefined
}

const DEFAULT_DATA_DIR = 'data'
const DEFAULT_SERVER_NAME = 'localhost'

interface Reading {
  raw: RawConfig
  settings: Settings
}

/**
 * Reads the configuration, and makes in the data directory what a first start lacks: the directory, the signing key,
 * the secrets. Throws a {@link ConfigError} that a person can act on.
 */
export function loadConfig(options: LoadOptions = {}): Config {
  const { raw, settings } = read(options)
  const { dataDir, files } = settings
  openDataDir(dataDir)
  rememberServerName(dataDir, settings.serverName)
  const ownKeyPath = join(dataDir, DATA_FILES.signingKey)
  const keyPath = raw.signing_key_path === undefined ? ownKeyPath : inBaseDir(options, raw.signing_key_path)
  return {
    ...settings,
    signingKey: loadSigningKey(keyPath, raw.signing_key_path === undefined),
    secrets: {
      registrationShared:
        readRegistrationSecret(raw, baseDirOf(options)) ??
        (files.length === 0 ? findOrMakeSecret(dataDir, DATA_FILES.registrationSharedSecret) : null),
      macaroon: raw.macaroon_secret_key ?? findOrMakeSecret(dataDir, DATA_FILES.macaroonSecretKey),
      form: raw.form_secret ?? findOrMakeSecret(dataDir, DATA_FILES.formSecret),
    },
  }
}

/** Reads and checks the configuration without writing or making anything. */
export function readSettings(options: LoadOptions = {}): Settings {
  return read(options).settings
}

function read(options: LoadOptions): Reading {
  const files = configFiles(options)
  const written = mergeFiles(files)
  const env = options.env ?? {}
  const dataDir = resolve(
    options.cwd ?? '.',
    options.dataDir ??
      env['RANVIER_DATA_DIR'] ??
      (files[0] === undefined ? DEFAULT_DATA_DIR : dirname(files[0])),
  )
  const serverName = options.serverName ?? env['RANVIER_SERVER_NAME']
  if (serverName !== undefined) written['server_name'] = serverName
  else if (files.length === 0) written['server_name'] = rememberedServerName(dataDir) ?? DEFAULT_SERVER_NAME
  const { raw, warnings } = checkConfig(written)
  const port = options.port ?? envPort(env['RANVIER_PORT'])
  const settings = resolveSettings(raw, { files, dataDir, baseDir: baseDirOf(options), port, warnings })
  return { raw, settings }
}

function configFiles(options: LoadOptions): string[] {
  const fromEnv = options.env?.['RANVIER_CONFIG']
  const paths = options.configPaths ?? []
  const chosen = paths.length > 0 ? paths : fromEnv ? [fromEnv] : []
  return chosen.map((path) => resolve(options.cwd ?? '.', path))
}

/** Relative paths in a configuration start at its (first) file, not at wherever the server was started. */
function baseDirOf(options: LoadOptions): string {
  const [first] = configFiles(options)
  return first === undefined ? resolve(options.cwd ?? '.') : dirname(first)
}

function inBaseDir(options: LoadOptions, path: string): string {
  return resolve(baseDirOf(options), path)
}

function envPort(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  throw new ConfigError(`RANVIER_PORT: must be a port number, not "${text}".`)
}

/** What stands in configuration files, unchecked. Later files replace whole top-level keys of earlier ones. */
export function mergeFiles(files: readonly string[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {}
  for (const file of files) Object.assign(merged, parseFile(file))
  return merged
}

function parseFile(path: string): Record<string, unknown> {
  const value = parseYamlFile(path, readText(path, 'configuration'))
  if (value === null || value === undefined) return {}
  if (!isJsonObject(value))
    throw new ConfigError(`${path} must hold settings, one a line, such as \`server_name: example.com\`.`)
  return value
}

/** Throws when both ways of giving the secret are used, or it is empty: someone believes in a secret that is not used. */
function readRegistrationSecret(raw: RawConfig, baseDir: string): string | null {
  const { registration_shared_secret: secret, registration_shared_secret_path: path } = raw
  if (secret !== undefined && path !== undefined)
    throw new ConfigError(
      'registration_shared_secret: given together with registration_shared_secret_path. Remove one of them.',
    )
  if (secret === '')
    throw new ConfigError('registration_shared_secret: is empty. Write a long random text, or remove it.')
  if (path === undefined) return secret ?? null
  const fromFile = readText(resolve(baseDir, path), 'registration_shared_secret_path').trim()
  if (fromFile !== '') return fromFile
  throw new ConfigError(
    `registration_shared_secret_path: the file ${path} is empty. Put a long random text into it.`,
  )
}
