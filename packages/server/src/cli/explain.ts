import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../config/config.ts'

/** Why the server could not start, in a sentence that names the thing and the next step. */
export function explain(error: unknown, config: Config): string {
  if (!(error instanceof Error)) return String(error)
  // Cleaning up has failed as well: what came first is the reason.
  if (error instanceof SuppressedError) return explain(error.suppressed, config)
  if (error.name === 'StorageUnavailableError' && error.cause !== undefined)
    return explain(error.cause, config)
  const fields = error as NodeJS.ErrnoException & { port?: number; address?: string }
  const { code, port, address } = fields
  switch (code) {
    case 'EADDRINUSE':
      return (
        `Port ${port} on ${address} is in use. Stop the program that uses it (perhaps another Ranvier), ` +
        'or choose another port with --port.'
      )
    case 'EACCES':
      if (fields.syscall === 'listen')
        return `Port ${port} may not be used by this user. Choose one above 1023 with --port, and put a proxy in front.`
      break
    case 'EADDRNOTAVAIL':
      return `This machine has no address ${address}. Correct bind_addresses in the configuration.`
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'ETIMEDOUT':
      if (config.database.dialect === 'postgres')
        return `PostgreSQL cannot be reached (${code}). Check that it runs, and host and port in database.args.`
      break
    case '28P01':
    case '28000':
      return `PostgreSQL refused the login: ${error.message}. Check user and password in database.args.`
    case '3D000':
      return `PostgreSQL has no such database: ${error.message}. Create it, or correct database.args.database.`
  }
  if (error.name === 'DatabaseTooNewError')
    return `The database was used by a newer release: ${error.message}. Start that release, or restore a backup made before.`
  if (code === 'ERR_SQLITE_ERROR' && config.database.dialect === 'sqlite')
    return `The database ${config.database.file} cannot be used: ${error.message}.${adviceOn(config.database.file)}`
  if (code !== undefined && fields.path !== undefined)
    return `${fields.path} cannot be used (${code}). Check that this user may write there.`
  return error.stack ?? error.message
}

/** What is wrong with the folder of the file, if that is what is wrong. */
function adviceOn(file: string): string {
  const folder = dirname(file)
  try {
    accessSync(folder, constants.W_OK)
    return ''
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EROFS'
      ? ` ${folder} is on a disk that is read-only: look what has happened to it, and mount it for writing.`
      : ` ${folder} cannot be written to (${code}): check that it is there, and that this user may write there.`
  }
}
