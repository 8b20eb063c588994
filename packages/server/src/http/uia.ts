import { createHash, randomBytes } from 'node:crypto'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import type { EmailPurpose } from '../accounts/threepids/email-sessions.ts'
import type { Clock } from '../clock.ts'
import { badJson, badRequest, forbidden, MatrixError } from '../errors.ts'
import { createLastingCache } from '../recent-cache.ts'
import type { Requester } from '../requester.ts'
import { type HttpAnswer, json } from './answer.ts'
import type { HttpRequest } from './request.ts'
import { type StageName, type Stages, WrongPersonError } from './uia-stages.ts'

const SWEEP_INTERVAL_MS = 60_000
const MAX_SESSIONS = 10_000
/** Who has not got the answer asks again soon. */
const SETTLED_MS = 3_600_000

export type Flows = readonly (readonly StageName[])[]

/** A proof of identity in progress. Spec: CS API §User-Interactive Authentication API */
export interface UiaSession {
  readonly id: string
  /** Method, path and user it was begun for: it is good for nothing else. */
  readonly operation: string
  /** What an address proven on the way has to have been proven for; null: none is asked for. */
  readonly emailPurpose: EmailPurpose | null
  /** Who must prove to be themselves; null for somebody without an account. */
  readonly userId: UserId | null
  /** Stages passed, with what each left to know (the user of a password, the token of a registration). */
  readonly completed: Map<StageName, string>
  /** The request's members from before it was proven, for operations that remember them. */
  kept: JsonObject
  /** Hash of the body, for operations that do not; null until one with members came. */
  bodyHash: string | null
  /** The account a registration has made already. */
  registeredUserId: UserId | null
  /** Comes nearer when it is settled. */
  expiresAtMs: number
}

export interface UiaCheck {
  request: Pick<HttpRequest, 'method' | 'rawUrl'>
  /** The whole body; `auth` in it is the proof. */
  body: JsonObject
  /** Ways to prove oneself; each a list of stages. */
  flows: Flows
  /** Who must prove to be themselves; null for somebody without an account. */
  requester: Requester | null
  /** Members that are remembered from the first request instead of having to stay the same. */
  keep?: readonly string[]
  /** What an address has to be proven for, where one is asked for. */
  emailPurpose?: EmailPurpose
  /** A proof given with this token a moment ago counts (`ui_auth.session_timeout`). */
  mayReuse?: boolean
}

/**
 * Either what to answer the client, or the session that has passed (null: an earlier proof counted). A session that
 * keeps members lives on until it is settled; any other is used up by passing.
 */
export type UiaOutcome = { answer: HttpAnswer } | { answer: null; session: UiaSession | null }

export interface Uia {
  check(check: UiaCheck): Promise<UiaOutcome>
  /** A session by id, for the pages a browser proves itself on. */
  find(sessionId: string): UiaSession | undefined
  /** Tries one stage of a session outside of its request. True if it is passed now. */
  tryStage(session: UiaSession, stage: StageName, auth: JsonObject): Promise<boolean>
  /** A stage has been passed elsewhere. */
  pass(session: UiaSession, stage: StageName, passedWith: string): void
  /** What a session that keeps members was for has happened. It is known for an hour still, for requests that come again. */
  settle(session: UiaSession): Promise<void>
}

export function createUia(deps: {
  clock: Clock
  stages: Stages
  /** What clients need to know of stages, by stage. */
  params?: Readonly<Partial<Record<StageName, JsonObject>>>
  /** Whether a user logs in at a provider, and may prove there who they are wherever a password is asked for. */
  provesElsewhere?: ((userId: UserId) => Promise<boolean>) | undefined
  /** How long an unfinished session is kept. */
  sessionLifetimeMs: number
  /** How long a finished one counts for further requests (`ui_auth.session_timeout`). */
  reuseMs: number
}): Uia {
  const { clock, stages } = deps
  /** Sessions whose stages have been told the end. */
  const ended = new WeakSet<UiaSession>()
  let sweptAtMs = 0
  const sessions = createLastingCache<string, UiaSession>(
    MAX_SESSIONS,
    (session) => void end(session, false).catch(() => {}), // nobody waits for what was given up
  )
  /** When each access token's holder last proved who they are. */
  const proofs = createLastingCache<number, number>(MAX_SESSIONS)

  async function end(session: UiaSession, succeeded: boolean): Promise<void> {
    if (ended.has(session)) return
    ended.add(session)
    for (const [stage, passedWith] of session.completed) await stages[stage].onEnd?.(passedWith, succeeded)
  }

  function find(sessionId: string): UiaSession | undefined {
    const session = sessions.get(sessionId)
    if (session === undefined || clock.nowMs() <= session.expiresAtMs) return session
    sessions.delete(sessionId)
    return undefined
  }

  /** Gives up what has expired, so that uses of registration tokens come free again. */
  function sweep(): void {
    const nowMs = clock.nowMs()
    if (nowMs - sweptAtMs < SWEEP_INTERVAL_MS) return
    sweptAtMs = nowMs
    for (const [id, { expiresAtMs }] of [...sessions.entries()]) if (nowMs > expiresAtMs) sessions.delete(id)
  }

  function begin(operation: string, emailPurpose: EmailPurpose | null, userId: UserId | null): UiaSession {
    sweep()
    const session: UiaSession = {
      id: randomBytes(18).toString('base64url'),
      operation,
      emailPurpose,
      userId,
      completed: new Map(),
      kept: {},
      bodyHash: null,
      registeredUserId: null,
      expiresAtMs: clock.nowMs() + deps.sessionLifetimeMs,
    }
    sessions.set(session.id, session)
    return session
  }

  function sessionFor(
    operation: string,
    auth: JsonObject | undefined,
    { emailPurpose, userId }: Pick<UiaSession, 'emailPurpose' | 'userId'>,
  ): UiaSession {
    const id = auth?.['session']
    if (id === undefined) return begin(operation, emailPurpose, userId)
    if (typeof id !== 'string') throw badJson("'auth.session' must be string")
    const session = find(id)
    if (session === undefined) throw badRequest(`Unknown session ID: ${id.slice(0, 100)}`)
    if (session.operation !== operation) throw operationChanged()
    return session
  }

  async function withSso(flows: Flows, userId: UserId | null): Promise<Flows> {
    const isForPassword = flows.some(([stage, ...more]) => stage === 'm.login.password' && more.length === 0)
    const isElsewhere = isForPassword && userId !== null && (await deps.provesElsewhere?.(userId))
    return isElsewhere ? [...flows, ['m.login.sso']] : flows
  }

  async function runStage(session: UiaSession, stage: StageName, auth: JsonObject, userId: UserId | null) {
    const passedWith = await stages[stage].check(auth, userId, session.emailPurpose)
    // Two requests may try one stage at once: what the second set aside is given back.
    if (session.completed.has(stage) || ended.has(session)) await stages[stage].onEnd?.(passedWith, false)
    else session.completed.set(stage, passedWith)
  }

  return {
    find,
    settle(session) {
      session.expiresAtMs = Math.min(session.expiresAtMs, clock.nowMs() + SETTLED_MS)
      return end(session, true)
    },
    pass(session, stage, passedWith) {
      if (!ended.has(session)) session.completed.set(stage, passedWith)
    },
    async tryStage(session, stage, auth) {
      try {
        if (!session.completed.has(stage)) await runStage(session, stage, auth, null)
        return true
      } catch (error) {
        if (error instanceof MatrixError) return false
        throw error
      }
    },
    async check({ request, body, flows: given, requester, keep, emailPurpose = null, mayReuse = false }) {
      const auth = authOf(body)
      if (mayReuse && requester !== null && auth === undefined) {
        const provenAtMs = proofs.get(requester.tokenId)
        if (provenAtMs !== undefined && clock.nowMs() - provenAtMs < deps.reuseMs)
          return { answer: null, session: null }
      }
      const userId = requester?.userId ?? null
      const flows = await withSso(given, userId)
      const session = sessionFor(operationOf(request, requester), auth, { emailPurpose, userId })
      if (keep === undefined) bindBody(session, body)
      else keepMembers(session, body, keep)

      let failure: MatrixError | undefined
      const type = auth?.['type']
      if (auth !== undefined && type !== undefined) {
        try {
          const stage = stageOf(type, flows)
          if (!session.completed.has(stage)) await runStage(session, stage, auth, userId)
        } catch (error) {
          if (!(error instanceof MatrixError) || error.status === 429 || error instanceof WrongPersonError)
            throw error
          failure = error
        }
      }
      const isComplete = flows.some((flow) => flow.every((stage) => session.completed.has(stage)))
      if (isComplete && failure === undefined) {
        if (requester !== null) proofs.set(requester.tokenId, clock.nowMs())
        if (keep === undefined) {
          await end(session, true)
          sessions.delete(session.id)
        }
        return { answer: null, session }
      }
      return { answer: challenge(session, { flows, params: deps.params ?? {} }, failure) }
    },
  }
}

function operationOf(request: UiaCheck['request'], requester: Requester | null): string {
  return `${request.method} ${request.rawUrl.split('?', 1)[0]} ${requester?.userId ?? ''}`
}

/** 401 with what is still to be proven. */
function challenge(
  session: UiaSession,
  { flows, params }: { flows: Flows; params: Readonly<Partial<Record<StageName, JsonObject>>> },
  failure: MatrixError | undefined,
): HttpAnswer {
  const asked = new Set<string>(flows.flat())
  return json(401, {
    session: session.id,
    flows: flows.map((stages) => ({ stages })),
    params: Object.fromEntries(Object.entries(params).filter(([stage]) => asked.has(stage))),
    completed: [...session.completed.keys()],
    ...(failure && { errcode: failure.errcode, error: failure.message }),
  })
}

function authOf(body: JsonObject): JsonObject | undefined {
  const auth = body['auth']
  if (auth === undefined || auth === null) return undefined
  if (!isJsonObject(auth)) throw badJson("'auth' must be object")
  return auth
}

function stageOf(type: unknown, flows: Flows): StageName {
  const stage = flows.flat().find((name) => name === type)
  if (stage === undefined) throw forbidden('This authentication type is not offered here')
  return stage
}

/** Spec: CS API §User-interactive API in the REST API: a session authorises the request it was begun for only. */
function bindBody(session: UiaSession, body: JsonObject): void {
  const { auth, ...rest } = body
  // Some clients ask with an empty body first, to learn what to prove.
  if (Object.keys(rest).length === 0 && session.bodyHash === null) return
  const hash = createHash('sha256')
    .update(JSON.stringify(sorted(rest)))
    .digest('base64')
  session.bodyHash ??= hash
  if (session.bodyHash !== hash) throw operationChanged()
}

function keepMembers(session: UiaSession, body: JsonObject, keep: readonly string[]): void {
  for (const key of keep) {
    const value = body[key]
    if (value !== undefined) session.kept[key] = value
  }
}

function sorted(object: JsonObject): [string, unknown][] {
  return Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1))
}

function operationChanged(): MatrixError {
  return forbidden('Requested operation has changed during the UI authentication session.')
}
