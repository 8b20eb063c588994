import type { StorageOptions } from '@ranvier/storage'
import { PostgresDatabase } from '@ranvier/storage/db/postgres'
import { SqliteDatabase } from '@ranvier/storage/db/sqlite'
import type { Client, Ranvier } from '@ranvier/testkit'
import type { Promised, Workload } from './workload.ts'

const AT_ONCE = 20

/** Every promised event is there under its id, with its text. */
export async function findLost(reader: Client, promised: readonly Promised[]): Promise<string[]> {
  const lost: string[] = []
  for (let i = 0; i < promised.length; i += AT_ONCE) {
    await Promise.all(
      promised.slice(i, i + AT_ONCE).map(async ({ roomId, eventId, text }) => {
        const event = await reader.event(roomId, eventId).catch((error: Error) => error)
        if (event instanceof Error) lost.push(`${eventId} (${text}): ${event.message}`)
        else if (event.content['body'] !== text)
          lost.push(`${eventId}: ${event.content['body']} instead of ${text}`)
      }),
    )
  }
  return lost
}

/** Every promised event is in its room's history with its text, and each text once: a lost answer and a second try make no second event. */
export async function checkHistories(
  reader: Client,
  roomIds: readonly string[],
  promised: readonly Promised[],
): Promise<{ missing: string[]; duplicated: string[] }> {
  const missing: string[] = []
  const duplicated: string[] = []
  for (const roomId of roomIds) {
    const counts = new Map<string, number>()
    const texts = new Map<string, string>()
    for (const event of await reader.history(roomId)) {
      if (event.type !== 'm.room.message') continue
      const text = String(event.content['body'])
      counts.set(text, (counts.get(text) ?? 0) + 1)
      texts.set(event.event_id, text)
    }
    for (const [text, count] of counts) if (count > 1) duplicated.push(`${text} ${count} times in ${roomId}`)
    for (const item of promised) {
      if (item.roomId === roomId && texts.get(item.eventId) !== item.text)
        missing.push(`${item.text} (${item.eventId}) in ${roomId}`)
    }
  }
  return { missing, duplicated }
}

/** What a user was told is stored is stored, or something the same user wrote after it. */
export async function findStaleSettings(workload: Workload): Promise<string[]> {
  const stale: string[] = []
  for (const [user, n] of [...workload.settings]) {
    const path = `/_matrix/client/v3/user/${encodeURIComponent(user.userId)}/account_data/com.example.crash`
    const stored = await workload.insist(() => user.get<{ n: number }>(path))
    if (stored === undefined || stored.n < n) stale.push(`${user.userId}: ${stored?.n} instead of ${n}`)
  }
  return stale
}

/**
 * Looks at the files of a server that is not running: positions 1 … N of `events` without a hole, an intact file. With
 * `isPurged` events may have been taken out again.
 */
export function checkDatabase(server: Ranvier, how: { isPurged?: boolean } = {}): Promise<string[]> {
  return checkStorage(server.storageOptions, how)
}

/** The same for a database without a server. */
export async function checkStorage(
  options: StorageOptions,
  { isPurged = false }: { isPurged?: boolean } = {},
): Promise<string[]> {
  await using database =
    options.dialect === 'sqlite' ? new SqliteDatabase(options.file) : new PostgresDatabase(options, () => {})
  const db = database.reader
  const problems: string[] = []
  const { count, last } = (await db.get<{ count: number; last: number | null }>(
    'SELECT COUNT(*) AS count, MAX(position) AS last FROM events WHERE position > 0',
  ))!
  const stream = await db.get<{ position: number }>("SELECT position FROM streams WHERE name = 'events'")
  if (!isPurged && count !== (last ?? 0)) problems.push(`${count} events, but the last position is ${last}`)
  const isAtLast = isPurged ? (stream?.position ?? 0) >= (last ?? 0) : stream?.position === (last ?? 0)
  if (!isAtLast) problems.push(`the stream is at ${stream?.position}, the last event at ${last}`)
  if (options.dialect === 'sqlite') {
    const check = await db.get<{ quick_check: string }>('PRAGMA quick_check')
    if (check?.quick_check !== 'ok') problems.push(`the file is damaged: ${check?.quick_check}`)
  }
  return problems
}
