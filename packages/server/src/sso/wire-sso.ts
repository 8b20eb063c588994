import type { Storage } from '@ranvier/storage'
import type { Accounts } from '../accounts/accounts.ts'
import type { Clock } from '../clock.ts'
import type { SsoConfig } from '../config/config.ts'
import { OutboundClient } from '../outbound/client.ts'
import { OidcProvider } from './oidc-provider.ts'
import { SsoLogin } from './sso-login.ts'

/** Logging in at the providers of the configuration. `callback`: where they send users back to, a whole URL. */
export function wireSso(parts: {
  config: SsoConfig
  accounts: Pick<Accounts, 'findSsoAccount' | 'issueLoginToken'>
  storage: Pick<Storage, 'read'>
  clock: Clock
  userAgent: string
  callback: string
  onError: (error: unknown, provider: string) => void
}): SsoLogin & AsyncDisposable {
  const { config, accounts, callback } = parts
  // The operator named the providers, which may be on their own network.
  const outbound = new OutboundClient({
    ...parts,
    addresses: { blocked: [], allowed: ['0.0.0.0/0', '::/0'] },
  })
  const login = new SsoLogin({
    ...parts,
    externalIds: parts.storage.read.threepids,
    issueLoginToken: accounts.issueLoginToken,
    findAccount: accounts.findSsoAccount,
    providers: config.providers.map((provider) => new OidcProvider(provider, outbound, callback)),
  })
  return Object.assign(login, { [Symbol.asyncDispose]: () => outbound[Symbol.asyncDispose]() })
}
