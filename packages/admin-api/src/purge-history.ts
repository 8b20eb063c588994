import { type Static, Type } from './schema.ts'

/** `POST /v1/purge_history/{room_id}`. Synapse: admin_api/purge_history_api */
export const PurgeHistoryBody = Type.Object({
  purge_up_to_event_id: Type.Optional(
    Type.String({ description: 'What is older than this event goes; an event in the path goes before it' }),
  ),
  purge_up_to_ts: Type.Optional(
    Type.Integer({ description: 'Without an event: what is older goes, ms since epoch' }),
  ),
  delete_local_events: Type.Optional(
    Type.Boolean({ default: false, description: 'true: also what users of this server have sent' }),
  ),
})

export const PurgeStarted = Type.Object({
  purge_id: Type.String({ description: 'To ask for the state of the work with' }),
})
export type PurgeStarted = Static<typeof PurgeStarted>

/** `GET /v1/purge_history_status/{purge_id}` */
export const PurgeHistoryStatus = Type.Object({
  status: Type.Union([Type.Literal('active'), Type.Literal('complete'), Type.Literal('failed')], {
    description: 'How far the work has come',
  }),
  error: Type.Optional(Type.String({ description: 'When failed: why' })),
})
export type PurgeHistoryStatus = Static<typeof PurgeHistoryStatus>
