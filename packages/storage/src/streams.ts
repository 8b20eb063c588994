import type { WriteHandle } from './db/types.ts'

/**
 * The durable streams. Each has a counter row; a transaction takes its positions from it, so positions become visible
 * in order and without gaps: a rolled-back transaction gives its numbers back. (A database sequence would not.)
 */
export const STREAMS = [
  'events',
  'to_device',
  'account_data',
  'receipts',
  'device_lists',
  'presence',
  'accounts',
  'jobs',
  'pushers',
  'reports',
  'audit',
] as const
export type StreamName = (typeof STREAMS)[number]

/** What a committed transaction tells the rest of the server: something at `position` of `stream` concerns `key`. */
export interface Fact {
  readonly stream: StreamName
  readonly position: number
  /** The room or user it concerns. */
  readonly key: string
  /** What happened, in a word of the stream's own (`deactivated`, `profile`, …). */
  readonly change?: string
  /** Further plain data that spares local listeners a read. Another process sees facts without it. */
  readonly detail?: unknown
}

/** Takes `count` positions; the last of them is returned. Holds the stream's counter until the transaction ends. */
export async function takePositions(db: WriteHandle, stream: StreamName, count = 1): Promise<number> {
  const row = await db.get<{ position: number }>(
    'UPDATE streams SET position = position + ? WHERE name = ? RETURNING position',
    count,
    stream,
  )
  if (row === undefined) throw new Error(`stream ${stream} has no counter row`)
  return row.position
}
