import type { RoomVersionRules } from './types.ts'

// Spec: Room versions. Each version is what it changed against the one before, so a reader sees its history.

const v1: RoomVersionRules = {
  version: '1',
  stable: true,
  eventIds: 'own',
  referencePairs: true,
  stateResolution: 'v1',
  enforceKeyValidity: false,
  strictCanonicalJson: false,
  aliasesSpecialRule: true,
  redactionInAuthRules: true,
  notificationsInPowerRule: false,
  knocking: false,
  restrictedJoins: false,
  knockRestricted: false,
  redaction: 'v1',
  integerPowerLevels: false,
  creatorInContent: true,
  redactsInContent: false,
  hashRoomIds: false,
  creatorPower: false,
  createInAuthEvents: true,
  fullCreateInStrippedState: false,
}

const v2: RoomVersionRules = { ...v1, version: '2', stateResolution: 'v2' }

const v3: RoomVersionRules = {
  ...v2,
  version: '3',
  eventIds: 'hash-base64',
  referencePairs: false,
  redactionInAuthRules: false,
}

const v4: RoomVersionRules = { ...v3, version: '4', eventIds: 'hash-base64url' }

const v5: RoomVersionRules = { ...v4, version: '5', enforceKeyValidity: true }

const v6: RoomVersionRules = {
  ...v5,
  version: '6',
  strictCanonicalJson: true,
  aliasesSpecialRule: false,
  notificationsInPowerRule: true,
  redaction: 'v6',
}

const v7: RoomVersionRules = { ...v6, version: '7', knocking: true }

const v8: RoomVersionRules = { ...v7, version: '8', restrictedJoins: true, redaction: 'v8' }

const v9: RoomVersionRules = { ...v8, version: '9', redaction: 'v9' }

const v10: RoomVersionRules = { ...v9, version: '10', knockRestricted: true, integerPowerLevels: true }

const v11: RoomVersionRules = {
  ...v10,
  version: '11',
  redaction: 'v11',
  creatorInContent: false,
  redactsInContent: true,
}

const v12: RoomVersionRules = {
  ...v11,
  version: '12',
  stateResolution: 'v2.1',
  hashRoomIds: true,
  creatorPower: true,
  createInAuthEvents: false,
  fullCreateInStrippedState: true,
}

/** Every room version this package implements, oldest first. */
export const roomVersions: ReadonlyMap<string, RoomVersionRules> = new Map(
  [v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12].map((rules) => [rules.version, Object.freeze(rules)]),
)

/** The rules of a room version, `undefined` for one we do not implement. */
export function findRoomVersion(version: string): RoomVersionRules | undefined {
  return roomVersions.get(version)
}

/** All implemented versions, oldest first, as `/capabilities` and `make_join` list them. */
export function supportedRoomVersions(): string[] {
  return [...roomVersions.keys()]
}

/**
 * The version a create event's content names. A missing `room_version` means `"1"`; `undefined` if the value is not a string.
 * Spec: CS API §m.room.create.
 */
export function roomVersionOfCreate(content: { readonly [key: string]: unknown }): string | undefined {
  const version = content.room_version
  if (version === undefined) return '1'
  return typeof version === 'string' ? version : undefined
}
