import type { Workload } from '../../crash/workload.ts'
import type { LogRecord } from './log.ts'

const EVENT_ID = /\$[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/g
const MEDIA = /mxc:\/\/[a-z.]+\/([A-Za-z0-9_-]+)/g
const LOGGED_IN = /"user_id":"(@[^"]+)"[^}]*"access_token"/g

/** Account data the clients had answers for when the log had `end` bytes, by user id. */
export interface SettingsNote {
  end: number
  settings: ReadonlyMap<string, number>
}

/** Every so often, what the clients know of and how long the log is by then. Ends with `signal`. */
export async function noteSettings(
  workload: Workload,
  logBytes: () => number,
  signal: AbortSignal,
): Promise<SettingsNote[]> {
  const notes: SettingsNote[] = []
  while (!signal.aborted) {
    const settings = new Map([...workload.settings].map(([user, n]) => [user.userId, n]))
    notes.push({ end: logBytes(), settings })
    await new Promise((resolve) => setTimeout(resolve, NOTE_MS))
  }
  return notes
}
const NOTE_MS = 20

/** What the server had told anybody: an id that left through a socket, in whatever answer, is a promise. */
export class Told {
  readonly events = new Set<string>()
  readonly media = new Set<string>()
  readonly users = new Set<string>()

  hear({ kind, bytes }: LogRecord): void {
    if (kind !== 'S') return
    const text = bytes.toString('latin1')
    for (const [id] of text.matchAll(EVENT_ID)) this.events.add(id)
    for (const [, id] of text.matchAll(MEDIA)) this.media.add(id!)
    for (const [, userId] of text.matchAll(LOGGED_IN)) this.users.add(userId!)
  }
}
