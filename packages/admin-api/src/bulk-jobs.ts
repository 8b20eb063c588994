import { BULK_ACTIONS } from './bulk-actions.ts'
import { oneOf } from './one-of.ts'
import { type Static, Type } from './schema.ts'

const flag = (description: string) => Type.Optional(Type.Boolean({ description }))
const texts = (description: string) => Type.Optional(Type.Array(Type.String(), { description }))
const count = (description: string) => Type.Integer({ description })

/** Which accounts, as the user list v3 filters them, with the same defaults. */
export const AccountSelection = Type.Object(
  {
    user_id: Type.Optional(
      Type.String({
        description: 'Accounts whose full id contains this, in any letter case. Ignored beside `name`',
      }),
    ),
    name: Type.Optional(
      Type.String({
        description: 'Accounts whose localpart or display name contains this, in any letter case',
      }),
    ),
    guests: flag('false: without guests. Default: true'),
    deactivated: flag('true: only deactivated accounts, false: none of them. Default: both'),
    locked: flag('true: also locked accounts. Default: false'),
    approved: flag('false: only accounts that are not approved, with MSC3866 turned on. Default: true'),
    admins: flag('true: only server administrators, false: only others. Default: both'),
    not_user_type: texts('Without accounts of these types; an empty text stands for those without a type'),
  },
  { description: 'Accounts as the user list v3 finds them, with the same defaults; at least one member' },
)
export type AccountSelection = Static<typeof AccountSelection>

const action = oneOf(BULK_ACTIONS, {
  description:
    '`erase` deactivates and erases. `delete_devices` takes devices, `kick`, `ban`, `unban` and `leave` take `user_id`, all others accounts; `quarantine_media` also takes files',
})

const DeviceName = Type.Object({
  user_id: Type.String({ description: 'Whose device it is' }),
  device_id: Type.String({ description: 'Id of the device' }),
})

/** `POST /_ranvier/admin/v1/bulk_jobs` and `…/bulk_jobs/preview` */
export const BulkJobBody = Type.Object({
  action,
  users: texts('Accounts by their full ids; at most 10000, as in every list here'),
  filter: Type.Optional(AccountSelection),
  media: texts('Files by their `mxc://` URIs'),
  devices: Type.Optional(Type.Array(DeviceName, { description: 'Devices by their ids' })),
  unseen_since: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: 'Devices that were not used from then on, nor logged in, ms since epoch',
    }),
  ),
  user_id: Type.Optional(Type.String({ description: 'Whose memberships are to change' })),
  rooms: texts('Beside `user_id`: in these rooms. Default: wherever there is something to do'),
  reason: Type.Optional(Type.String({ description: 'Told with redactions, kicks and bans' })),
  limit: Type.Optional(
    Type.Integer({
      minimum: 0,
      description: '`redact`: events per room, newest first. Default, also for 0: 1000',
    }),
  ),
  use_admin: flag('`redact`: as the administrator instead of as the user'),
  before_ts: Type.Optional(
    Type.Integer({ description: '`redact`: only events sent until then, ms since epoch' }),
  ),
  after_ts: Type.Optional(
    Type.Integer({ description: '`redact`: only events sent from then on, ms since epoch' }),
  ),
})
export type BulkJobBody = Static<typeof BulkJobBody>

/** `POST /_ranvier/admin/v1/bulk_jobs/preview` */
export const BulkPreview = Type.Object({
  action,
  total: count('How many items there would be'),
  exact: Type.Boolean({ description: 'false: there are more than `total`, which is where counting stopped' }),
  excluded: Type.Array(Type.String(), {
    description:
      'Accounts the filter finds and that are spared: yours, and that which sends the notices of the server',
  }),
  unknown: Type.Optional(count('Of a list: how many are not known here')),
  unchanged: Type.Optional(count('Of a list: how many are so already')),
  sample: Type.Array(
    Type.Object({
      item: Type.String({ description: 'An account, file, room, or an account and a device of it' }),
      would: Type.Union([Type.Literal('change'), Type.Literal('stay'), Type.Literal('fail')], {
        description: 'What would become of it now',
      }),
    }),
    { description: 'The first ones, at most 20' },
  ),
})
export type BulkPreview = Static<typeof BulkPreview>

export const BulkJobStarted = Type.Object({
  job_id: Type.String({ description: 'To ask for the state of the work with' }),
})
export type BulkJobStarted = Static<typeof BulkJobStarted>

const STATUSES = ['scheduled', 'active', 'complete', 'failed', 'cancelled'] as const

/** `GET /_ranvier/admin/v1/bulk_jobs/{job_id}` */
export const BulkJobState = Type.Object({
  job_id: Type.String({ description: 'Id of the job' }),
  action,
  by: Type.String({ description: 'Who started it' }),
  status: oneOf(STATUSES, {
    description: 'How far the work has come. `complete` says that every item has ended, in whatever way',
  }),
  error: Type.Optional(
    Type.String({ description: 'When failed: why; before that: why the last step has to be repeated' }),
  ),
  created_ts: Type.Integer({ description: 'When it was started, ms since epoch' }),
  updated_ts: Type.Integer({ description: 'When it made its last step, ms since epoch' }),
  gathered: Type.Boolean({ description: 'false: items are still being looked for, and `total` grows' }),
  total: count('Items'),
  done: count('Items that were changed'),
  unchanged: count('Items that were so already'),
  failed: count('Items that could not be changed'),
})
export type BulkJobState = Static<typeof BulkJobState>

/** `GET /_ranvier/admin/v1/bulk_jobs` */
export const BulkJobList = Type.Object({
  jobs: Type.Array(BulkJobState, { description: 'The newest first' }),
  next_token: Type.Optional(
    Type.String({ description: 'Where the next page begins. Absent: this is the last' }),
  ),
})
export type BulkJobList = Static<typeof BulkJobList>

/** `GET /_ranvier/admin/v1/bulk_jobs/{job_id}/items` */
export const BulkItemList = Type.Object({
  items: Type.Array(
    Type.Object({
      item: Type.String({ description: 'An account, file, room, or an account and a device of it' }),
      state: Type.String({
        description: '`pending`, `started`, and as ends `done`, `unchanged` (it was so already) or `failed`',
      }),
      affected: count('How many files or devices of it were reached'),
      error: Type.Optional(Type.String({ description: 'Why it failed' })),
      updated_ts: Type.Optional(Type.Integer({ description: 'When that was, ms since epoch' })),
    }),
    { description: 'In the order they are worked on' },
  ),
  next_token: Type.Optional(
    Type.String({ description: 'Where the next page begins. Absent: this is the last' }),
  ),
})
export type BulkItemList = Static<typeof BulkItemList>
