import { type Static, Type } from '@ranvier/admin-api/schema'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { Accounts } from '../../../accounts/accounts.ts'
import type { AccountsConfig } from '../../../accounts/config.ts'
import { checkPasswordForm, checkPasswordPolicy } from '../../../accounts/passwords.ts'
import type { Registered } from '../../../accounts/registration/register.ts'
import { appserviceOf } from '../../../accounts/registration/register-appservice-user.ts'
import type { DeviceWish } from '../../../accounts/sessions/sessions.ts'
import { awaitingApproval, badJson, forbidden, missingParam } from '../../../errors.ts'
import { queryEnum } from '../../query.ts'
import type { RateLimits } from '../../rate-limit.ts'
import type { HttpRequest } from '../../request.ts'
import { clientRoute, type Route } from '../../route.ts'
import type { Flows, Uia, UiaSession } from '../../uia.ts'
import type { StageName } from '../../uia-stages.ts'
import { sessionAnswer } from '../login/session-answer.ts'

const nullable = (schema: ReturnType<typeof Type.String>) => Type.Optional(Type.Union([schema, Type.Null()]))

const RegisterBody = Type.Object({
  type: nullable(Type.String()),
  username: nullable(Type.String()),
  password: nullable(Type.String()),
  device_id: nullable(Type.String()),
  initial_device_display_name: nullable(Type.String()),
  inhibit_login: Type.Optional(Type.Union([Type.Boolean(), Type.Null()])),
  refresh_token: Type.Optional(Type.Boolean()),
  guest_access_token: nullable(Type.String()),
})
type RegisterBody = Static<typeof RegisterBody>

/** What a client need not say again once it has said it. Spec: CS API §POST /register, and Synapse's sessions. */
const REMEMBERED = Object.keys(RegisterBody.properties).filter((key) => key !== 'type')

/** `POST /register` for people and for guests. */
export function registerRoute(deps: { accounts: Accounts; uia: Uia; rateLimits: RateLimits }): Route {
  const { accounts, uia, rateLimits } = deps
  const { config } = accounts
  const needsApproval = config.approval.enabled && config.approval.requiredForNew
  const flows = registrationFlows(config, accounts.consent?.config.atRegistration ?? false)

  /** The guest who wants to become a full account. */
  async function guestOf(body: RegisterBody): Promise<UserId | undefined> {
    if (typeof body.guest_access_token !== 'string') return undefined
    const requester = await accounts.authenticate(body.guest_access_token)
    if (!requester.isGuest) throw forbidden('guest_access_token is not the token of a guest')
    return requester.userId
  }

  return clientRoute({
    method: 'POST',
    path: '/_matrix/client/v3/register',
    auth: 'none',
    query: (query) => queryEnum(query, 'kind', ['user', 'guest'], 'user'),
    body: RegisterBody,
    emptyBody: true,
    async handler({ query: kind, body, request }) {
      rateLimits.checkOnly('rc_registration', request.ip)
      if (kind === 'guest') {
        const guest = await accounts.registerGuest(body.initial_device_display_name ?? undefined)
        rateLimits.check('rc_registration', request.ip)
        return sessionAnswer(guest, config)
      }
      if (body.type === 'm.login.application_service') return registerForAppservice(body, request)
      if (!config.registration) throw forbidden('Registration has been disabled')
      const json = body as JsonObject // parsed JSON
      const isAnsweredBefore = registeredBefore(uia, json) !== null
      if (typeof body.password === 'string') checkPassword(body.password)
      if (typeof body.username === 'string' && !isAnsweredBefore && !config.hidesTakenNames)
        await accounts.checkAvailable(body.username.toLowerCase(), await guestOf(body))

      const proof = await uia.check({
        request,
        body: json,
        flows,
        requester: null,
        keep: REMEMBERED,
        emailPurpose: 'register',
      })
      if (proof.answer !== null) return proof.answer
      const session = proof.session! // there is always one for somebody without an account
      const wish = session.kept as RegisterBody // its members went through the schema as they came
      const device = deviceOf(wish)
      if (session.registeredUserId !== null) {
        forgetPassword(session)
        if (wish.inhibit_login === true) return userAnswer(session.registeredUserId)
        return sessionAnswer(await accounts.logInAgain(session.registeredUserId, device), config)
      }
      if (!wish.password) throw missingParam('Missing params: password')
      rateLimits.check('rc_registration', request.ip)
      const registered = await accounts.register({
        localpart: wish.username?.toLowerCase(),
        password: wish.password,
        emailSession: session.completed.get('m.login.email.identity'),
        consentVersion: session.completed.has('m.login.terms') ? accounts.consent?.config.version : undefined,
        guest: await guestOf(wish),
        device: wish.inhibit_login === true ? null : device,
        approved: !needsApproval,
      })
      session.registeredUserId = registered.userId
      forgetPassword(session)
      await uia.settle(session)
      if (needsApproval) throw awaitingApproval()
      return answerOf(registered)
    },
  })

  /** No questions are asked: the token says it all. Spec: AS API §Server admin style permissions */
  async function registerForAppservice(body: RegisterBody, request: Pick<HttpRequest, 'accessToken'>) {
    const appservice = appserviceOf(accounts.appservices, request.accessToken())
    if (typeof body.username !== 'string') throw missingParam('Missing param: username')
    const registered = await accounts.registerAppserviceUser(appservice, {
      localpart: body.username.toLowerCase(),
      device: body.inhibit_login === true ? null : deviceOf(body),
    })
    return answerOf(registered)
  }

  function answerOf({ userId, session }: Registered) {
    return session === null ? userAnswer(userId) : sessionAnswer(session, config)
  }

  function checkPassword(password: string): void {
    checkPasswordForm(password)
    checkPasswordPolicy(config.passwordPolicy, password)
  }

  function userAnswer(userId: UserId) {
    return { user_id: userId, home_server: config.serverName }
  }
}

/** What somebody has to show who wants an account. With a choice, the plain way has a stage of its own to choose it by. */
function registrationFlows(config: AccountsConfig, withTerms: boolean): Flows {
  const { registrationRequiresToken, mail, threepids } = config
  const first: StageName[] = registrationRequiresToken ? ['m.login.registration_token'] : []
  if (config.captchaSiteKey !== null) first.push('m.login.recaptcha')
  if (withTerms) first.push('m.login.terms')
  const byMail = [...first, 'm.login.email.identity'] as const
  if (threepids.registrationNeedsEmail) return [byMail]
  if (mail !== null) return [[...first, 'm.login.dummy'], byMail]
  const isChecked = registrationRequiresToken || config.captchaSiteKey !== null
  return [isChecked ? first : [...first, 'm.login.dummy']]
}

function deviceOf(wish: RegisterBody): DeviceWish {
  return {
    deviceId: wish.device_id ?? undefined,
    initialDisplayName: wish.initial_device_display_name ?? undefined,
    refreshToken: wish.refresh_token,
  }
}

/** The session is kept for a while longer; what it was told in confidence is not. */
function forgetPassword(session: UiaSession): void {
  const { password: _, ...rest } = session.kept
  session.kept = rest
}

/** The account this registration has made already, if its answer was lost and the client asks again. */
function registeredBefore(uia: Uia, body: JsonObject): UserId | null {
  const { auth } = body
  if (auth === undefined || auth === null) return null
  if (typeof auth !== 'object' || Array.isArray(auth)) throw badJson("'auth' must be object")
  const { session } = auth
  return typeof session === 'string' ? (uia.find(session)?.registeredUserId ?? null) : null
}
