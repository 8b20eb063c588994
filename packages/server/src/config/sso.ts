import { resolve } from 'node:path'
import type { CasConfig, SsoConfig } from './config.ts'
import { readText } from './data-dir.ts'
import { ConfigError } from './problems.ts'
import type { RawConfig } from './schema/schema.ts'

type RawProvider = RawConfig['oidc_providers'][number]

/** Where users log in besides; null: nowhere. Throws a {@link ConfigError}. */
export function resolveSso(raw: RawConfig, baseDir: string): SsoConfig | null {
  if (raw.oidc_providers.length === 0 && !raw.cas_config.enabled) return null
  const providers = raw.oidc_providers.map((provider, i) =>
    resolveProvider(provider, `oidc_providers[${i}]`, baseDir),
  )
  const ids = providers.map(({ id }) => id)
  const twice = ids.find((id, i) => ids.indexOf(id) !== i)
  if (twice !== undefined)
    throw new ConfigError(`oidc_providers: two have the idp_id "${twice}". Give each one of its own.`)
  return {
    providers,
    cas: raw.cas_config.enabled ? resolveCas(raw.cas_config) : null,
    updatesProfiles: raw.sso.update_profile_information,
    clientWhitelist: raw.sso.client_whitelist,
  }
}

function resolveProvider(raw: RawProvider, key: string, baseDir: string): SsoConfig['providers'][number] {
  if (!/^[A-Za-z0-9._~-]{1,250}$/.test(raw.idp_id))
    throw new ConfigError(`${key}.idp_id: "${raw.idp_id}" must have letters, digits and ._~- only.`)
  if (!/^https?:\/\//.test(raw.issuer) || !URL.canParse(raw.issuer))
    throw new ConfigError(
      `${key}.issuer: "${raw.issuer}" is not a URL. Write, for example, \`issuer: https://id.example.com/\`.`,
    )
  if (!raw.scopes.includes('openid')) throw new ConfigError(`${key}.scopes: \`openid\` is missing. Add it.`)
  const mapping = raw.user_mapping_provider.config
  return {
    // Synapse: handlers/oidc. External ids of accounts made there are found again.
    id: raw.idp_id === 'oidc' ? 'oidc' : `oidc-${raw.idp_id}`,
    name: raw.idp_name,
    icon: raw.idp_icon ?? null,
    brand: raw.idp_brand ?? null,
    issuer: raw.issuer,
    clientId: raw.client_id,
    clientSecret: secretOf(raw, key, baseDir),
    clientAuth: raw.client_auth_method,
    scopes: raw.scopes,
    asksUserinfo: raw.user_profile_method === 'userinfo_endpoint',
    allowExistingUsers: raw.allow_existing_users,
    registers: raw.enable_registration,
    templates: {
      subject: mapping.subject_template,
      localpart: mapping.localpart_template ?? null,
      displayname: mapping.display_name_template ?? null,
      email: mapping.email_template ?? null,
      picture: mapping.picture_template,
    },
    backchannelLogout: raw.backchannel_logout_enabled
      ? { ignoresSubject: raw.backchannel_logout_ignore_sub }
      : null,
    confirmsName: mapping.confirm_localpart,
    requirements: raw.attribute_requirements.map(({ attribute, value, one_of: oneOf }) => ({
      attribute,
      values: oneOf ?? (value === undefined ? null : [value]),
    })),
  }
}

function resolveCas(raw: RawConfig['cas_config']): CasConfig {
  const { server_url: serverUrl = '', numeric_ids_prefix: prefix } = raw
  if (!/^https?:\/\//.test(serverUrl) || !URL.canParse(serverUrl))
    throw new ConfigError(
      `cas_config.server_url: "${serverUrl}" is not a URL. Write, for example, \`server_url: https://cas.example.com/cas\`.`,
    )
  if (!/^[a-z0-9._=/+-]*[a-z._=/+-][a-z0-9._=/+-]*$/.test(prefix))
    throw new ConfigError(
      `cas_config.numeric_ids_prefix: "${prefix}" makes no name of a number. Write a letter, such as \`u\`.`,
    )
  return {
    id: 'cas',
    name: raw.idp_name,
    icon: raw.idp_icon ?? null,
    brand: raw.idp_brand ?? null,
    serverUrl: serverUrl.replace(/\/+$/, ''),
    version: raw.protocol_version,
    displaynameAttribute: raw.displayname_attribute ?? null,
    requirements: Object.entries(raw.required_attributes).map(([attribute, value]) => {
      if (value !== null && typeof value !== 'string')
        throw new ConfigError(`cas_config.required_attributes.${attribute}: must be a text, or null for any.`)
      return { attribute, value }
    }),
    registers: raw.enable_registration,
    numericPrefix: raw.allow_numeric_ids ? prefix : null,
  }
}

function secretOf(raw: RawProvider, key: string, baseDir: string): string | null {
  const { client_secret: secret, client_secret_path: path, client_auth_method: method } = raw
  if (secret !== undefined && path !== undefined)
    throw new ConfigError(`${key}.client_secret: given together with client_secret_path. Remove one of them.`)
  const read =
    path === undefined ? secret : readText(resolve(baseDir, path), `${key}.client_secret_path`).trim()
  if (method !== 'none' && (read === undefined || read === ''))
    throw new ConfigError(`${key}.client_secret: is missing. Write it, or \`client_auth_method: none\`.`)
  return read ?? null
}
