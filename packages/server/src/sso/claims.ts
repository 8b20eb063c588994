import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import nunjucks from 'nunjucks'
import type { OidcProviderConfig } from '../config/config.ts'
import type { RemoteUser } from './provider.ts'

// Synapse's templates are Jinja's, whose language this is. They make no HTML: nothing is escaped.
const templates = new nunjucks.Environment(null, { autoescape: false })

/** What a name is suggested by, where users choose theirs. */
const SUGGESTED = '{{ user.preferred_username }}'

/** What an account is made of; `undefined` where the claims do not say who it is. */
export function remoteUserOf(
  { templates: texts }: Pick<OidcProviderConfig, 'templates'>,
  claims: JsonObject,
): RemoteUser | undefined {
  const render = (text: string | null) =>
    text === null ? null : templates.renderString(text, { user: claims }).trim() || null
  const subject = render(texts.subject)
  if (subject === null) return undefined
  return {
    subject,
    localpart: mappedLocalpart(render(texts.localpart ?? SUGGESTED) ?? ''),
    displayname: render(texts.displayname),
    email: render(texts.email),
    picture: render(texts.picture),
    session: typeof claims['sid'] === 'string' ? claims['sid'] : null,
  }
}

/** Whether somebody with these claims may log in. */
export function fitsRequirements(
  { requirements }: Pick<OidcProviderConfig, 'requirements'>,
  claims: JsonObject,
): boolean {
  return requirements.every(({ attribute, values }) => {
    const claim = Object.hasOwn(claims, attribute) ? claims[attribute] : undefined
    if (claim === undefined || claim === null) return false
    if (values === null) return true
    const held = (Array.isArray(claim) ? claim : [claim]).filter((each) => !isJsonObject(each)).map(String)
    return values.some((value) => held.includes(value))
  })
}

/** A name as accounts may have it. Spec: Appendices §Mapping from other character sets */
export function mappedLocalpart(name: string): string {
  let mapped = ''
  for (const byte of Buffer.from(name.toLowerCase())) {
    const char = String.fromCharCode(byte)
    mapped += /[a-z0-9._/+-]/.test(char) ? char : `=${byte.toString(16).padStart(2, '0')}`
  }
  return mapped.startsWith('_') ? `=5f${mapped.slice(1)}` : mapped
}
