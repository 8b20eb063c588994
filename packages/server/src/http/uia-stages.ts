import type { UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import type { Accounts } from '../accounts/accounts.ts'
import type { EmailPurpose } from '../accounts/threepids/email-sessions.ts'
import { forbidden, MatrixError, missingParam } from '../errors.ts'
import { identifierOf } from './identifier.ts'

export const STAGES = [
  'm.login.password',
  'm.login.dummy',
  'm.login.registration_token',
  'm.login.email.identity',
  'm.login.terms',
  'm.login.sso',
  'm.login.recaptcha',
] as const
export type StageName = (typeof STAGES)[number]

export interface Stage {
  /**
   * Checks what a client gives as proof; what it leaves to know. Throws a `MatrixError`, which the client is told
   * with another chance. `userId` must prove to be themselves; null when anybody may pass. `purpose` is what a proven
   * address has to have been proven for.
   */
  check(auth: JsonObject, userId: UserId | null, purpose: EmailPurpose | null): Promise<string>
  /** The session is over; `succeeded`: what it was for has happened. */
  onEnd?(passedWith: string, succeeded: boolean): Promise<void>
}

/** The proof is good, and of somebody else. Spec: CS API §User-interactive API in the REST API */
export class WrongPersonError extends MatrixError {
  constructor() {
    super(403, 'M_FORBIDDEN', 'This is the password of another user')
  }
}

export type Stages = Readonly<Record<StageName, Stage>>

/** The stages this server knows. Spec: CS API §Authentication types */
export function createStages(
  accounts: Pick<Accounts, 'checkPassword' | 'checkCaptcha' | 'registrationTokens' | 'emailSessions'>,
): Stages {
  return {
    'm.login.dummy': { check: async () => '' },
    'm.login.password': {
      async check(auth, userId) {
        const { password } = auth
        if (typeof password !== 'string') throw missingParam('Missing param: password')
        // Clients that leave the identifier out can only mean themselves.
        const identifier = identifierOf(auth) ?? (userId && { type: 'm.id.user' as const, user: userId })
        if (identifier === null) throw missingParam('Missing param: identifier')
        const account = await accounts.checkPassword(identifier, password)
        if (account === undefined) throw forbidden('Invalid username or password')
        // Synapse: who proves to be somebody else is not asked again.
        if (userId !== null && account.userId !== userId) throw new WrongPersonError()
        return account.userId
      },
    },
    'm.login.registration_token': {
      async check(auth) {
        const { token } = auth
        if (typeof token !== 'string') throw missingParam('Missing param: token')
        if (!(await accounts.registrationTokens.reserve(token)))
          throw new MatrixError(401, 'M_UNAUTHORIZED', 'Invalid registration token')
        return token
      },
      onEnd: (token, succeeded) => accounts.registrationTokens.release(token, succeeded),
    },
    // Trying it is agreeing. Spec: CS API §Terms of service at registration
    'm.login.terms': { check: async () => '' },
    'm.login.recaptcha': {
      async check({ response }) {
        if (typeof response !== 'string' || response === '')
          throw new MatrixError(400, 'M_CAPTCHA_NEEDED', 'The solution of the captcha is needed')
        await accounts.checkCaptcha(response)
        return ''
      },
    },
    // Passed by coming back from the provider, never by what a client says.
    'm.login.sso': {
      check: async () => {
        throw forbidden('Prove who you are on the page of this stage')
      },
    },
    // Leaves the session's id: it is used up by what the proof is for.
    'm.login.email.identity': {
      async check(auth, _userId, purpose) {
        const creds = auth['threepid_creds'] ?? auth['threepidCreds'] // the old name, which clients still send
        if (!isJsonObject(creds)) throw missingParam('Missing param: threepid_creds')
        const { sid, client_secret: clientSecret } = creds
        if (typeof sid !== 'string' || typeof clientSecret !== 'string')
          throw missingParam('Missing params: threepid_creds.sid, threepid_creds.client_secret')
        const proven = purpose && (await accounts.emailSessions.findProven(purpose, { sid, clientSecret }))
        if (!proven)
          throw new MatrixError(
            401,
            'M_UNAUTHORIZED',
            'Unable to get validated threepid: open the link in the mail first',
          )
        return proven.sid
      },
    },
  }
}
