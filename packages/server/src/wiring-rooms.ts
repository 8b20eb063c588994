import { randomBytes } from 'node:crypto'
import type { EventId, RoomId } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import type { Storage } from '@ranvier/storage'
import { avatarRules, checkAvatar } from './accounts/avatar-rules.ts'
import type { IdentityServers } from './accounts/threepids/identity-server.ts'
import { Appservices } from './appservices/appservice.ts'
import type { AppserviceQueries } from './appservices/queries.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import { createAlias, deleteAlias } from './directory/aliases.ts'
import { checkCanonicalAlias } from './directory/canonical-alias.ts'
import { listRoomOfNetwork, publishRoom } from './directory/publish-room.ts'
import { findAlias } from './directory/resolve-alias.ts'
import { DirectoryQueue } from './directory/users/index-queue.ts'
import { searchUsers } from './directory/users/search.ts'
import { directoryRoutes } from './http/client/directory/routes.ts'
import { roomRoutes } from './http/client/rooms/routes.ts'
import { searchRoute } from './http/client/search/search.ts'
import { userSearchRoute } from './http/client/user-directory/search.ts'
import { onBindRoute } from './http/federation/on-bind.ts'
import type { Route } from './http/route.ts'
import type { RateLimits } from './rate-limit.ts'
import type { IsAdmin } from './requester.ts'
import { adminRooms } from './rooms/admin/wire-admin-rooms.ts'
import { type AutoJoinDeps, autoJoin } from './rooms/auto-join.ts'
import { ClientTxns } from './rooms/client-txns.ts'
import { createRoom } from './rooms/create-room.ts'
import { DelayedEvents } from './rooms/delayed-events.ts'
import { changeMembership, type FindProfile, forgetRoom } from './rooms/membership.ts'
import { partRoom, propagateProfile, spreadProfileJob } from './rooms/profile.ts'
import { roomReads } from './rooms/reads/room-reads.ts'
import { redactForServer } from './rooms/redact-for-server.ts'
import { RoomEvents } from './rooms/room-events.ts'
import { RoomLimits } from './rooms/room-limits.ts'
import { roomVerbs } from './rooms/room-verbs.ts'
import { RoomWriters } from './rooms/room-writers.ts'
import { searchEvents } from './search/search-events.ts'
import { SearchIndex } from './search/search-index.ts'
import { noticesUserOf } from './server-notices/server-notices.ts'

/** For each room in memory, events of which it is remembered that nothing relates to them. */
const KNOWN_RELATIONS = 4

/** What rooms are read and changed with, and the routes to it. */
export function wireRooms(parts: {
  storage: Storage
  config: Config
  clock: Clock
  rateLimits: RateLimits
  isAdmin: IsAdmin
  appserviceQueries: AppserviceQueries
  identityServers: IdentityServers
  onAutoJoinError: AutoJoinDeps['onError']
  onDirectoryError: (error: unknown) => void
  onSearchError: (error: unknown) => void
  onDelayedEventError: (error: unknown) => void
}) {
  const { storage, config, clock, rateLimits, isAdmin } = parts
  const { serverName } = config
  const { eventCacheBytes, roomCacheEntries } = config.limits
  const nowMs = () => clock.nowMs()
  const appservices = new Appservices(config.appservices)
  const isAliasReserved = (alias: string, appserviceId: string | null) =>
    appservices.isAliasReserved(alias, appserviceId)
  const isLocal = (userId: string) => serverNameOf(userId) === serverName
  const opaqueId = () => randomBytes(12).toString('base64url')
  const newRoomId = () => `!${opaqueId()}:${serverName}` as RoomId
  const findProfile: FindProfile = async (userId) => {
    const account = await storage.read.accounts.find(userId)
    return account && { displayName: account.displayname, avatarUrl: account.avatarUrl }
  }
  const roomEvents = new RoomEvents(storage, { bytes: eventCacheBytes, rooms: roomCacheEntries })
  const identity = { serverName, key: config.signingKey }
  const writers = new RoomWriters(
    storage,
    { identity, roomEvents, nowMs, opaqueId, forgetOnLeave: config.rooms.forgetOnLeave },
    { rooms: roomCacheEntries },
  )
  const reads = roomReads(storage, roomEvents, {
    events: roomCacheEntries * KNOWN_RELATIONS,
    rooms: roomCacheEntries,
  })
  const txns = new ClientTxns(storage)
  const find = findAlias({ storage, serverName, queries: parts.appserviceQueries })
  const limits = new RoomLimits(storage, rateLimits)
  const basics = {
    storage,
    writers,
    isLocal,
    findProfile,
    checkAvatar: (avatarUrl: string) =>
      checkAvatar({ storage, serverName, rules: avatarRules(config) }, avatarUrl),
    hidesInvitedProfiles: !config.profiles.includeInInvites,
    newRooms: {
      encryption: config.rooms.encryptionByDefault,
      powerLevels: config.rooms.defaultPowerLevelOverride,
    },
    defaultVersion: config.rooms.defaultVersion,
    newRoomId,
  }
  const verbs = roomVerbs({
    ...basics,
    roomEvents,
    txns,
    nowMs,
    limits,
    isAdmin,
    isAliasReserved,
    queries: parts.appserviceQueries,
    identityServers: parts.identityServers,
    checkCanonicalAlias: checkCanonicalAlias({ findAlias: find }),
    ...(config.serverNotices !== null && { noticesUser: noticesUserOf(config.serverNotices, serverName) }),
    config: config.rooms,
    shadowBan: {
      pretendToWork: () =>
        new Promise((resolve) => clock.setTimeout(resolve, Math.random() * config.limits.shadowBanDelayMs)),
      fakeEventId: () => `$${randomBytes(32).toString('base64url')}` as EventId,
      fakeRoomId: newRoomId,
    },
  })
  const delayedEvents = new DelayedEvents({
    storage,
    clock,
    txns,
    verbs,
    limits,
    rateLimits,
    maxDelayMs: config.rooms.maxEventDelayMs,
    onError: parts.onDelayedEventError,
  })
  const aliases = {
    storage,
    roomEvents,
    isAdmin,
    writers,
    serverName,
    nowMs,
    isAliasReserved,
    config: config.rooms,
  }
  const directoryQueue = new DirectoryQueue({ storage, clock, serverName, onError: parts.onDirectoryError })
  const searchIndex = new SearchIndex({ storage, clock, onError: parts.onSearchError })
  const routes: Route[] = [
    onBindRoute({ takeUp: verbs.takeUpAddressInvite }),
    searchRoute({ reads, clock, searchEvents: searchEvents({ reads, index: searchIndex }) }),
    ...roomRoutes({
      reads,
      clock,
      verbs,
      delayedEvents,
      forgetRoom: forgetRoom({ storage }),
      findAlias: find,
      serverName,
    }),
    ...directoryRoutes({
      storage,
      serverName,
      config: config.rooms,
      findAlias: find,
      createAlias: createAlias(aliases),
      deleteAlias: deleteAlias(aliases),
      publishRoom: publishRoom(aliases),
      listRoom: listRoomOfNetwork(aliases),
    }),
    userSearchRoute({ limits, searchUsers: searchUsers({ storage, config: config.userDirectory }) }),
  ]
  return {
    routes,
    limits,
    writers,
    forNotices: {
      createRoom: createRoom({ ...basics, newRooms: { encryption: 'off', powerLevels: {} } }),
      changeMembership: changeMembership(basics),
    },
    reads,
    txns,
    isLocal,
    verbs,
    delayedEvents,
    findAlias: find,
    propagateProfile: propagateProfile({ storage, writers, findProfile, nowMs }),
    spreadProfileJob: spreadProfileJob({ storage, writers, findProfile }),
    partRoom: partRoom({ writers }),
    redactForServer: redactForServer({ writers, roomEvents, isLocal }),
    directoryQueue,
    searchIndex,
    admin: adminRooms({ ...basics, clock, serverName, reads }),
    autoJoin: autoJoin({
      storage,
      serverName,
      nowMs,
      findAlias: find,
      createRoom: createRoom(basics),
      changeMembership: changeMembership(basics),
      config: config.registration,
      onError: parts.onAutoJoinError,
    }),
  }
}
