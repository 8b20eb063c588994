import type { Storage } from '@ranvier/storage'
import type { Accounts } from '../accounts/accounts.ts'
import type { Clock } from '../clock.ts'
import type { Config, SsoConfig } from '../config/config.ts'
import type { LoggerFactory } from '../logger.ts'
import type { Media } from '../media/media.ts'
import { OutboundClient } from '../outbound/client.ts'
import { CasProvider } from './cas-provider.ts'
import { type EndSessions, endSessions } from './end-sessions.ts'
import { OidcProvider } from './oidc-provider.ts'
import { SsoLogin } from './sso-login.ts'
import { ssoProfiles } from './sso-profiles.ts'

/** Logging in at the providers of the configuration. `callbacks`: where they send users back to, paths. */
export function wireSso(parts: {
  config: Config
  sso: SsoConfig
  accounts: Pick<Accounts, 'findSsoAccount' | 'issueLoginToken' | 'profiles' | 'devices'>
  media: Pick<Media, 'upload'>
  /** For what may be anywhere. */
  outbound: OutboundClient
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
  userAgent: string
  callbacks: { oidc: string; cas: string }
  loggers: LoggerFactory
}): SsoLogin & AsyncDisposable & { endSessions: EndSessions } {
  const { config, sso, accounts, callbacks, loggers } = parts
  // The operator named the providers, which may be on their own network.
  const outbound = new OutboundClient({
    ...parts,
    addresses: { blocked: [], allowed: ['0.0.0.0/0', '::/0'] },
  })
  const profiles = ssoProfiles({
    storage: parts.storage,
    profiles: accounts.profiles,
    upload: parts.media.upload,
    outbound: parts.outbound,
    updatesProfiles: sso.updatesProfiles,
    maxPictureBytes: config.profiles.maxAvatarBytes,
    onError: (error, userId) =>
      loggers('accounts').warn({ error, userId }, 'a profile was not made what its provider says'),
  })
  const at = (path: string) => config.publicBaseUrl + path.slice(1)
  const onError = (error: unknown, provider: string) =>
    loggers('accounts').warn({ error, provider }, 'a provider did not answer')
  const providers = [
    ...sso.providers.map((provider) => new OidcProvider(provider, outbound, at(callbacks.oidc))),
    ...(sso.cas === null ? [] : [new CasProvider(sso.cas, outbound, at(callbacks.cas))]),
  ]
  const login = new SsoLogin({
    config: sso,
    clock: parts.clock,
    externalIds: parts.storage.read.threepids,
    issueLoginToken: accounts.issueLoginToken,
    findAccount: accounts.findSsoAccount,
    updateProfile: profiles.update,
    providers,
    onError,
  })
  return Object.assign(login, {
    endSessions: endSessions({ storage: parts.storage, providers, devices: accounts.devices, onError }),
    async [Symbol.asyncDispose]() {
      await profiles[Symbol.asyncDispose]()
      await outbound[Symbol.asyncDispose]()
    },
  })
}
