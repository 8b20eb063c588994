import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Storage } from '@ranvier/storage'
import { Appservices } from '../appservices/appservice.ts'
import { authenticateAppservices } from '../appservices/authenticate.ts'
import type { AppserviceQueries } from '../appservices/queries.ts'
import type { Clock } from '../clock.ts'
import { forbidden } from '../errors.ts'
import type { RateLimits } from '../rate-limit.ts'
import type { Authenticate, IsAdmin } from '../requester.ts'
import type { PropagateProfile } from '../rooms/profile.ts'
import { type FindSsoAccount, findSsoAccount } from '../sso/sso-accounts.ts'
import type { AccountDependents } from './account-data.ts'
import { type AccountReads, accountReads } from './account-reads.ts'
import { type SetAdmin, setAdmin } from './admin-flag.ts'
import { type ChangePassword, changePassword } from './change-password.ts'
import type { AccountsConfig } from './config.ts'
import { type Consent, consent } from './consent.ts'
import { type DeactivateAccount, deactivateAccount } from './deactivate.ts'
import { type ExperimentalFeatures, experimentalFeatures } from './experimental-features.ts'
import { type SetModerationFlag, setLocked, setShadowBanned, setSuspended } from './moderate.ts'
import { type ModifyAccount, modifyAccount } from './modify-account.ts'
import { createPasswords } from './passwords.ts'
import { type Profiles, profiles } from './profiles.ts'
import { type RateLimitOverrides, rateLimitOverrides } from './rate-limit-overrides.ts'
import type { CheckCaptcha } from './registration/captcha.ts'
import {
  type CheckAvailable,
  checkAvailable,
  type LogInAgain,
  logInAgain,
  type Register,
  type RegisterGuest,
  register,
  registerGuest,
} from './registration/register.ts'
import {
  type RegisterAppserviceUser,
  registerAppserviceUser,
} from './registration/register-appservice-user.ts'
import { type SecretRegistrations, secretRegistrations } from './registration/register-with-secret.ts'
import { type RegistrationTokens, registrationTokens } from './registration/registration-tokens.ts'
import { createCheckUsername } from './registration/usernames.ts'
import { type ResetPasswordByMail, resetPasswordByMail } from './reset-password.ts'
import { createAuthenticate, createIsAdmin } from './sessions/authenticate.ts'
import { type Devices, devices } from './sessions/devices.ts'
import {
  type CheckPassword,
  checkPassword,
  type LogInAsAppservice,
  type LogInWithPassword,
  type LogInWithToken,
  logInAsAppservice,
  logInWithPassword,
  logInWithToken,
} from './sessions/log-in.ts'
import { type LogOut, type LogOutUser, logOut, logOutEverywhere, logOutUser } from './sessions/log-out.ts'
import { type IssueLoginToken, issueLoginToken } from './sessions/login-tokens.ts'
import { type OpenIdTokens, openIdTokens } from './sessions/openid.ts'
import { type IssuePuppetToken, issuePuppetToken } from './sessions/puppet-tokens.ts'
import { type SeenRecorder, seenRecorder } from './sessions/record-seen.ts'
import { type RefreshSession, refreshSession } from './sessions/refresh-session.ts'
import { type BoundThreepids, boundThreepids } from './threepids/bound-threepids.ts'
import { type EmailSessions, emailSessions } from './threepids/email-sessions.ts'
import { type IdentityServers, noIdentityServers } from './threepids/identity-server.ts'
import { type OwnThreepids, ownThreepids } from './threepids/own-threepids.ts'

export interface AccountsDeps {
  storage: Storage
  clock: Clock
  config: AccountsConfig
  rateLimits: RateLimits
  /** Default: there are none. */
  appservices?: Appservices
  /** Absent: there are no captchas. */
  checkCaptcha?: CheckCaptcha | undefined
  /** Absent: none is asked. */
  appserviceQueries?: AppserviceQueries
  /** Absent: none can be asked. */
  identityServers?: IdentityServers
  /** What other parts keep for accounts and devices. */
  dependents?: readonly AccountDependents[]
  /** Sends new member events after a change of display name or avatar. */
  propagateProfile: PropagateProfile
  /** Joins a new account to the rooms everybody is put into. Must not reject. */
  onRegistered?: (userId: UserId) => Promise<void>
  fetchRemoteProfile?: (userId: UserId) => Promise<JsonObject | undefined>
  /** Told of failures nobody waits for. */
  onError: (error: unknown) => void
}

/** Every verb on accounts. Client routes, admin routes and the command line call these same ones. */
export interface Accounts extends AsyncDisposable {
  config: AccountsConfig
  appservices: Appservices
  authenticate: Authenticate
  isAdmin: IsAdmin
  reads: AccountReads
  seen: SeenRecorder
  checkPassword: CheckPassword
  checkCaptcha: CheckCaptcha
  logInWithPassword: LogInWithPassword
  logInWithToken: LogInWithToken
  logInAsAppservice: LogInAsAppservice
  issueLoginToken: IssueLoginToken
  findSsoAccount: FindSsoAccount
  logInAgain: LogInAgain
  logOut: LogOut
  logOutEverywhere: LogOut
  logOutUser: LogOutUser
  refreshSession: RefreshSession
  register: Register
  registerGuest: RegisterGuest
  registerAppserviceUser: RegisterAppserviceUser
  checkAvailable: CheckAvailable
  registrationTokens: RegistrationTokens
  secretRegistrations: SecretRegistrations
  devices: Devices
  profiles: Profiles
  changePassword: ChangePassword
  resetPasswordByMail: ResetPasswordByMail
  emailSessions: EmailSessions
  ownThreepids: OwnThreepids
  boundThreepids: BoundThreepids
  openIdTokens: OpenIdTokens
  /** Absent: this server has no terms. */
  consent?: Consent | undefined
  deactivate: DeactivateAccount
  modify: ModifyAccount
  setAdmin: SetAdmin
  setShadowBanned: SetModerationFlag
  setSuspended: SetModerationFlag
  setLocked: SetModerationFlag
  issuePuppetToken: IssuePuppetToken
  rateLimitOverrides: RateLimitOverrides
  experimentalFeatures: ExperimentalFeatures
}

export function createAccounts(given: AccountsDeps): Accounts {
  const { config, appservices = new Appservices([]) } = given
  const deps = {
    ...given,
    dependents: given.dependents ?? [],
    onRegistered: given.onRegistered ?? (async () => {}),
    isAdmin: createIsAdmin(given),
    avatars: { ...given, ...config, rules: config.avatars },
    passwords: createPasswords({ rounds: config.bcryptRounds, pepper: config.pepper }),
    checkUsername: createCheckUsername({
      config,
      isReserved: (userId, appserviceId) => appservices.isUserReserved(userId, appserviceId),
    }),
  }
  const seen = seenRecorder(deps)
  const withSeen = { ...deps, flushSeen: () => seen.settle() }
  const registerVerb = register(deps)
  const bound = boundThreepids({ ...deps, identityServers: given.identityServers ?? noIdentityServers })
  return {
    config,
    appservices,
    authenticate: authenticateAppservices({ ...deps, appservices }, createAuthenticate(deps)),
    isAdmin: deps.isAdmin,
    reads: accountReads({ ...deps, seen }),
    seen,
    checkPassword: checkPassword(deps),
    checkCaptcha: given.checkCaptcha ?? (() => Promise.reject(forbidden('There are no captchas here'))),
    logInWithPassword: logInWithPassword(deps),
    logInWithToken: logInWithToken(deps),
    logInAsAppservice: logInAsAppservice(deps),
    issueLoginToken: issueLoginToken(deps),
    findSsoAccount: findSsoAccount(deps),
    logInAgain: logInAgain(deps),
    logOut: logOut(deps),
    logOutEverywhere: logOutEverywhere(deps),
    logOutUser: logOutUser(deps),
    refreshSession: refreshSession(deps),
    register: registerVerb,
    registerGuest: registerGuest(deps),
    registerAppserviceUser: registerAppserviceUser({ register: registerVerb }),
    checkAvailable: checkAvailable(deps),
    registrationTokens: registrationTokens(deps),
    secretRegistrations: secretRegistrations({ ...deps, register: registerVerb }),
    devices: devices(withSeen),
    profiles: profiles(deps),
    changePassword: changePassword(deps),
    resetPasswordByMail: resetPasswordByMail(deps),
    emailSessions: emailSessions({ ...deps, ...config, rules: config.threepids }),
    boundThreepids: bound,
    ownThreepids: ownThreepids({ ...deps, rules: config.threepids }),
    openIdTokens: openIdTokens(deps),
    consent: config.consent === null ? undefined : consent({ ...deps, ...config, ...config.consent }),
    deactivate: deactivateAccount({ ...deps, unbindAll: bound.unbindAll }),
    modify: modifyAccount(deps),
    setAdmin: setAdmin(deps),
    setShadowBanned: setShadowBanned(deps),
    setSuspended: setSuspended(deps),
    setLocked: setLocked(deps),
    issuePuppetToken: issuePuppetToken(deps),
    rateLimitOverrides: rateLimitOverrides(deps),
    experimentalFeatures: experimentalFeatures(deps),
    [Symbol.asyncDispose]: () => seen[Symbol.asyncDispose](),
  }
}
