import { randomBytes } from 'node:crypto'
import type { JsonObject } from '@ranvier/protocol/json'
import { CONSENT_PATH, type Consent } from '../../../accounts/consent.ts'
import type { EmailSessions } from '../../../accounts/threepids/email-sessions.ts'
import { MatrixError } from '../../../errors.ts'
import { escapeHtml } from '../../../mail/mail.ts'
import { type HttpAnswer, redirect } from '../../answer.ts'
import { page } from '../../page.ts'
import type { UiaSession } from '../../uia.ts'

/** What a browser has filled in. */
export interface FilledIn {
  /** '' when there is no such field. */
  field(name: string): string
  session: UiaSession
  ip: string
}

/** The page of a stage. It shows something, or says right away what to try to pass the stage with. */
export interface StagePage {
  show(session: UiaSession): HttpAnswer | { auth: JsonObject }
  /** Absent: nothing can be filled in. */
  submit?(given: FilledIn): Promise<HttpAnswer | { auth: JsonObject; otherwise: HttpAnswer }>
}

// Spec: CS API §Fallback: how the page tells the client that it is done.
const DONE_SCRIPT = `if (window.onAuthDone) window.onAuthDone()
else if (window.opener && window.opener.postMessage) window.opener.postMessage('authDone', '*')`

export function donePage(): HttpAnswer {
  return page('Thank you', '<p>You may now close this window and return to the application.</p>', {
    script: DONE_SCRIPT,
  })
}

// The forms post to their own address, session included.

export const tokenPage: StagePage = {
  show: () => askForToken(''),
  submit: async ({ field }) => ({
    auth: { token: field('token') },
    otherwise: askForToken('This token is not valid.'),
  }),
}

const RECAPTCHA = {
  src: 'https://www.recaptcha.net/recaptcha/api.js',
  scripts:
    'https://www.recaptcha.net/recaptcha/ https://www.gstatic.com/recaptcha/ https://www.gstatic.cn/recaptcha/',
  frames: 'https://www.recaptcha.net/recaptcha/ https://www.google.com/recaptcha/',
}

/** Shows the captcha, whose script puts its solution into the form. */
export function captchaPage(siteKey: string): StagePage {
  const ask = (problem: string) =>
    page(
      'Are you a person?',
      `<p>${problem}</p><form method="post"><div class="g-recaptcha" data-sitekey="${escapeHtml(siteKey)}"></div>
<button>Continue</button></form>`,
      { from: RECAPTCHA },
    )
  return {
    show: () => ask(''),
    submit: async ({ field }) => ({
      auth: { response: field('g-recaptcha-response') },
      otherwise: ask('That was not right.'),
    }),
  }
}

/** Leads to where the user proves who they are with a provider. */
export const ssoPage: StagePage = {
  show: ({ id }) => redirect(`/_synapse/client/oidc/prove?${new URLSearchParams({ session: id })}`),
}

/** Shows where the terms are, and asks to agree. */
export function termsPage({ config }: Consent): StagePage {
  const ask = page(
    config.policyName,
    `<p>To go on, agree to the <a href="${CONSENT_PATH}?v=${escapeHtml(config.version)}" target="_blank">
${escapeHtml(config.policyName)}</a>.</p><form method="post"><button>I agree</button></form>`,
  )
  return { show: () => ask, submit: async () => ({ auth: {}, otherwise: ask }) }
}

function askForToken(problem: string): HttpAnswer {
  return page(
    'Registration token',
    `<p>${problem}</p><form method="post"><label>Token <input name="token" autofocus required></label>
<button>Continue</button></form>`,
  )
}

/** Asks for an address, sends the mail, and waits to be told that its link has been opened. */
export function emailPage(emailSessions: EmailSessions): StagePage {
  return {
    show: () => askForEmail(''),
    async submit({ field, session, ip }) {
      const [sid, secret] = [field('sid'), field('secret')]
      if (sid !== '')
        return {
          auth: { threepid_creds: { sid, client_secret: secret } },
          otherwise: askToOpenLink({ sid, secret }, 'The link has not been opened yet.'),
        }
      if (session.emailPurpose === null) return askForEmail('No address is asked for here.')
      const clientSecret = randomBytes(18).toString('base64url')
      try {
        const wish = { email: field('email'), clientSecret, sendAttempt: 1 }
        const sid = await emailSessions.request(session.emailPurpose, wish, ip)
        return askToOpenLink({ sid, secret: clientSecret }, '')
      } catch (error) {
        if (error instanceof MatrixError) return askForEmail(problemOf(error))
        throw error
      }
    },
  }
}

function problemOf({ status, errcode }: MatrixError): string {
  if (status === 429) return 'Too many mails were asked for. Try again later.'
  if (errcode === 'M_INVALID_PARAM') return 'This is no email address.'
  return 'This address cannot be used.'
}

function askForEmail(problem: string): HttpAnswer {
  return page(
    'Email address',
    `<p>${problem}</p><form method="post"><label>Email <input name="email" type="email" autofocus required></label>
<button>Send me a mail</button></form>`,
  )
}

function askToOpenLink({ sid, secret }: { sid: string; secret: string }, problem: string): HttpAnswer {
  return page(
    'Look into your mail',
    `<p>${problem}</p><p>Open the link in the mail, then go on here.</p><form method="post">
<input type="hidden" name="sid" value="${escapeHtml(sid)}"><input type="hidden" name="secret" value="${escapeHtml(secret)}">
<button>Continue</button></form>`,
  )
}
