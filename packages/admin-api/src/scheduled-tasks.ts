import { type Static, Type } from './schema.ts'

const nullableText = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

/** Synapse: admin_api/scheduled_tasks */
export const ScheduledTask = Type.Object({
  id: Type.String({ description: 'Id of the task' }),
  action: Type.String({ description: 'What is done' }),
  status: Type.String({ description: '`scheduled`, `active`, `complete`, `failed` or `cancelled`' }),
  timestamp_ms: Type.Integer({ description: 'When it goes on, or went on last, ms since epoch' }),
  resource_id: nullableText('The user or room it concerns'),
  result: Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
    description: 'How far it has come, and at the end what came of it',
  }),
  error: nullableText('Why it failed'),
})
export type ScheduledTask = Static<typeof ScheduledTask>

export const ScheduledTaskList = Type.Object({
  scheduled_tasks: Type.Array(ScheduledTask, { description: 'At most 1000, earliest first' }),
})
export type ScheduledTaskList = Static<typeof ScheduledTaskList>
