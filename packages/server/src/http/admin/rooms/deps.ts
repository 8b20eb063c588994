import type { ServerName } from '@ranvier/protocol/ids/brands'
import type { Clock } from '../../../clock.ts'
import type { FindAlias } from '../../../directory/resolve-alias.ts'
import type { SetBlocked } from '../../../rooms/admin/blocks.ts'
import type { RoomDeletions } from '../../../rooms/admin/delete-room.ts'
import type { ForceJoin } from '../../../rooms/admin/force-join.ts'
import type { ForceMembership } from '../../../rooms/admin/force-membership.ts'
import type { RoomEnds } from '../../../rooms/admin/forward-extremities.ts'
import type { MakeRoomAdmin } from '../../../rooms/admin/make-room-admin.ts'
import type { PreviewDeletion } from '../../../rooms/admin/preview-deletion.ts'
import type { RoomReads } from '../../../rooms/reads/read-access.ts'

/** What the admin routes about rooms are made of. */
export interface AdminRoomDeps {
  /** Unrestricted: an administrator need not be in a room to read it. */
  reads: RoomReads
  clock: Clock
  serverName: ServerName
  findAlias: FindAlias
  setBlocked: SetBlocked
  deletions: RoomDeletions
  previewDeletion: PreviewDeletion
  forceJoin: ForceJoin
  forceMembership: ForceMembership
  makeRoomAdmin: MakeRoomAdmin
  roomEnds: RoomEnds
}
