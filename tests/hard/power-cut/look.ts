import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openStorage } from '@ranvier/storage'
import { checkStorage } from '../../crash/verify.ts'
import type { Told } from './told.ts'

/** Where things are, below the folder of the server. */
export const PLACES = { database: 'homeserver.db', media: 'media' }

/**
 * Opens what a power cut has left, as a start of the server does, and looks: nothing that was told is missing, no row is
 * without its file, nothing is half done.
 */
export async function lookAt(
  folder: string,
  told: Told,
  settings: ReadonlyMap<string, number>,
): Promise<string[]> {
  const file = join(folder, PLACES.database)
  await (await openStorage({ dialect: 'sqlite', file }))[Symbol.asyncDispose]()
  const problems = await checkStorage({ dialect: 'sqlite', file })
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const column = (sql: string) =>
      new Set(
        database
          .prepare(sql)
          .all()
          .map((row) => Object.values(row)[0]),
      )
    const { integrity_check: check } = database.prepare('PRAGMA integrity_check').get() as {
      integrity_check: string
    }
    if (check !== 'ok') problems.push(`the file is damaged: ${check}`)
    const find = (what: string, wanted: Iterable<string>, found: ReadonlySet<unknown>) => {
      for (const id of wanted) if (!found.has(id)) problems.push(`${what} ${id} is lost`)
    }
    find('event', told.events, column('SELECT event_id FROM events'))
    find('media', told.media, column('SELECT media_id FROM local_media'))
    find('account', told.users, column('SELECT name FROM users'))
    problems.push(...findDamagedMedia(folder, database), ...findStale(database, settings))
  } finally {
    database.close()
  }
  return problems
}

function findDamagedMedia(folder: string, database: DatabaseSync): string[] {
  const rows = database.prepare('SELECT media_id, sha256 FROM local_media').all() as {
    media_id: string
    sha256: string
  }[]
  return rows.flatMap(({ media_id, sha256 }) => {
    const path = join(folder, PLACES.media, 'content', sha256.slice(0, 2), sha256.slice(2))
    if (!existsSync(path)) return [`media ${media_id} has a row and no file`]
    const found = createHash('sha256').update(readFileSync(path)).digest('hex')
    return found === sha256 ? [] : [`the file of media ${media_id} is damaged`]
  })
}

function findStale(database: DatabaseSync, settings: ReadonlyMap<string, number>): string[] {
  const statement = database.prepare(
    "SELECT content FROM account_data WHERE user_id = ? AND room_id = '' AND type = 'com.example.crash'",
  )
  return [...settings].flatMap(([userId, n]) => {
    const row = statement.get(userId) as { content: string } | undefined
    const stored = row === undefined ? 0 : (JSON.parse(row.content) as { n: number }).n
    return stored >= n ? [] : [`account data of ${userId}: ${stored} instead of ${n}`]
  })
}
