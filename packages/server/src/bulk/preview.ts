import type { AccountAction } from '@ranvier/admin-api/bulk-actions'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadStores } from '@ranvier/storage'
import { parseMxc } from '../media/media-id.ts'
import { CONCERNS } from '../rooms/admin/force-membership.ts'
import { wouldChange } from './apply-account.ts'
import { roomsConcerned } from './gather.ts'
import { deviceItem, isMediaItem, parseDeviceItem } from './items.ts'
import { type BulkWish, isMembershipAction } from './wish.ts'

const SAMPLE = 20
/** More devices than these are not counted. */
const MAX_COUNTED = 10_000
const ACCOUNTS_PER_READ = 500

/** What would become of an item now: it would change, is so already, or cannot. */
export type Prospect = 'change' | 'stay' | 'fail'

export interface BulkPreview {
  total: number
  /** False: there are more. */
  exact: boolean
  excluded: readonly UserId[]
  /** Of a list: not known here, and so already. */
  unknown?: number
  unchanged?: number
  sample: { item: string; would: Prospect }[]
}

type Stores = Pick<ReadStores, 'accounts' | 'devices' | 'media' | 'members' | 'rooms'>

/** What the wish would reach. A list is looked at item by item, a filter counted by what is kept about accounts. */
export async function previewWish(
  stores: Stores,
  wish: BulkWish,
  items: readonly string[],
  spared: readonly UserId[],
): Promise<BulkPreview> {
  const { target } = wish
  if (target.kind === 'accounts') {
    const { filter } = target
    const [total, { userIds: excluded }, accounts] = await Promise.all([
      stores.accounts.count(filter),
      stores.accounts.scan(filter, { userIds: spared }),
      stores.accounts.list(filter, { orderBy: 'name', dir: 'f', from: 0, limit: SAMPLE + spared.length }),
    ])
    const reached = accounts.filter(({ userId }) => !excluded.includes(userId)).slice(0, SAMPLE)
    const prospect = (account: (typeof accounts)[0]) => prospectOf(wish.action as AccountAction, account)
    const sample = reached.map((account) => ({ item: account.userId, would: prospect(account) }))
    return { total: total - excluded.length, exact: true, excluded, sample }
  }
  if (target.kind === 'stale-devices') {
    const devices = await stores.devices.listStale(target.unseenSinceTs, { limit: MAX_COUNTED + 1 })
    const found = devices.slice(0, MAX_COUNTED).map(({ userId, deviceId }) => deviceItem(userId, deviceId))
    const sample = found.slice(0, SAMPLE).map((item) => ({ item, would: 'change' as const }))
    return { total: found.length, exact: devices.length <= MAX_COUNTED, excluded: [], sample }
  }
  const list = target.kind === 'list' ? items : await roomsConcerned(stores, wish)
  const prospects = await prospectsOf(stores, wish, list)
  return {
    total: list.length,
    exact: true,
    excluded: [],
    unknown: prospects.filter((prospect) => prospect === 'fail').length,
    unchanged: prospects.filter((prospect) => prospect === 'stay').length,
    sample: list.slice(0, SAMPLE).map((item, i) => ({ item, would: prospects[i]! })),
  }
}

function prospectOf(action: AccountAction, account: Parameters<typeof wouldChange>[1] | undefined): Prospect {
  if (action === 'redact') return 'change' // also what somebody has sent who has no account here
  if (account === undefined) return 'fail'
  return wouldChange(action, account) ? 'change' : 'stay'
}

async function prospectsOf(stores: Stores, wish: BulkWish, list: readonly string[]): Promise<Prospect[]> {
  const prospects: Prospect[] = []
  if (isMembershipAction(wish.action) || wish.action === 'delete_devices') {
    for (const item of list) prospects.push(await prospectOfItem(stores, wish, item))
    return prospects
  }
  for (let i = 0; i < list.length; i += ACCOUNTS_PER_READ) {
    const batch = list.slice(i, i + ACCOUNTS_PER_READ)
    const accounts = new Map(
      (await stores.accounts.findMany(batch)).map((account) => [account.userId as string, account]),
    )
    for (const item of batch)
      prospects.push(
        isMediaItem(item)
          ? await prospectOfItem(stores, wish, item)
          : prospectOf(wish.action as AccountAction, accounts.get(item)),
      )
  }
  return prospects
}

async function prospectOfItem(stores: Stores, { action, userId }: BulkWish, item: string): Promise<Prospect> {
  if (isMembershipAction(action)) {
    const member = await stores.members.find(item, userId!)
    if (member === undefined) {
      if ((await stores.rooms.findRoom(item)) === undefined) return 'fail'
      return action === 'ban' ? 'change' : 'stay'
    }
    return CONCERNS[action].includes(member.membership) ? 'change' : 'stay'
  }
  if (isMediaItem(item)) {
    const file = await stores.media.find(parseMxc(item)!.mediaId)
    if (file === undefined || (file.safeFromQuarantine && file.quarantinedBy === null)) return 'fail'
    return file.quarantinedBy === null ? 'change' : 'stay'
  }
  const device = parseDeviceItem(item)
  return (await stores.devices.find(device.userId, device.deviceId)) === undefined ? 'fail' : 'change'
}
