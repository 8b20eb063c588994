/**
 * Looks for what was promised in the database and the media folder of a server that is not running. It opens the database for
 * reading only: a start after it finds the log of SQLite as the kill has left it.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PromisedFile } from './files.ts'
import { expectEqual, type JobWorld } from './jobs/world.ts'
import type { Promised, Workload } from './workload.ts'

const AT_ONCE = 500

/** Every promised event is there under its id, in its room and with its text. */
export async function findUnstoredEvents(world: JobWorld, promised: readonly Promised[]): Promise<string[]> {
  const sql = (n: number) => `SELECT event_id AS id, room_id, pdu FROM events WHERE event_id IN (${marks(n)})`
  const problems: string[] = []
  for (const part of parts(promised)) {
    const rows = await rowsById(
      world,
      sql,
      part.map(({ eventId }) => eventId),
    )
    for (const { eventId, roomId, text } of part) {
      const row = rows.get(eventId)
      const pdu = row && (JSON.parse(String(row['pdu'])) as { content: { body?: string } })
      problems.push(...expectEqual(`event ${eventId}`, [row?.['room_id'], pdu?.content.body], [roomId, text]))
    }
  }
  return problems
}

/** Every kept file has its row and its content, a deleted one has no row, and what may be either is whole or gone. */
export async function findUnstoredFiles(world: JobWorld, files: readonly PromisedFile[]): Promise<string[]> {
  const sql = (n: number) => `SELECT media_id AS id, sha256 FROM local_media WHERE media_id IN (${marks(n)})`
  const problems: string[] = []
  // Whoever deletes goes on asking meanwhile, and the database does not change.
  for (const part of parts(files.map(({ uri, text, state }) => ({ uri, text, state })))) {
    const rows = await rowsById(
      world,
      sql,
      part.map(({ uri }) => idOf(uri)),
    )
    for (const { uri, text, state } of part) {
      const row = rows.get(idOf(uri))
      if (row === undefined) {
        if (state === 'kept') problems.push(`${uri} has no row`)
      } else if (state === 'gone') problems.push(`${uri} was deleted, and has a row`)
      else {
        const sha256 = createHash('sha256').update(text).digest('hex')
        problems.push(...expectEqual(`hash of ${uri}`, row['sha256'], sha256))
        if (!isWhole(world, sha256)) problems.push(`${uri} has a row, and not its content`)
      }
    }
  }
  return problems
}

/** What a user was told is stored is stored, or something the same user wrote after it. */
export async function findUnstoredSettings(world: JobWorld, { settings }: Workload): Promise<string[]> {
  const sql = `SELECT content FROM account_data WHERE user_id = ? AND room_id = '' AND type = 'com.example.crash'`
  const problems: string[] = []
  for (const [{ userId }, n] of [...settings]) {
    const [row] = await world.query(sql, userId)
    const stored = row === undefined ? undefined : (JSON.parse(String(row['content'])) as { n: number }).n
    if (stored === undefined || stored < n) problems.push(`${userId}: ${stored} is stored, and ${n} was told`)
  }
  return problems
}

/** Whether the media store has this content, byte for byte. */
export function isWhole(world: JobWorld, sha256: string): boolean {
  const path = join(world.server.folder, 'media', 'content', sha256.slice(0, 2), sha256.slice(2))
  return existsSync(path) && createHash('sha256').update(readFileSync(path)).digest('hex') === sha256
}

async function rowsById(world: JobWorld, sql: (count: number) => string, ids: readonly string[]) {
  const rows = await world.query(sql(ids.length), ...ids)
  return new Map(rows.map((row) => [String(row['id']), row]))
}

const idOf = (uri: string) => uri.slice(uri.lastIndexOf('/') + 1)
const marks = (count: number) => Array.from({ length: count }, () => '?').join(', ')

function* parts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += AT_ONCE) yield all.slice(i, i + AT_ONCE)
}
