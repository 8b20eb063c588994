import { PurgeHistoryBody, PurgeHistoryStatus, PurgeStarted } from '../../purge-history.ts'
import type { ErrorRow, Operations } from '../operation.ts'

const tag = 'Purging history'
const description =
  'In the background. State stays, and the newest events; what users of this server have sent only goes if told so.'
const roomPath = { roomId: 'Id of the room' } as const
const answers = { 200: { when: 'It has been begun', schema: PurgeStarted } } as const
const errors = [
  [400, 'M_BAD_JSON', 'Neither an event nor a time is given'],
  [400, 'M_UNKNOWN', 'The event is of another room, or the history of the room is being purged already'],
  [404, 'M_NOT_FOUND', 'No such event, or none before the time'],
] as const satisfies ErrorRow[]

/** The past of rooms, taken away. */
export const purgeHistoryOperations = {
  purgeHistory: {
    method: 'POST',
    path: '/_synapse/admin/v1/purge_history/:roomId',
    tag,
    area: 'rooms',
    summary: 'Delete what was said in a room before an event or a time',
    description,
    params: roomPath,
    body: PurgeHistoryBody,
    bodyOptional: true,
    answers,
    errors,
  },
  purgeHistoryUpToEvent: {
    method: 'POST',
    path: '/_synapse/admin/v1/purge_history/:roomId/:eventId',
    tag,
    area: 'rooms',
    summary: 'Delete what was said in a room before an event',
    description,
    params: { ...roomPath, eventId: 'The event; it stays' },
    body: PurgeHistoryBody,
    bodyOptional: true,
    answers,
    errors,
  },
  getPurgeHistoryStatus: {
    method: 'GET',
    path: '/_synapse/admin/v1/purge_history_status/:purgeId',
    tag,
    area: 'rooms',
    summary: 'How far the purge of a history has come',
    params: { purgeId: 'What the purge was answered with; known for seven days' },
    answers: { 200: { when: 'How far', schema: PurgeHistoryStatus } },
    errors: [[404, 'M_NOT_FOUND', 'No such work']],
  },
} as const satisfies Operations
