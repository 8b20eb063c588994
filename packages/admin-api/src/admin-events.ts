import { oneOf } from './one-of.ts'
import { type Static, Type } from './schema.ts'

export const AdminEventShape = Type.Object({
  id: Type.String({ description: 'For `since` or `Last-Event-ID`, to go on behind this event' }),
  event: oneOf(['registration', 'report', 'admin_login', 'audit', 'job', 'end'], {
    description: 'What happened; `end`: nothing follows',
  }),
  data: Type.Record(Type.String(), Type.Unknown(), {
    description:
      'More of it; a row of the audit log for `audit` and `admin_login`, a job as it is now for `job`; for `end` the `reason`: `access_ended` when your token or session has ended or you are no administrator any more, `stopping` when the server stops',
  }),
})
export type AdminEventShape = Static<typeof AdminEventShape>
