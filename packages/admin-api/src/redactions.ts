import { type Static, type TSchema, Type } from './schema.ts'

const nullable = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))

/** `POST /v1/user/{user_id}/redact`. Synapse: admin_api/user_admin_api §Redact all the events of a user */
export const RedactUserBody = Type.Object({
  rooms: Type.Array(Type.String(), {
    description: 'Ids of rooms; none: every room the user is in or banned from',
  }),
  // null is as good as nothing here: so Synapse's clients may send it.
  reason: nullable(Type.String({ description: 'Told with every redaction' })),
  limit: nullable(Type.Integer({ description: 'Events per room, newest first. Default, also for 0: 1000' })),
  use_admin: nullable(
    Type.Boolean({
      default: false,
      description: 'Redact as the administrator, who must have the power to in the room',
    }),
  ),
  before_ts: nullable(Type.Integer({ description: 'Only events sent until then, ms since epoch' })),
  after_ts: nullable(Type.Integer({ description: 'Only events sent from then on, ms since epoch' })),
})
export type RedactUserBody = Static<typeof RedactUserBody>

export const RedactUserAnswer = Type.Object({
  redact_id: Type.String({ description: 'To ask for the state of the work with' }),
})
export type RedactUserAnswer = Static<typeof RedactUserAnswer>

/** `GET /v1/user/redact_status/{redact_id}` */
export const RedactStatus = Type.Object({
  status: Type.Union(
    [Type.Literal('scheduled'), Type.Literal('active'), Type.Literal('complete'), Type.Literal('failed')],
    { description: 'How far the work has come' },
  ),
  failed_redactions: Type.Optional(
    Type.Record(Type.String(), Type.String(), {
      description: 'When complete: why, by id, of events that could not be redacted',
    }),
  ),
  error: Type.Optional(Type.String({ description: 'When failed: why' })),
})
export type RedactStatus = Static<typeof RedactStatus>
