import { SendNoticeBody, SentNotice } from '../../server-notices.ts'
import type { ErrorRow, Operations } from '../operation.ts'
import { unknownUser } from './shared.ts'

const tag = 'Server notices'
const answers = { 200: { when: 'It has been sent', schema: SentNotice } } as const
const errors = [
  [400, 'M_INVALID_PARAM', '`user_id` is none'],
  [
    400,
    'M_UNKNOWN',
    'Notices are off, the user is of another server, or a message lacks `body` or `msgtype`',
  ],
  unknownUser,
  [500, 'M_UNKNOWN', 'A picture in the configuration is no `mxc://` URI'],
] as const satisfies ErrorRow[]

/** What the server says to single users. */
export const serverNoticeOperations = {
  sendServerNotice: {
    method: 'POST',
    path: '/_synapse/admin/v1/send_server_notice',
    tag,
    area: 'moderation',
    summary: 'Send a notice to a user',
    description: 'In a room of their own with the server, which is made when there is none.',
    body: SendNoticeBody,
    answers,
    errors,
  },
  sendServerNoticeOnce: {
    method: 'PUT',
    path: '/_synapse/admin/v1/send_server_notice/:txnId',
    tag,
    area: 'moderation',
    summary: 'Send a notice to a user once, however often it is asked for',
    params: { txnId: 'Made up by the caller; the same one gets the same answer' },
    body: SendNoticeBody,
    answers,
    errors,
  },
} as const satisfies Operations
