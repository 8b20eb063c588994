import { type Static, Type } from './schema.ts'

const nullableText = (description: string) => Type.Union([Type.String(), Type.Null()], { description })
const fields = (description: string) =>
  Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description }))

export const AuditChangeShape = Type.Object({
  kind: Type.String({
    description: 'What was changed: `user`, `device`, `room`, `media`, `event`, `job`, …',
  }),
  id: Type.String({ description: 'Its id. Of a registration token only the beginning' }),
  before: fields('The changed fields before; absent: there was no such thing'),
  after: fields('The changed fields after; absent: it is gone'),
})

export const AuditEntry = Type.Object({
  id: Type.Integer({ description: 'Number of the row, in the order of the transactions' }),
  ts: Type.Integer({ description: 'When the action began, ms since epoch' }),
  action_id: Type.String({ description: 'The same in all rows of one request' }),
  operation: Type.String({
    description: 'The `operationId`, or method and path of a call of the client API',
  }),
  actor: nullableText('The administrator; null: somebody with the shared secret'),
  acting_as: nullableText('The user in whose name it was done, with a token of `loginAsUser`'),
  token: Type.Union(
    [
      Type.Object({
        id: Type.Integer({ description: 'Id of the scoped token' }),
        name: Type.String({ description: 'Its name' }),
      }),
      Type.Null(),
    ],
    { description: 'The scoped token it was done with' },
  ),
  ip: nullableText('From where'),
  user_agent: nullableText('With what'),
  target: nullableText('The user, room, file, … the request named'),
  changes: Type.Array(AuditChangeShape, { description: 'What was changed, without secrets; at most 100' }),
  more_changes: Type.Integer({ description: 'How many changes are not shown' }),
  jobs: Type.Array(Type.String(), { description: 'Ids of the jobs that carry it on' }),
})
export type AuditEntry = Static<typeof AuditEntry>

export const AuditPage = Type.Object({
  entries: Type.Array(AuditEntry, { description: 'The rows' }),
  next_token: Type.Optional(
    Type.String({ description: 'For `from`, to get the next page; absent on the last' }),
  ),
})
export type AuditPage = Static<typeof AuditPage>
