import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadStores, StalePlace } from '@ranvier/storage'
import { CONCERNS } from '../rooms/admin/force-membership.ts'
import { deviceItem } from './items.ts'
import { type BulkTarget, type BulkWish, isMembershipAction } from './wish.ts'

const ACCOUNTS_PER_STEP = 500
const DEVICES_PER_STEP = 500

/** Where looking for items goes on; `null`: at the beginning. */
export type GatherPlace = string | [seenTs: number, userId: string, deviceId: string] | null

export interface Gathered {
  items: string[]
  /** `undefined`: these were the last. */
  next: GatherPlace | undefined
}

/**
 * The next items of what the wish is about, each account or device once. `spared` are left out of what a filter finds.
 */
export async function gatherItems(
  stores: Pick<ReadStores, 'accounts' | 'devices' | 'members'>,
  wish: BulkWish,
  place: GatherPlace,
  spared: readonly UserId[],
): Promise<Gathered> {
  const { target } = wish
  switch (target.kind) {
    case 'list':
      return { items: [], next: undefined } // they came with the wish
    case 'accounts': {
      const after = typeof place === 'string' ? place : ''
      const { userIds, last } = await stores.accounts.scan(target.filter, { after, scan: ACCOUNTS_PER_STEP })
      return { items: userIds.filter((userId) => !spared.includes(userId)), next: last }
    }
    case 'stale-devices':
      return gatherDevices(stores, target, Array.isArray(place) ? place : undefined)
    case 'rooms-of-user':
      return { items: await roomsConcerned(stores, wish), next: undefined }
  }
}

async function gatherDevices(
  stores: Pick<ReadStores, 'devices'>,
  { unseenSinceTs }: BulkTarget & { kind: 'stale-devices' },
  place: [number, string, string] | undefined,
): Promise<Gathered> {
  const after: StalePlace | undefined = place && { seenTs: place[0], userId: place[1], deviceId: place[2] }
  const devices = await stores.devices.listStale(unseenSinceTs, { after, limit: DEVICES_PER_STEP })
  const last = devices.at(-1)
  const isEnd = devices.length < DEVICES_PER_STEP || last === undefined
  return {
    items: devices.map(({ userId, deviceId }) => deviceItem(userId, deviceId)),
    next: isEnd ? undefined : [last.lastSeenTs ?? last.createdTs, last.userId, last.deviceId],
  }
}

/** Where the user is something the action is about. Nobody is banned from where they have left: name those rooms. */
export async function roomsConcerned(
  { members }: Pick<ReadStores, 'members'>,
  { action, userId }: BulkWish,
): Promise<string[]> {
  if (!isMembershipAction(action) || userId === undefined) return []
  const memberships = CONCERNS[action].filter((membership) => membership !== 'leave')
  return (await members.roomsOf(userId, memberships)).map(({ roomId }) => roomId)
}
