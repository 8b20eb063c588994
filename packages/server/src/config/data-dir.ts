import { randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  formatSigningKeyFile,
  generateSigningKey,
  parseSigningKeyFile,
  type SigningKey,
} from '@ranvier/protocol'
import { ConfigError } from './problems.ts'
import { flushFolder, writeWhole } from './write-whole.ts'

/** Names of the files in a data directory. */
export const DATA_FILES = {
  signingKey: 'signing.key',
  registrationSharedSecret: 'registration_shared_secret',
  macaroonSecretKey: 'macaroon_secret_key',
  formSecret: 'form_secret',
  serverName: 'server_name',
  database: 'homeserver.db',
  mediaStore: 'media_store',
} as const

const PRIVATE_DIR = 0o700
const PRIVATE_FILE = 0o600

/** Makes the data directory, for us alone, if it is not there. Throws a {@link ConfigError} when we cannot write to it. */
export function openDataDir(path: string): void {
  try {
    makeDirs(path)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new ConfigError(
      `The data directory ${path} cannot be written to (${reason(cause)}). ` +
        'Give this user write access to it, or choose another one with --data-dir.',
      { cause },
    )
  }
}

/** Not `recursive`: where a directory cannot be made at all, such as below `/proc`, that never returns. */
function makeDirs(path: string): void {
  if (existsSync(path)) return
  makeDirs(dirname(path))
  mkdirSync(path, { mode: PRIVATE_DIR })
  flushFolder(dirname(path))
}

/** The secret in a file of the data directory, made at the first call and kept from then on. */
export function findOrMakeSecret(dataDir: string, name: string): string {
  const path = join(dataDir, name)
  const found = findSecret(path)
  if (found !== undefined) return found
  const secret = randomBytes(32).toString('base64url')
  // Of two processes that start at once, one makes the secret and the other reads it.
  if (writeNew(path, `${secret}\n`)) return secret
  return findSecret(path) ?? secret
}

function findSecret(path: string): string | undefined {
  if (!existsSync(path)) return undefined
  const secret = readText(path, 'secret').trim()
  if (secret === '')
    throw new ConfigError(`The file ${path} is empty. Put a secret into it, or delete it to get a new one.`)
  return secret
}

/** The first key of a signing key file. Without the file one is made if `mayMake`, else a {@link ConfigError} thrown. */
export function loadSigningKey(path: string, mayMake: boolean): SigningKey {
  if (!existsSync(path)) {
    if (!mayMake)
      throw new ConfigError(
        `signing_key_path: there is no file ${path}. Name the file that holds this server's key, or remove the ` +
          'setting to have one made in the data directory.',
      )
    const key = generateSigningKey()
    if (writeNew(path, formatSigningKeyFile([key]))) return key
  }
  try {
    const [key] = parseSigningKeyFile(readText(path, 'signing key'))
    if (key === undefined) throw new Error('the file is empty')
    return key
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause
    throw new ConfigError(`signing_key_path: ${path} holds no usable key: ${reason(cause)}.`, { cause })
  }
}

/**
 * Remembers the server name a data directory was first used with. Throws a {@link ConfigError} for another one: the
 * accounts and rooms in it belong to the first name and would stop working.
 */
export function rememberServerName(dataDir: string, serverName: string): void {
  const remembered = rememberedServerName(dataDir)
  if (remembered === undefined) {
    writeNew(join(dataDir, DATA_FILES.serverName), `${serverName}\n`)
    return
  }
  if (remembered !== serverName)
    throw new ConfigError(
      `The data in ${dataDir} belongs to the server name "${remembered}", and a server cannot be renamed. ` +
        `Start with --server-name ${remembered}, or choose another directory with --data-dir.`,
    )
}

/** The server name a data directory is used with, `undefined` if it is new. */
export function rememberedServerName(dataDir: string): string | undefined {
  const path = join(dataDir, DATA_FILES.serverName)
  return existsSync(path) ? readText(path, 'server name').trim() : undefined
}

/** Reads a file the configuration names. Throws a {@link ConfigError} that says which one and why not. */
export function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError(`The ${what} file ${path} cannot be read (${reason(cause)}).`, { cause })
  }
}

/** False when the file is there already. */
function writeNew(path: string, text: string): boolean {
  try {
    return writeWhole(path, text, PRIVATE_FILE)
  } catch (cause) {
    throw new ConfigError(`The file ${path} cannot be written (${reason(cause)}).`, { cause })
  }
}

/** Why a file operation failed, in words. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  switch ('code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'no such file or directory'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EROFS':
      return 'the file system is read-only'
    case 'ENOSPC':
      return 'no space is left'
    case 'EISDIR':
      return 'it is a directory'
    case 'ENOTDIR':
    case 'EEXIST':
      return 'a file stands where a directory should'
    default:
      return error.message
  }
}
