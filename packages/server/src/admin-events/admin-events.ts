import type { AuditRow, Storage } from '@ranvier/storage'
import type { Clock, Timer } from '../clock.ts'
import { limitExceeded } from '../errors.ts'
import type { Requester } from '../requester.ts'
import type { Place } from './place.ts'

const PAGE = 50
const HEARTBEAT_MS = 15_000
const STREAMS: ReadonlySet<string> = new Set(['accounts', 'reports', 'jobs', 'audit'])

/** Something administrators want to hear of. */
export interface AdminEvent {
  /** `end` is the last: why nothing follows is in its data. */
  event: 'registration' | 'report' | 'admin_login' | 'audit' | 'job' | 'end'
  data: object
  /** How far one has come with it. */
  place: Place
}

export interface AdminEvents {
  /** Where a stream that has seen nothing yet begins. */
  now(): Promise<Place>
  /**
   * What happens after `place`, for ever, `undefined` where nothing has for a while. Ends with an event that says so when
   * `signal` is aborted, and when the requester may not listen any more: their session or token has ended or expired, or
   * they are no administrator. That is asked before each page, and when the token expires. 429 when too many listen, until `close` is called: once it has been
   * returned, this must be, whether anything is read or not. Nothing is kept for who does not ask for more.
   */
  listen(
    by: Requester,
    place: Place,
    signal: AbortSignal,
  ): { events: AsyncGenerator<AdminEvent | undefined>; close: () => void }
}

export function adminEvents(deps: {
  storage: Pick<Storage, 'read' | 'positions' | 'subscribe'>
  clock: Clock
  /** Streams at once, of all administrators. Each holds a connection and reads for itself. */
  maxStreams: number
  auditData: (row: AuditRow) => object
}): AdminEvents {
  const { storage, clock } = deps
  const waiting = new Set<() => void>()
  let streams = 0
  storage.subscribe((facts) => {
    if (waiting.size > 0 && facts.some(({ stream }) => STREAMS.has(stream)))
      for (const wake of waiting) wake()
  })

  /** Each page is read from where the last event given out was, so that events come in the order of their stream. */
  async function* eventsAfter(place: Place): AsyncGenerator<AdminEvent> {
    for (const row of await storage.read.adminEvents.accountsAfter(place.accounts, PAGE)) {
      const { id, name, creation_ts, is_guest, appservice_id } = row
      const data = { user_id: name, creation_ts, is_guest: is_guest === 1, appservice_id }
      yield { event: 'registration', data, place: (place = { ...place, accounts: id }) }
    }
    for (const { id, ...data } of await storage.read.adminEvents.reportsAfter(place.reports, PAGE))
      yield { event: 'report', data: { id, ...data }, place: (place = { ...place, reports: id }) }
    for (const row of await storage.read.auditLog.listAfter(place.audit, PAGE)) {
      const event = row.operation === 'adminLogIn' ? 'admin_login' : 'audit'
      yield { event, data: deps.auditData(row), place: (place = { ...place, audit: row.id }) }
    }
    // A job is told of as it is now: who was away for many of its steps hears of the last.
    for (const job of await storage.read.jobs.listAfter(place.jobs, PAGE)) {
      const { id, name, subject, status, progress, error, auditId, updatedTs } = job
      const data = { id, name, subject, status, progress, error, audit_id: auditId, updated_ts: updatedTs }
      yield { event: 'job', data, place: (place = { ...place, jobs: job.position }) }
    }
  }

  /** Until when somebody may listen, as it looks now, ms since epoch; `undefined`: no more. */
  async function allowedUntil({ userId, tokenId, adminToken }: Requester): Promise<number | undefined> {
    const account = await storage.read.accounts.find(userId)
    if (account === undefined || !account.admin || account.locked || account.deactivated) return undefined
    const token =
      adminToken === undefined
        ? await storage.read.adminEvents.session(tokenId)
        : await storage.read.adminTokens.find(adminToken.id)
    if (token === undefined || ('ended' in token && token.ended !== null)) return undefined
    const untilMs = token.expiresTs ?? Number.POSITIVE_INFINITY
    return untilMs > clock.nowMs() ? untilMs : undefined
  }

  async function* listen(by: Requester, from: Place, signal: AbortSignal) {
    let place = from
    while (!signal.aborted) {
      // Stands before anything is read: what commits meanwhile wakes it.
      const woken = Promise.withResolvers<void>()
      const wake = () => woken.resolve()
      waiting.add(wake)
      signal.addEventListener('abort', wake, { once: true })
      let timer: Timer | undefined
      try {
        const untilMs = await allowedUntil(by)
        if (untilMs === undefined) {
          yield { event: 'end', data: { reason: 'access_ended' }, place } as const
          return
        }
        timer = clock.setTimeout(wake, Math.min(HEARTBEAT_MS, untilMs - clock.nowMs()))
        let isNews = false
        for await (const event of eventsAfter(place)) {
          isNews = true
          place = event.place
          yield event
        }
        if (isNews) continue
        await woken.promise
        yield undefined
      } finally {
        timer?.cancel()
        waiting.delete(wake)
        signal.removeEventListener('abort', wake)
      }
    }
    yield { event: 'end', data: { reason: 'stopping' }, place } as const
  }

  return {
    async now() {
      const { accounts, reports, jobs, audit } = await storage.positions()
      return { accounts, reports, jobs, audit }
    },
    listen(by, place, signal) {
      if (streams >= deps.maxStreams) throw limitExceeded(HEARTBEAT_MS)
      streams++
      let isOpen = true
      const close = () => {
        if (isOpen) streams--
        isOpen = false
      }
      return { events: listen(by, place, signal), close }
    },
  }
}
