import { after, describe } from 'node:test'
import type { Dialect } from '@ranvier/storage'
import { type Ranvier, type StartOptions, startRanvier } from './ranvier.ts'

export type StartServer = (options?: Omit<StartOptions, 'database'>) => Promise<Ranvier>

/**
 * Runs black-box tests against real servers on SQLite and, if `TEST_DATABASE_URL` names a server, on PostgreSQL.
 * Servers that were started are stopped when the group of tests ends.
 */
export function serverMatrix(tests: (start: StartServer, dialect: Dialect) => void): void {
  for (const database of ['sqlite', 'postgres'] as const) {
    const isMissing = database === 'postgres' && process.env['TEST_DATABASE_URL'] === undefined
    const skip = isMissing ? 'TEST_DATABASE_URL is not set; `npm test` sets it' : false
    describe(database, { skip }, () => {
      if (isMissing) return
      const started: Ranvier[] = []
      after(async () => {
        for (const server of started) await server[Symbol.asyncDispose]()
      })
      const start: StartServer = async (options = {}) => {
        const server = await startRanvier({ ...options, database })
        started.push(server)
        return server
      }
      tests(start, database)
    })
  }
}
