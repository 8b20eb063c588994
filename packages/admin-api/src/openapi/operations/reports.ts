import { EventReportDetails, EventReportList, UserReportItem, UserReportList } from '../../reports.ts'
import type { ErrorRow, Operations } from '../operation.ts'
import { EventReportsQuery, UserReportsQuery } from '../queries/reports.ts'
import { done } from './shared.ts'

const tag = 'Reports'
const params = { reportId: 'Number of the report' } as const
const errors = [
  [400, 'M_INVALID_PARAM', 'What stands for the number of the report is none'],
  [404, 'M_NOT_FOUND', 'No such report'],
] as const satisfies ErrorRow[]

/** What users have complained about. */
export const reportOperations = {
  listEventReports: {
    method: 'GET',
    path: '/_synapse/admin/v1/event_reports',
    tag,
    area: 'moderation',
    summary: 'Reports about events, page by page',
    description: 'Those of rooms that are gone are neither shown nor counted.',
    query: EventReportsQuery,
    answers: { 200: { when: 'A page', schema: EventReportList } },
    errors: [],
  },
  getEventReport: {
    method: 'GET',
    path: '/_synapse/admin/v1/event_reports/:reportId',
    tag,
    area: 'moderation',
    summary: 'One report about an event, with the event',
    params,
    answers: { 200: { when: 'The report', schema: EventReportDetails } },
    errors,
  },
  deleteEventReport: {
    method: 'DELETE',
    path: '/_synapse/admin/v1/event_reports/:reportId',
    tag,
    area: 'moderation',
    summary: 'Delete a report about an event',
    params,
    answers: done,
    errors,
  },
  listUserReports: {
    method: 'GET',
    path: '/_synapse/admin/v1/user_reports',
    tag,
    area: 'moderation',
    summary: 'Reports about users, page by page',
    query: UserReportsQuery,
    answers: { 200: { when: 'A page', schema: UserReportList } },
    errors: [],
  },
  getUserReport: {
    method: 'GET',
    path: '/_synapse/admin/v1/user_reports/:reportId',
    tag,
    area: 'moderation',
    summary: 'One report about a user',
    params,
    answers: { 200: { when: 'The report', schema: UserReportItem } },
    errors,
  },
  deleteUserReport: {
    method: 'DELETE',
    path: '/_synapse/admin/v1/user_reports/:reportId',
    tag,
    area: 'moderation',
    summary: 'Delete a report about a user',
    params,
    answers: done,
    errors,
  },
} as const satisfies Operations
