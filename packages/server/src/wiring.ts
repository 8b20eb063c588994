import type { Storage } from '@ranvier/storage'
import { type Accounts, createAccounts } from './accounts/accounts.ts'
import { accountsConfig } from './accounts/config.ts'
import { checkCaptcha } from './accounts/registration/captcha.ts'
import { createIsAdmin } from './accounts/sessions/authenticate.ts'
import { identityServers } from './accounts/threepids/identity-server.ts'
import { wireValidity } from './accounts/validity/wire-validity.ts'
import { type AuthenticateAdminToken, authenticateAdminToken } from './admin-tokens/authenticate.ts'
import { Appservices } from './appservices/appservice.ts'
import { wireAppservices, wireAskedAppservices } from './appservices/wire-appservices.ts'
import { version } from './cli/version.ts'
import { clientDataDependents } from './client-data/dependents.ts'
import { wireClientData } from './client-data/wire-client-data.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config/config.ts'
import { directoryDependents } from './directory/users/dependents.ts'
import { accountRoutes } from './http/client/account/routes.ts'
import { accountValidityRoutes } from './http/client/account/validity.ts'
import { pingAppserviceRoute } from './http/client/appservice/ping.ts'
import { clientDataRoutes } from './http/client/client-data/routes.ts'
import { consentRoutes } from './http/client/consent/routes.ts'
import { deviceRoutes } from './http/client/devices/routes.ts'
import { keyRoutes } from './http/client/keys/routes.ts'
import { loginRoutes } from './http/client/login/routes.ts'
import { CAS_CALLBACK, OIDC_CALLBACK, ssoRoutes } from './http/client/login/sso.ts'
import { previewUrlRoutes } from './http/client/media/preview-url.ts'
import { mediaRoutes } from './http/client/media/routes.ts'
import { openIdRoutes } from './http/client/openid/routes.ts'
import { profileRoutes } from './http/client/profile/routes.ts'
import { pusherRoutes } from './http/client/pushers/routes.ts'
import { unsubscribeRoutes } from './http/client/pushers/unsubscribe.ts'
import { registrationRoutes } from './http/client/registration/routes.ts'
import { rendezvousRoutes } from './http/client/rendezvous/routes.ts'
import { reportRoutes } from './http/client/reports/routes.ts'
import { thirdPartyRoutes } from './http/client/third-party/routes.ts'
import { callRoutes } from './http/client/voip/routes.ts'
import type { HttpRequest } from './http/request.ts'
import type { Route } from './http/route.ts'
import { createUia, type Uia } from './http/uia.ts'
import { createStages } from './http/uia-stages.ts'
import { dehydratedDevices } from './keys/dehydrated-devices.ts'
import { createKeys } from './keys/keys.ts'
import type { LoggerFactory } from './logger.ts'
import { wireMail } from './mail/wire-mail.ts'
import { createMedia } from './media/media.ts'
import { mediaSettings } from './media/settings.ts'
import { createReports } from './moderation/reports.ts'
import { OutboundClient } from './outbound/client.ts'
import { wirePreviews } from './previews/wire-previews.ts'
import { notificationMails } from './push/pushers/notification-mail.ts'
import { createPushers } from './push/pushers/pushers.ts'
import { unsubscribe } from './push/pushers/unsubscribe.ts'
import { createRateLimits, type RateLimits } from './rate-limit.ts'
import { forgetIdle } from './recent-cache.ts'
import { RendezvousSessions } from './rendezvous/rendezvous.ts'
import type { Authenticate, IsAdmin, Requester } from './requester.ts'
import { wireConsentNotices } from './server-notices/wire-consent-notices.ts'
import { wireSso } from './sso/wire-sso.ts'
import { type SyncLimits, wireSync } from './sync/wire-sync.ts'
import { wireAdmin } from './wiring-admin.ts'
import { discoveryRoutes } from './wiring-discovery.ts'
import { ensureUpkeep, wireJobs } from './wiring-jobs.ts'
import { wireRooms } from './wiring-rooms.ts'

/** A client has one; a second comes when it believes the first lost. */
const LONG_POLLS_PER_DEVICE = 4

/** The server's parts, put together. */
export interface WiredServer extends AsyncDisposable {
  routes: readonly Route[]
  authenticate: Authenticate
  authenticateAdminToken: AuthenticateAdminToken
  isAdmin: IsAdmin
  onAuthenticated: (requester: Requester, request: HttpRequest) => void
  rateLimits: RateLimits
  /** Begins what runs by itself: jobs. */
  start(): Promise<void>
}

/** Builds everything between the database and the listeners, each part after those it uses. */
export async function wireServer(parts: {
  config: Config
  storage: Storage
  clock: Clock
  loggers: LoggerFactory
}): Promise<WiredServer> {
  const { config, storage, clock, loggers } = parts
  const rateLimits = createRateLimits(config.rateLimits, {
    clock,
    maxEntries: config.limits.rateLimitEntries,
  })
  const forgetting = forgetIdle(clock)
  const isAdmin = createIsAdmin(parts)
  const appservices = new Appservices(config.appservices)
  const asked = wireAskedAppservices({
    clock,
    appservices,
    userAgent: `Ranvier/${version}`,
    onError: (error, appserviceId) =>
      loggers('appservices').warn({ error, appserviceId }, 'an application service did not answer'),
  })
  const outbound = new OutboundClient({ clock, addresses: config.outbound, userAgent: `Ranvier/${version}` })
  const identity = identityServers({ ...config, outbound })
  const rooms = wireRooms({
    ...parts,
    appserviceQueries: asked.queries,
    identityServers: identity,
    rateLimits,
    isAdmin,
    onAutoJoinError: (error, where) => loggers('accounts').warn({ error, ...where }, 'a room was not joined'),
    onDelayedEventError: (error) => loggers('rooms').warn({ error }, 'a delayed event was not sent yet'),
    onDirectoryError: (error) => loggers('rooms').error({ error }, 'the user directory is behind'),
    onSearchError: (error) => loggers('rooms').error({ error }, 'the search index is behind'),
  })
  const keys = createKeys({ ...rooms, storage, clock, roomEvents: rooms.reads.roomEvents })
  const sync = await wireSync({
    storage,
    clock,
    reads: rooms.reads,
    presenceEnabled: config.presence.enabled,
    threadSubscriptions: config.push.threadSubscriptions,
    keyCounts: keys.counts,
    excludedRooms: config.rooms.excludeFromSync,
    limits: syncLimits(config),
    onError: (error) => loggers('sync').error({ error }, 'a task nobody waits for failed'),
  })
  const mail = wireMail({
    ...parts,
    config: config.mail,
    serverName: config.serverName,
    log: loggers('mail'),
  })
  const validity = wireValidity({
    storage,
    clock,
    config: config.accountValidity,
    appName: config.mail?.appName ?? null,
    publicBaseUrl: config.publicBaseUrl,
  })
  const pushers = createPushers({
    storage,
    clock,
    reads: rooms.reads,
    judging: sync.judging,
    unread: sync.unread,
    outbound,
    mails: notificationMails(config),
    config: { ...config.push, emailEnabled: config.mail !== null },
    limits: { rooms: config.limits.roomCacheEntries, users: config.limits.tokenCacheEntries },
    isExpired: config.accountValidity === null ? undefined : validity.verbs.isExpired,
    onError: (error, pusher) => loggers('push').warn({ error, pusher }, 'a notification could not be sent'),
  })
  const dependents = [keys.dependents, pushers.dependents, clientDataDependents, directoryDependents]
  const { captcha } = config.registration
  const accounts = createAccounts({
    ...(captcha !== null && {
      checkCaptcha: checkCaptcha({
        config: captcha,
        outbound,
        onError: (error) => loggers('accounts').warn({ error }, 'a captcha could not be checked'),
      }),
    }),
    storage,
    appservices,
    clock,
    config: accountsConfig(config),
    identityServers: identity,
    appserviceQueries: asked.queries,
    rateLimits,
    dependents,
    propagateProfile: rooms.propagateProfile,
    onRegistered: rooms.autoJoin,
    onError: (error) => loggers('accounts').error({ error }, 'a task nobody waits for failed'),
  })
  const running = wireAppservices({
    storage,
    clock,
    appservices,
    roomEvents: rooms.reads.roomEvents,
    typing: sync.typing,
    presence: sync.presence,
    keyCounts: keys.counts,
    registerUser: accounts.registerAppserviceUser,
    outbound: asked.outbound,
    onError: (error, appserviceId) =>
      loggers('appservices').warn(
        { error, appserviceId },
        'an application service did not take what it was told',
      ),
  })
  const media = createMedia({
    storage,
    clock,
    settings: mediaSettings(config),
    rateLimits,
    onError: (error) => loggers('media').error({ error }, 'a task nobody waits for failed'),
  })
  const sso =
    config.sso === null
      ? undefined
      : wireSso({
          ...parts,
          sso: config.sso,
          accounts,
          media,
          outbound,
          userAgent: `Ranvier/${version}`,
          callbacks: { oidc: OIDC_CALLBACK, cas: CAS_CALLBACK },
        })
  const previews = wirePreviews({
    ...parts,
    media,
    userAgent: `Ranvier/${version}`,
    onError: (error) => loggers('media').warn({ error }, 'old previews could not be deleted'),
  })
  const reports = createReports({ ...rooms, storage, clock })
  const uia = createUia({
    clock,
    stages: createStages(accounts),
    ...(sso !== undefined && { provesElsewhere: (userId) => sso.provesElsewhere(userId) }),
    params: {
      ...(accounts.consent && { 'm.login.terms': { policies: accounts.consent.policies } }),
      ...(captcha !== null && { 'm.login.recaptcha': { public_key: captcha.siteKey } }),
    },
    sessionLifetimeMs: config.limits.loginSessionLifetimeMs,
    reuseMs: config.sessions.uiAuthSessionTimeoutMs,
  })
  const admin = wireAdmin({ ...parts, rooms, accounts, keys, media, pushers, reports, validity, dependents })
  const consentNotices = wireConsentNotices({ ...parts, notices: admin.notices })
  const jobs = wireJobs({
    ...parts,
    rooms,
    dependents,
    kinds: [...media.jobs, ...keys.jobs, ...validity.jobs, ...admin.jobs],
  })
  return {
    routes: [
      ...discoveryRoutes(config, clock),
      ...accountsRoutes(config, accounts, uia, rateLimits),
      ...(sso === undefined
        ? []
        : ssoRoutes({ sso, uia, isSecure: config.publicBaseUrl.startsWith('https:') })),
      pingAppserviceRoute(running),
      ...thirdPartyRoutes(asked),
      ...rendezvousRoutes({ sessions: new RendezvousSessions(clock), publicBaseUrl: config.publicBaseUrl }),
      ...accountValidityRoutes({ validity: validity.verbs, rateLimits }),
      ...keyRoutes({ keys, dehydratedDevices: dehydratedDevices({ ...parts, dependents }), uia }),
      ...mediaRoutes({ media, isAdmin }),
      ...(previews === undefined ? [] : previewUrlRoutes(previews)),
      ...pusherRoutes({ pushers }),
      ...unsubscribeRoutes({ unsubscribe: unsubscribe({ storage, secret: config.secrets.macaroon }) }),
      ...reportRoutes({ reports }),
      ...callRoutes({ calls: config.calls, nowMs: () => clock.nowMs() }),
      ...rooms.routes,
      ...clientDataRoutes({ ...wireClientData({ ...rooms, ...sync, clock, rateLimits }), ...sync }),
      ...admin.routes,
    ],
    authenticate: accounts.authenticate,
    authenticateAdminToken: authenticateAdminToken({ storage, clock }),
    isAdmin,
    onAuthenticated(requester, request) {
      accounts.seen.record(requester, request)
      consentNotices?.note(requester)
    },
    rateLimits,
    async start() {
      await ensureUpkeep(parts)
      await accounts.registrationTokens.releaseAll()
      await validity.start()
      await pushers.start()
      await running.start()
      jobs.start()
      mail.start()
      await storage.read.accounts.prepareSearches()
      rooms.directoryQueue.start()
      rooms.searchIndex.start()
      rooms.delayedEvents.start()
    },
    async [Symbol.asyncDispose]() {
      forgetting[Symbol.dispose]()
      await consentNotices?.[Symbol.asyncDispose]()
      await jobs[Symbol.asyncDispose]()
      await mail[Symbol.asyncDispose]()
      await rooms.searchIndex[Symbol.asyncDispose]()
      await rooms.delayedEvents[Symbol.asyncDispose]()
      await rooms.directoryQueue[Symbol.asyncDispose]()
      await pushers[Symbol.asyncDispose]()
      await running[Symbol.asyncDispose]()
      await sso?.[Symbol.asyncDispose]()
      await outbound[Symbol.asyncDispose]()
      await previews?.[Symbol.asyncDispose]()
      await media[Symbol.asyncDispose]()
      await accounts[Symbol.asyncDispose]()
    },
  }
}

function syncLimits(config: Config): SyncLimits {
  const { maxLongPollsPerUser, maxConnections, roomCacheEntries, tokenCacheEntries } = config.limits
  return {
    activeUsers: tokenCacheEntries,
    rooms: roomCacheEntries,
    longPolls: { perDevice: LONG_POLLS_PER_DEVICE, perUser: maxLongPollsPerUser, total: maxConnections },
  }
}

function accountsRoutes(config: Config, accounts: Accounts, uia: Uia, rateLimits: RateLimits): Route[] {
  return [
    ...accountRoutes({ accounts, uia, rooms: config.rooms }),
    ...loginRoutes({ accounts, uia }),
    ...registrationRoutes({ accounts, uia, rateLimits }),
    ...profileRoutes({ accounts }),
    ...(accounts.consent === undefined ? [] : consentRoutes({ consent: accounts.consent })),
    ...openIdRoutes({ openIdTokens: accounts.openIdTokens, serverName: config.serverName }),
    ...deviceRoutes({ accounts, uia }),
  ]
}
