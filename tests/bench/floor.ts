import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StorageOptions } from '@ranvier/storage'
import { PostgresDatabases } from '@ranvier/testkit/postgres-databases'
import bcrypt from 'bcrypt'
import { startBareServer } from './bare.ts'
import { call } from './call.ts'
import { lanes, type Measure, measured } from './measure.ts'
import { openRawWriter } from './raw-rows.ts'
import type { Prepared } from './scenarios/scenario.ts'

/** What bounds a scenario from below. */
export interface FloorMeasure {
  /** `node:http` answering the same requests with the same bytes. */
  http?: Measure
  /** Prepared statements writing the same rows. */
  rows?: Measure
  /** bcrypt of the same cost and nothing else. */
  hashes?: Measure
}

/** What both servers are set to. */
const BCRYPT_COST = 12

export interface Floor extends AsyncDisposable {
  measure(prepared: Prepared, bound: { seconds: number }): Promise<FloorMeasure>
}

/** A bare server in a process of its own, and a writer with a database of its own. */
export async function openFloor(database: 'sqlite' | 'postgres'): Promise<Floor> {
  const stack = new AsyncDisposableStack()
  const bare = stack.use(await startBareServer())
  const raw = stack.use(await openRawWriter(await freshDatabase(database, stack)))
  return {
    async measure({ http, rows, hashes }, bound) {
      const found: FloorMeasure = {}
      if (http !== undefined) {
        await bare.answerWith(http.answer)
        const copy = { ...http.call, url: bare.url + new URL(http.call.url).pathname }
        found.http = await measured(bare.pid, () => lanes(http.lanes, bound, () => call(copy)))
      }
      if (rows !== undefined) {
        const groups = await measured(undefined, () => lanes(1, bound, () => raw.write(rows)))
        found.rows = { ...groups, perSecond: groups.perSecond * rows, operations: groups.operations * rows }
      }
      if (hashes !== undefined)
        found.hashes = await measured(undefined, () =>
          lanes(hashes, bound, () => bcrypt.hash('a password', BCRYPT_COST)),
        )
      return found
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

async function freshDatabase(
  database: 'sqlite' | 'postgres',
  stack: AsyncDisposableStack,
): Promise<StorageOptions> {
  if (database === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'ranvier-floor-'))
    stack.defer(() => rmSync(folder, { recursive: true, force: true }))
    return { dialect: 'sqlite', file: join(folder, 'rows.db') }
  }
  const databases = new PostgresDatabases(process.env['TEST_DATABASE_URL']!)
  stack.defer(() => databases.dropAll())
  return databases.create({ empty: true })
}
