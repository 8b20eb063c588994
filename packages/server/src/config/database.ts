import { readFileSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import type { StorageOptions } from '@ranvier/storage'
import { DATA_FILES } from './data-dir.ts'
import type { Origin } from './origin.ts'
import { ConfigError } from './problems.ts'

import type { RawConfig } from './schema/schema.ts'

/** How to reach the database. Throws a {@link ConfigError} for one we do not know. */
export function resolveDatabase(raw: RawConfig['database'], origin: Origin): StorageOptions {
  const { name, args } = raw
  if (name === 'sqlite3' || name === 'sqlite') {
    const file = args.database ?? DATA_FILES.database
    const isInMemory = file === ':memory:'
    const base = args.database === undefined ? origin.dataDir : origin.baseDir
    return { dialect: 'sqlite', file: isInMemory || isAbsolute(file) ? file : join(base, file) }
  }
  if (name !== 'psycopg2' && name !== 'postgres' && name !== 'postgresql')
    throw new ConfigError(
      `database.name: "${name}" is not a database this server knows. Write sqlite3 or psycopg2.`,
    )
  const database = args.database ?? args.dbname
  if (database === undefined)
    throw new ConfigError(
      'database.args.database: this setting is missing. Write the name of the PostgreSQL database.',
    )
  const port = args.port === undefined ? undefined : Number(args.port)
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536))
    throw new ConfigError(
      `database.args.port: must be a port number, not "${args.port}". PostgreSQL's own is 5432.`,
    )
  return {
    dialect: 'postgres',
    // A key that is `undefined` would hide what the PG* environment variables say.
    connection: {
      database,
      ...(args.user === undefined ? {} : { user: args.user }),
      ...(args.password === undefined ? {} : { password: args.password }),
      ...(args.host === undefined ? {} : { host: args.host }),
      ...(port === undefined ? {} : { port }),
      ssl: resolveTls(args, origin),
    },
    readers: args.cp_max,
  }
}

function resolveTls(args: RawConfig['database']['args'], origin: Origin) {
  if (args.sslmode === 'disable' || args.sslmode === 'allow' || args.sslmode === 'prefer') return false
  const read = (key: 'sslrootcert' | 'sslcert' | 'sslkey') => {
    const path = args[key]
    if (path === undefined) return undefined
    try {
      return readFileSync(resolve(origin.baseDir, path), 'utf8')
    } catch (cause) {
      throw new ConfigError(`database.args.${key}: the file ${path} cannot be read.`, { cause })
    }
  }
  const [ca, cert, key] = [read('sslrootcert'), read('sslcert'), read('sslkey')]
  return {
    // libpq: `require` encrypts without checking who is at the other end, unless it is given an authority.
    rejectUnauthorized: args.sslmode !== 'require' || ca !== undefined,
    // `verify-ca` trusts whoever holds a certificate of the authority, under any name.
    ...(args.sslmode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}
