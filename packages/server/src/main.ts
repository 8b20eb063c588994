import { openStorage } from '@ranvier/storage'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import { createHttpServer } from './http/server.ts'
import { createLoggers, type LoggerFactory } from './logger.ts'
import { wireServer } from './wiring.ts'

export interface RunningServer {
  /** Where the first listener answers. */
  url: string
  /** Stops accepting, lets what is in progress end, closes the database. */
  close(): Promise<void>
}

/**
 * Starts the server: database, routes, listeners, jobs. Rejects with the error of what could not be opened, and then
 * nothing of it is left running.
 */
export async function startServer(
  config: Config,
  options: { clock: Clock; loggers?: LoggerFactory },
): Promise<RunningServer> {
  const { clock } = options
  const loggers = options.loggers ?? createLoggers(config.logLevel)
  await using cleanUp = new AsyncDisposableStack()
  const onError = (err: Error) => loggers('database').error({ err }, err.message)
  const storage = cleanUp.use(await openStorage({ ...config.database, onError }))
  const server = await wireServer({ config, storage, clock, loggers })
  cleanUp.use(server)
  const http = await createHttpServer({
    routes: server.routes,
    authenticate: server.authenticate,
    authenticateAdminToken: server.authenticateAdminToken,
    isAdmin: server.isAdmin,
    onAuthenticated: server.onAuthenticated,
    rateLimits: server.rateLimits,
    unflushed: () => storage.unflushed,
    accountsVersion: storage.accountsVersion,
    giveWay: storage.giveWay,
    clock,
    log: loggers('http'),
    limits: { maxConnections: config.limits.maxConnections },
    maxBodyBytes: config.limits.maxRequestBodyBytes,
    maxAnonymousBodyBytes: config.limits.maxAnonymousRequestBodyBytes,
  })
  cleanUp.defer(() => http.close())
  const urls: string[] = []
  for (const address of config.listeners) urls.push(await http.listen(address))
  await server.start()
  const running = cleanUp.move()
  return { url: urls[0] ?? '', close: () => running.disposeAsync() }
}
