import { AsyncLocalStorage } from 'node:async_hooks'
import type { UserId } from '@ranvier/protocol/ids/brands'

/** Something an administrator does: who, in whose name, from where, and what. Plain data. */
export interface Action {
  /** The same in every row of one action. */
  id: string
  /** The `operationId`, or method and path of what has none. */
  operation: string
  /** null: nobody who is logged in, such as who knows the shared secret. */
  actor: UserId | null
  /** The user whose puppet token it was done with. */
  actingAs: UserId | null
  /** The scoped token it was done with. */
  token: { id: number; name: string } | null
  ip: string | null
  userAgent: string | null
  /** What the request named: a user, a room, a file. */
  target: string | null
  /** When it began, ms since epoch. */
  ts: number
  /** False: it is recorded only if a transaction says that it took an administrator (`tx.audit.asAdmin`). */
  recorded: boolean
}

interface Scope {
  readonly action: Action
  isOpen: boolean
}

const scopes = new AsyncLocalStorage<Scope | undefined>()

/**
 * Runs `work` as this action: each transaction asked for inside that changes something has a row in the audit log. It
 * ends with `work`; what was begun in it and goes on alone (a timer, a loop) no longer counts as the action.
 */
export async function runAction<T>(action: Action, work: () => T | Promise<T>): Promise<T> {
  const scope: Scope = { action, isOpen: true }
  try {
    return await scopes.run(scope, work)
  } finally {
    scope.isOpen = false
  }
}

/** Runs `work` as part of no action: upkeep that happens to be done now, and what follows from a change already recorded. */
export function outsideAction<T>(work: () => T): T {
  return scopes.run(undefined, work)
}

/** The action in progress, to be carried along by who does the work later or elsewhere. */
export function currentAction(): Action | undefined {
  const scope = scopes.getStore()
  return scope?.isOpen === true ? scope.action : undefined
}
