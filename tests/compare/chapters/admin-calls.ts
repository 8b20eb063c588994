import { type OperationId, operations } from '@ranvier/admin-api/openapi/operations'
import type { Row, Rows } from '../../contract/row.ts'
import { chapters } from '../../contract/rows/index.ts'
import { makeCast, uploadText } from '../cast.ts'
import type { Chapter } from '../chapter.ts'
import type { Ask, Side } from '../side.ts'
import { type Variant, variantsOf } from '../variants.ts'

const NAMES: Readonly<Record<string, string>> = { 'rights, limits and activity': 'rights' }
/** What changes more than the account or the room it names. */
const GLOBAL = new Set<OperationId>(['deleteUnusedMedia', 'deleteUnusedMediaLegacy', 'purgeMediaCache'])
/** Of the specification, and not in Synapse. */
const ONLY_HERE = new Set<OperationId>(['getSuspended', 'setSuspended', 'getLocked', 'setLocked'])

/** Every call of Synapse's admin API, as it should be and in every way it should not: read off its description. */
export const adminCalls: readonly Chapter[] = Object.entries(chapters)
  .filter(([name]) => name !== 'our own calls')
  .map(([title, rows]) => {
    const name = NAMES[title] ?? title
    return {
      name: `admin-${name}`,
      about: `each call of the admin API for ${title}, right and wrong`,
      run: (side: Side) => callAll(side, rows),
    }
  })

async function callAll(side: Side, rows: Rows): Promise<void> {
  const things = await makeCast(side)
  // As it is on a server no other run has been on.
  await side.ask({ to: 'POST /_synapse/admin/v1/background_updates/enabled', body: { enabled: true } })
  for (const token of ['x', 'true', '1', 'letin'])
    await side.ask({ to: `DELETE /_synapse/admin/v1/registration_tokens/${token}` })
  for (const [id, row] of Object.entries(rows) as [OperationId, Row][]) {
    if (GLOBAL.has(id) || ONLY_HERE.has(id) || operations[id].path.startsWith('/_ranvier/')) continue
    for (const variant of variantsOf(id, row)) await call(side, things, { id, variant })
  }
}

async function call(
  side: Side,
  things: Readonly<Record<string, string>>,
  { id, variant }: { id: OperationId; variant: Variant },
): Promise<void> {
  const { method: usual, path } = operations[id]
  const method = variant.method ?? usual
  const mine: Record<string, string> = { ...things }
  const params: Record<string, string> = { ...PARAMS, ...variant.params }
  if (path.includes('/user_reports/') && variant.params === undefined) params['reportId'] = '{userReport}'
  // A transaction that is known is answered as before, whatever comes with it.
  if (path.includes(':txnId') && variant.params === undefined) params['txnId'] = `t${side.exchanges.length}`
  // What one variant does to an account or a room is not what the next one finds.
  if (method !== 'GET' && path.includes(':userId') && variant.params?.['userId'] === undefined) {
    mine['fresh'] = await side.makeAccount()
    params['userId'] = '{fresh}'
  }
  if (id === 'deleteMedia' && variant.params === undefined) {
    mine['fresh'] = await uploadText(side, 'bob')
    params['mediaId'] = '{fresh}'
  }
  if (method === 'DELETE' && path.endsWith('/rooms/:roomId') && variant.params === undefined) {
    mine['fresh'] = await side.people.get('bob')!.createRoom()
    side.names.set('fresh', mine['fresh'])
    params['roomId'] = '{fresh}'
  }
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (whole, name: string) => mine[name] ?? whole)
  const encode = variant.raw === true ? (text: string) => text.replaceAll('#', '%23') : encodeURIComponent
  const target = path.replace(/:(\w+)/g, (_, name: string) => encode(fill(params[name]!)))
  const query = variant.query === undefined || variant.query === '' ? '' : `?${fill(variant.query)}`
  const content = variant.text ?? (variant.body === undefined ? undefined : JSON.stringify(variant.body))
  const ask: Ask = {
    to: `${method} ${target}${variant.tail ?? ''}${query}`,
    text: typeof content === 'string' ? fill(content) : content,
    headers: variant.headers,
    ...(variant.as !== undefined && { as: variant.as }),
    order: UNORDERED.has(id),
    values: OF_ALL.has(id),
  }
  const what = `${id}: ${variant.what}`
  const { status } = await side.compare(ask, what)
  if (status < 300 && method !== 'GET' && mine['fresh']?.startsWith('@') === true)
    await side.compare({ to: `GET /_synapse/admin/v2/users/${mine['fresh']}` }, `${what} › the account then`)
}

/** Lists whose order says nothing. */
const UNORDERED: ReadonlySet<string> = new Set([
  'listDevices',
  'listJoinedRooms',
  'getRoomMembers',
  'getRoomState',
])
/** What is in these depends on what else the server has: only the types are compared. */
const OF_ALL: ReadonlySet<string> = new Set([
  'listUsers',
  'listUsersV3',
  'searchUsers',
  'listRooms',
  'listEventReports',
  'listUserReports',
  'listRegistrationTokens',
  'listMediaStatistics',
  'listQuarantineChanges',
  'listScheduledTasks',
])

/** What stands in the paths of calls that succeed. */
const PARAMS: Readonly<Record<string, string>> = {
  userId: '{bob}',
  roomId: '{room}',
  roomIdOrAlias: '{room}',
  eventId: '{event}',
  deviceId: '{device}',
  serverName: '{server}',
  mediaId: '{file}',
  token: '{token}',
  reportId: '{report}',
  medium: 'email',
  address: 'bob@example.org',
  provider: 'p',
  externalId: 'hers',
  txnId: 't',
  destination: 'elsewhere',
  redactId: 'none',
  deleteId: 'none',
  purgeId: 'none',
}
