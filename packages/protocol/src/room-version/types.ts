/** What a room version prescribes, as data. Ask these; never compare version strings. */
export interface RoomVersionRules {
  readonly version: string
  readonly stable: boolean
  /** How event ids are made: carried by the event, or the reference hash in standard or url-safe base64. */
  readonly eventIds: 'own' | 'hash-base64' | 'hash-base64url'
  /** `prev_events`/`auth_events` are `[id, {sha256}]` pairs (versions 1–2). */
  readonly referencePairs: boolean
  readonly stateResolution: 'v1' | 'v2' | 'v2.1'
  readonly enforceKeyValidity: boolean
  readonly strictCanonicalJson: boolean
  readonly aliasesSpecialRule: boolean
  readonly redactionInAuthRules: boolean
  readonly notificationsInPowerRule: boolean
  readonly knocking: boolean
  readonly restrictedJoins: boolean
  readonly knockRestricted: boolean
  readonly redaction: 'v1' | 'v6' | 'v8' | 'v9' | 'v11'
  readonly integerPowerLevels: boolean
  readonly creatorInContent: boolean
  readonly redactsInContent: boolean
  readonly hashRoomIds: boolean
  readonly creatorPower: boolean
  readonly createInAuthEvents: boolean
  readonly fullCreateInStrippedState: boolean
}
