import type { ServerName } from '@ranvier/protocol/ids/brands'
import type { FindAlias } from '../../../directory/resolve-alias.ts'
import type { DelayedEvents } from '../../../rooms/delayed-events.ts'
import type { ForgetRoom } from '../../../rooms/membership.ts'
import type { RoomVerbs } from '../../../rooms/shadow-ban.ts'
import type { Route } from '../../route.ts'
import { relationsRoutes } from '../relations/relations.ts'
import { threadsRoute } from '../relations/threads.ts'
import { hierarchyRoute } from '../spaces/hierarchy.ts'
import { mutualRoomsRoute } from '../spaces/mutual-rooms.ts'
import { roomSummaryRoute } from '../spaces/summary.ts'
import { contextRoute } from './context.ts'
import { createRoomRoute } from './create-room.ts'
import { delayedEventRoutes } from './delayed-events.ts'
import { eventRoute } from './event.ts'
import type { RoomReadRoutesDeps } from './event-texts.ts'
import { roomInitialSyncRoute } from './initial-sync.ts'
import { inviteRoute } from './invite.ts'
import { joinRoutes, knockRoute } from './join.ts'
import { forgetRoute, leaveRoute } from './leave.ts'
import { joinedMembersRoute, joinedRoomsRoute, membersRoute } from './members.ts'
import { messagesRoute } from './messages.ts'
import { moderateRoutes } from './moderate.ts'
import { redactOnceMoreRoute, redactRoute, sendOnceMoreRoute, sendRoute, sendStateRoutes } from './send.ts'
import { stateEntryRoutes, stateRoute } from './state.ts'
import { timestampToEventRoute } from './timestamp-to-event.ts'
import { upgradeRoute } from './upgrade.ts'

export interface RoomRoutesDeps extends RoomReadRoutesDeps {
  verbs: RoomVerbs
  delayedEvents: DelayedEvents
  forgetRoom: ForgetRoom
  findAlias: FindAlias
  serverName: ServerName
}

/** What users do in rooms, and read of them. */
export function roomRoutes(deps: RoomRoutesDeps): Route[] {
  return [
    createRoomRoute(deps),
    sendRoute(deps),
    sendOnceMoreRoute(deps),
    ...sendStateRoutes(deps),
    redactRoute(deps),
    redactOnceMoreRoute(deps),
    ...delayedEventRoutes(deps),
    ...joinRoutes(deps),
    knockRoute(deps),
    leaveRoute(deps),
    forgetRoute(deps),
    inviteRoute(deps),
    ...moderateRoutes(deps),
    upgradeRoute(deps),
    messagesRoute(deps),
    contextRoute(deps),
    eventRoute(deps),
    roomInitialSyncRoute(deps),
    timestampToEventRoute(deps),
    ...relationsRoutes(deps),
    threadsRoute(deps),
    hierarchyRoute(deps),
    roomSummaryRoute(deps),
    mutualRoomsRoute(deps.reads),
    stateRoute(deps),
    ...stateEntryRoutes(deps),
    membersRoute(deps),
    joinedMembersRoute(deps),
    joinedRoomsRoute(deps),
  ]
}
