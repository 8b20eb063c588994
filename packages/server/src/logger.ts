import { destination, type Logger as PinoLogger, pino } from 'pino'

export type Logger = PinoLogger

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** The parts of the server that log under their own name, so that one can be made louder or found alone. */
export type Subsystem =
  | 'accounts'
  | 'appservices'
  | 'config'
  | 'database'
  | 'federation'
  | 'http'
  | 'jobs'
  | 'mail'
  | 'media'
  | 'push'
  | 'rooms'
  | 'server'
  | 'sync'

/** Makes the logger of a subsystem. */
export type LoggerFactory = (subsystem: Subsystem) => Logger

/**
 * Loggers that write JSON lines to standard error; standard output is for what a person started the program to see.
 * Records have fields (`roomId`, `durationMs`), not sentences built from them; never tokens, contents or passwords.
 */
export function createLoggers(level: LogLevel): LoggerFactory {
  const root = pino(
    {
      level,
      base: undefined, // process id and host name: whoever collects the lines knows them
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ fd: 2, sync: true }),
  )
  return (subsystem) => root.child({ subsystem })
}

/** Loggers that drop everything. For tests. */
export function silentLoggers(): LoggerFactory {
  const root = pino({ level: 'silent' })
  return () => root
}
