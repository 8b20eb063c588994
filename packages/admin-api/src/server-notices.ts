import { type Static, Type } from './schema.ts'

/** Synapse: admin_api/server_notices */
export const SendNoticeBody = Type.Object({
  user_id: Type.String({ description: 'Who gets it, full user id' }),
  content: Type.Record(Type.String(), Type.Unknown(), {
    description: 'Content of the event; for a message with `msgtype` and `body`',
  }),
  type: Type.Optional(Type.String({ default: 'm.room.message', description: 'Type of the event' })),
  state_key: Type.Optional(Type.Union([Type.String({ description: 'Makes it a state event' }), Type.Null()])),
})

export const SentNotice = Type.Object({ event_id: Type.String({ description: 'The event that was sent' }) })
export type SentNotice = Static<typeof SentNotice>
