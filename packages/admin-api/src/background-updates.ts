import { type Static, Type } from './schema.ts'

const enabled = Type.Boolean({ description: 'Whether background updates are at work, not paused' })

/** Synapse: usage/administration/admin_api/background_updates */
export const BackgroundUpdatesStatus = Type.Object({
  enabled,
  current_updates: Type.Record(
    Type.String(),
    Type.Object({
      name: Type.String({ description: 'Which update' }),
      total_item_count: Type.Integer({ description: 'Items done so far' }),
      total_duration_ms: Type.Integer({ description: 'How long ago it was asked for, ms' }),
      average_items_per_ms: Type.Number({ description: 'Items done in a ms' }),
    }),
    { description: 'The update that is at work, by the name of the database: `master`' },
  ),
})
export type BackgroundUpdatesStatus = Static<typeof BackgroundUpdatesStatus>

export const BackgroundUpdatesEnabled = Type.Object({ enabled })
export type BackgroundUpdatesEnabled = Static<typeof BackgroundUpdatesEnabled>

export const SetBackgroundUpdatesBody = Type.Object({
  enabled: Type.Optional(
    Type.Boolean({ default: true, description: 'false: pause, until the server is restarted' }),
  ),
})

export const StartJobBody = Type.Object({
  job_name: Type.String({
    description:
      '`regenerate_directory`: the user directory; `populate_stats_process_rooms`: the numbers of members of rooms',
  }),
})
