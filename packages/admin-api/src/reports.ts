import { type Static, Type } from './schema.ts'

const nullableText = (description: string) => Type.Union([Type.String(), Type.Null()], { description })
const total = Type.Integer({ description: 'How many reports there are' })
const next_token = Type.Optional(
  Type.Integer({ description: '`from` of the next page; absent on the last one' }),
)

/** Synapse: admin_api/event_reports */
export const EventReportItem = Type.Object({
  id: Type.Integer({ description: 'Number of the report' }),
  received_ts: Type.Integer({ description: 'When it was made, ms since epoch' }),
  room_id: Type.String({ description: 'The room of the event' }),
  event_id: Type.String({ description: 'The event' }),
  user_id: Type.String({ description: 'Who reports it, full user id' }),
  reason: nullableText('Why'),
  score: Type.Union([Type.Integer(), Type.Null()], {
    description: 'How bad it is: -100 is worst; clients have stopped to ask for it',
  }),
  sender: nullableText('Who has sent the event, full user id'),
  canonical_alias: nullableText('Main address of the room'),
  name: nullableText('Name of the room'),
})
export type EventReportItem = Static<typeof EventReportItem>

export const EventReportList = Type.Object({
  event_reports: Type.Array(EventReportItem, { description: 'The reports of this page' }),
  total,
  next_token,
})
export type EventReportList = Static<typeof EventReportList>

export const EventReportDetails = Type.Object({
  ...EventReportItem.properties,
  event_json: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
    description: 'The event as it is stored; null: it is not any more',
  }),
})
export type EventReportDetails = Static<typeof EventReportDetails>

export const UserReportItem = Type.Object({
  id: Type.Integer({ description: 'Number of the report' }),
  received_ts: Type.Integer({ description: 'When it was made, ms since epoch' }),
  target_user_id: Type.String({ description: 'Who is reported, full user id' }),
  user_id: Type.String({ description: 'Who reports, full user id' }),
  reason: Type.String({ description: 'Why' }),
})
export type UserReportItem = Static<typeof UserReportItem>

export const UserReportList = Type.Object({
  user_reports: Type.Array(UserReportItem, { description: 'The reports of this page' }),
  total,
  next_token,
})
export type UserReportList = Static<typeof UserReportList>
