import { type Static, Type } from './schema.ts'

/** `GET /v1/fetch_event/{event_id}` */
export const FetchedEvent = Type.Object({
  event: Type.Record(Type.String(), Type.Unknown(), {
    description: 'The event as servers exchange it, with `event_id`, as it is stored: not redacted',
  }),
})
export type FetchedEvent = Static<typeof FetchedEvent>
