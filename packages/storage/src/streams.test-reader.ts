/**
 * Run as a worker by `streams.db.test.ts`: follows the streams on connections of its own while they grow, and reports
 * every position it had to see and did not.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { PostgresDatabase } from './db/postgres.ts'
import { SqliteDatabase } from './db/sqlite.ts'
import type { StorageOptions } from './open.ts'

export interface ReaderReport {
  /** The position each stream was followed to. */
  last: Record<string, number>
  rounds: number
  problems: string[]
}

const options = (workerData as { options: StorageOptions }).options
await using database =
  options.dialect === 'sqlite' ? new SqliteDatabase(options.file) : new PostgresDatabase(options, () => {})
const db = database.reader

/** The rows of the test: `scope` is the stream, `created_ts` the position. */
const ROWS =
  'SELECT created_ts AS position FROM client_txns WHERE scope = ? AND created_ts > ? AND created_ts <= ? ORDER BY 1'
const MAX_ROW = 'SELECT MAX(created_ts) AS position FROM client_txns WHERE scope = ?'
const EVENTS = "SELECT nid AS position FROM events WHERE 'events' = ? AND nid > ? AND nid <= ? ORDER BY 1"
const MAX_EVENT = "SELECT MAX(nid) AS position FROM events WHERE 'events' = ?"

const report: ReaderReport = { last: {}, rounds: 0, problems: [] }
let stopping = false
parentPort!.on('message', () => {
  stopping = true
})

async function follow(stream: string): Promise<void> {
  const isEvents = stream === 'events'
  const ahead = await db.get<{ position: number | null }>(isEvents ? MAX_EVENT : MAX_ROW, stream)
  const { position } = (await db.get<{ position: number }>(
    'SELECT position FROM streams WHERE name = ?',
    stream,
  ))!
  const last = report.last[stream] ?? 0
  if (position < last) report.problems.push(`${stream} went back from ${last} to ${position}`)
  if ((ahead?.position ?? 0) > position)
    report.problems.push(`${stream}: row ${ahead?.position} before its position`)
  const rows = await db.all<{ position: number }>(isEvents ? EVENTS : ROWS, stream, last, position)
  for (let i = 0; i < position - last; i++) {
    const seen = rows[i]?.position
    if (seen === last + i + 1) continue
    report.problems.push(`${stream}: position ${position} is out, but after ${last + i} comes ${seen}`)
    break
  }
  report.last[stream] = position
}

const followAll = async () => {
  for (const stream of ['receipts', 'to_device', 'events']) await follow(stream)
  report.rounds++
}
while (!stopping) {
  await followAll()
  await new Promise((resolve) => setImmediate(resolve))
}
// Once more, for what was written between the last look and the word to stop.
await followAll()
parentPort!.postMessage(report)
parentPort!.close()
