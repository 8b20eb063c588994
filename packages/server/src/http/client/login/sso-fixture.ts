import assert from 'node:assert/strict'
import type { wiredServer } from '../../wired-server.ts'

// Parts of tests of logging in elsewhere: the browser, and what is configured.

export const REDIRECT = '/_matrix/client/v3/login/sso/redirect'
export const APP = 'https://app.test/?a=b#/home'
/** New accounts are called what the provider says. */
export const NAMED = { localpart_template: '{{ user.preferred_username }}' }

type Wired = Awaited<ReturnType<typeof wiredServer>>

/** A provider `corp`, with what else is said of it, and of `sso`. */
export const settingsOf = (
  { issuer }: { issuer: string },
  client: { id: string; secret: string },
  more: object = {},
  sso: object = {},
) => ({
  public_baseurl: 'https://matrix.test',
  oidc_providers: [
    {
      idp_id: 'corp',
      idp_name: 'Corp & Co',
      issuer,
      client_id: client.id,
      client_secret: client.secret,
      user_mapping_provider: { config: NAMED },
      ...more,
    },
  ],
  sso,
})

/** A browser: it keeps its cookie. */
export function browser(server: Wired) {
  let cookie = ''
  return {
    async open(url: string, form?: Record<string, string>) {
      const answer = await server.page(url, form, cookie === '' ? {} : { cookie })
      const set = String(answer.headers['set-cookie'] ?? '')
      if (set !== '') cookie = set.split(';')[0]!
      return { ...answer, set }
    },
    /** Through the provider and back. */
    async logIn(provider: { logIn(url: string): string }, redirectUrl = APP, path = REDIRECT) {
      const begun = await this.open(`${path}?${new URLSearchParams({ redirectUrl })}`)
      assert.equal(begun.status, 302, begun.text)
      return this.open(provider.logIn(String(begun.headers.location)))
    },
  }
}

/** The token in the link of the page that asks whether to go on. */
export const tokenIn = (text: string) => /loginToken=([\w]+)/.exec(text)?.[1]
export const logIn = (server: Wired, token: string | undefined) =>
  server.call(null, 'POST', '/login', { type: 'm.login.token', token })
