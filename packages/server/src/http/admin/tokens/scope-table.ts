import type { Scope } from '@ranvier/admin-api/areas'

/** What each call takes, written down once more by hand: an area that moves is seen here. */
export const CALLS: Partial<Record<Scope, string>> = {
  'users:read': `getUser listUsers listUsersV3 searchUsers findUserByExternalId findUserByThreepid getAccountData
    checkUsername getAdminFlag getRateLimit getExperimentalFeatures listJoinedRooms listMemberships countSentInvites
    countJoinedRooms listDevices getDevice listPushers whois whoisClientApi listStaleDevices listUserStorage`,
  'users:write': `putUser deactivateUser resetPassword setRateLimit deleteRateLimit setExperimentalFeatures
    allowKeyReplacement createDevice deleteDevices renameDevice deleteDevice logOutUser renewAccount`,
  'access:read': 'listTokens getToken',
  'access:write': 'loginAsUser setAdminFlag createToken revokeToken',
  'moderation:read': `getSuspended getLocked getRedactStatus listEventReports getEventReport listUserReports
    getUserReport`,
  'moderation:write': `suspendUser setSuspended setLocked shadowBanUser unshadowBanUser redactUser deleteEventReport
    deleteUserReport sendServerNotice sendServerNoticeOnce`,
  'media:read': `listUserMedia listRoomMedia getMedia listQuarantineChanges listMediaStatistics
    previewUnusedMediaDeletion previewUserMediaDeletion`,
  'media:write': `deleteUserMedia quarantineMedia unquarantineMedia quarantineRoomMedia quarantineRoomMediaLegacy
    quarantineUserMedia protectMedia unprotectMedia deleteMedia deleteUnusedMedia deleteUnusedMediaLegacy purgeMediaCache`,
  'registration:read': 'listRegistrationTokens getRegistrationToken',
  'registration:write': 'createRegistrationToken updateRegistrationToken deleteRegistrationToken',
  'rooms:read': `listRooms getRoom getRoomMembers getRoomState getRoomMessages getRoomContext getEventAtTime getRoomBlock
    listRoomDeletions getRoomDeletion getForwardExtremities getRoomHierarchy listLargestRooms fetchEvent
    getPurgeHistoryStatus previewRoomDeletion previewPurgeHistory listRoomStorage`,
  'rooms:write': `setRoomBlock deleteRoomV1 deleteRoom joinRoom makeRoomAdmin deleteForwardExtremities forceMembership
    purgeHistory purgeHistoryUpToEvent`,
  'federation:read': 'listDestinations getDestination listDestinationRooms',
  'federation:write': 'resetDestination',
  'server:read': 'getBackgroundUpdatesStatus getBackgroundUpdatesEnabled listScheduledTasks',
  'server:write': 'setBackgroundUpdatesEnabled startBackgroundUpdate',
  'bulk:read': 'previewBulkJob listBulkJobs getBulkJob listBulkItems',
  'bulk:write': 'startBulkJob cancelBulkJob',
  'audit:read': 'listAudit exportAudit getAudit streamEvents',
}

/** They look at no token. */
export const OPEN_CALLS = 'getServerVersion getRegisterNonce registerWithSecret'

export const namesIn = (text: string): string[] => text.split(/\s+/)
