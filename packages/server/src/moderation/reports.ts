import type { EventId, RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { EventReport, EventReportFilter, ReportPage, Storage, UserReport } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { badJson, MatrixError, notFound } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { readEvent } from '../rooms/reads/context.ts'
import type { RoomReads } from '../rooms/reads/read-access.ts'
import type { RoomLimits } from '../rooms/room-limits.ts'

const MAX_REASON_LENGTH = 1_000 // Synapse: report user, for the reason

/** What users complain about, and administrators read. Spec: CS API §Reporting Content */
export interface Reports {
  /** 404 `M_NOT_FOUND` unless the event is in the room and the requester may see it. */
  reportEvent(
    by: Requester,
    roomId: RoomId,
    eventId: EventId,
    what: { reason: string | null; score: number | null },
  ): Promise<void>
  /** Whether the requester is in the room or not. 404 `M_NOT_FOUND` for an unknown one. */
  reportRoom(by: Requester, roomId: RoomId, reason: string): Promise<void>
  /** 404 `M_NOT_FOUND` for an unknown user of this server. Those of others are not looked for. */
  reportUser(by: Requester, targetUserId: UserId, reason: string): Promise<void>
  listEventReports(
    filter: EventReportFilter,
    page: ReportPage,
  ): Promise<{ reports: EventReport[]; total: number }>
  /** With the event as it is stored; `null` if it is stored no longer. Throws 404 `M_NOT_FOUND`. */
  getEventReport(id: number): Promise<{ report: EventReport; event: JsonObject | null }>
  /** Throws 404 `M_NOT_FOUND`. */
  deleteEventReport(id: number): Promise<void>
  listUserReports(
    filter: { userId?: string | undefined; targetUserId?: string | undefined },
    page: ReportPage,
  ): Promise<{ reports: UserReport[]; total: number }>
  /** Throws 404 `M_NOT_FOUND`. */
  getUserReport(id: number): Promise<UserReport>
  /** Throws 404 `M_NOT_FOUND`. */
  deleteUserReport(id: number): Promise<void>
}

export function createReports(deps: {
  storage: Storage
  clock: Clock
  reads: RoomReads
  limits: Pick<RoomLimits, 'report'>
  isLocal: (userId: string) => boolean
}): Reports {
  const { storage, clock, reads, limits, isLocal } = deps
  return {
    async reportEvent(by, roomId, eventId, { reason, score }) {
      await limits.report(by)
      const { event } = await readEvent(reads, by.userId, roomId, eventId).catch(asUnknownEvent)
      const report = { roomId, eventId, userId: by.userId, sender: event.sender, reason, score }
      await storage.write((tx) => tx.reports.addEventReport({ ...report, receivedTs: clock.nowMs() }))
    },
    async reportRoom(by, roomId, reason) {
      await limits.report(by)
      checkReason(reason)
      if ((await storage.read.rooms.findRoom(roomId)) === undefined) throw notFound('Room')
      const report = { roomId, userId: by.userId, reason, receivedTs: clock.nowMs() }
      await storage.write((tx) => tx.reports.addRoomReport(report))
    },
    async reportUser(by, targetUserId, reason) {
      await limits.report(by)
      checkReason(reason)
      if (isLocal(targetUserId) && (await storage.read.accounts.find(targetUserId)) === undefined)
        throw notFound('User')
      const report = { targetUserId, userId: by.userId, reason, receivedTs: clock.nowMs() }
      await storage.write((tx) => tx.reports.addUserReport(report))
    },
    listEventReports: (filter, page) => storage.read.reports.listEventReports(filter, page),
    async getEventReport(id) {
      const report = await storage.read.reports.findEventReport(id)
      if (report === undefined) throw notFound('Event report')
      const [row] = await storage.read.rooms.eventsById([report.eventId])
      return { report, event: row === undefined ? null : { ...JSON.parse(row.pdu), event_id: row.eventId } }
    },
    async deleteEventReport(id) {
      if (!(await storage.write((tx) => tx.reports.deleteEventReport(id)))) throw notFound('Event report')
    },
    listUserReports: (filter, page) => storage.read.reports.listUserReports(filter, page),
    async getUserReport(id) {
      const report = await storage.read.reports.findUserReport(id)
      if (report === undefined) throw notFound('User report')
      return report
    },
    async deleteUserReport(id) {
      if (!(await storage.write((tx) => tx.reports.deleteUserReport(id)))) throw notFound('User report')
    },
  }
}

/** Spec: a room one may not read is answered as an event that is not there. */
function asUnknownEvent(error: unknown): never {
  if (error instanceof MatrixError && error.status === 403) throw notFound('Event')
  throw error
}

function checkReason(reason: string): void {
  if (reason.length > MAX_REASON_LENGTH)
    throw badJson(`'reason' must not be longer than ${MAX_REASON_LENGTH} characters`)
}
