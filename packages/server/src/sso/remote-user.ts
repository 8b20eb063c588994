import type { JsonObject } from '@ranvier/protocol/json'
import nunjucks from 'nunjucks'
import type { OidcProviderConfig } from '../config/config.ts'
import { mappedLocalpart } from './claims.ts'
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
