import type { ReadHandle } from '../db/types.ts'
import type { Transaction } from '../transaction.ts'
import { AccountReader, AccountWriter } from './accounts.ts'
import { DeviceReader, DeviceWriter } from './devices.ts'
import { ProfileReader, ProfileWriter } from './profiles.ts'
import { RateLimitOverrideReader, RateLimitOverrideWriter } from './rate-limit-overrides.ts'
import { RegistrationTokenReader, RegistrationTokenWriter } from './registration-tokens.ts'
import { RoomMemberReader, RoomMemberWriter } from './room-members.ts'
import { RoomStateReader } from './room-state.ts'
import { RoomReader, RoomWriter } from './rooms.ts'
import { SnapshotReader } from './snapshots.ts'
import { ThreepidReader, ThreepidWriter } from './threepids.ts'
import { TokenReader, TokenWriter } from './tokens.ts'
import { UserIpReader, UserIpWriter } from './user-ips.ts'

/** Reads of committed data, one store a subject. */
export interface ReadStores {
  readonly accounts: AccountReader
  readonly tokens: TokenReader
  readonly devices: DeviceReader
  readonly threepids: ThreepidReader
  readonly profiles: ProfileReader
  readonly userIps: UserIpReader
  readonly registrationTokens: RegistrationTokenReader
  readonly rateLimitOverrides: RateLimitOverrideReader
  readonly rooms: RoomReader
  readonly roomState: RoomStateReader
  readonly members: RoomMemberReader
  readonly snapshots: SnapshotReader
}

/** The same stores inside a transaction, with their writing verbs. */
export interface WriteStores {
  readonly accounts: AccountWriter
  readonly tokens: TokenWriter
  readonly devices: DeviceWriter
  readonly threepids: ThreepidWriter
  readonly profiles: ProfileWriter
  readonly userIps: UserIpWriter
  readonly registrationTokens: RegistrationTokenWriter
  readonly rateLimitOverrides: RateLimitOverrideWriter
  readonly rooms: RoomWriter
  readonly roomState: RoomStateReader
  readonly members: RoomMemberWriter
  readonly snapshots: SnapshotReader
}

export function readStores(db: ReadHandle): ReadStores {
  return {
    accounts: new AccountReader(db),
    tokens: new TokenReader(db),
    devices: new DeviceReader(db),
    threepids: new ThreepidReader(db),
    profiles: new ProfileReader(db),
    userIps: new UserIpReader(db),
    registrationTokens: new RegistrationTokenReader(db),
    rateLimitOverrides: new RateLimitOverrideReader(db),
    rooms: new RoomReader(db),
    roomState: new RoomStateReader(db),
    members: new RoomMemberReader(db),
    snapshots: new SnapshotReader(db),
  }
}

/** `base` is the transaction the stores write through: they take positions and announce facts with it. */
export function writeStores(base: Pick<Transaction, 'db' | 'takePosition' | 'announce'>): WriteStores {
  return {
    accounts: new AccountWriter(base),
    tokens: new TokenWriter(base),
    devices: new DeviceWriter(base),
    threepids: new ThreepidWriter(base),
    profiles: new ProfileWriter(base),
    userIps: new UserIpWriter(base),
    registrationTokens: new RegistrationTokenWriter(base),
    rateLimitOverrides: new RateLimitOverrideWriter(base),
    rooms: new RoomWriter(base),
    roomState: new RoomStateReader(base.db),
    members: new RoomMemberWriter(base),
    snapshots: new SnapshotReader(base.db),
  }
}
