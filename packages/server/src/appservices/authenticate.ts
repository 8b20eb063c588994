import { createHash } from 'node:crypto'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { serverNameOf } from '@ranvier/protocol/ids/server-name'
import { isUserId } from '@ranvier/protocol/ids/user-id'
import type { Storage } from '@ranvier/storage'
import { forbidden, MatrixError, userDeactivated } from '../errors.ts'
import type { ActAs, Authenticate, Requester } from '../requester.ts'
import { type Appservice, type Appservices, isUserOf } from './appservice.ts'

/**
 * Knows application services by their tokens, and everybody else as `otherwise` does. An application service acts as its
 * sender, or as `actAs`: 403 `M_FORBIDDEN` for a user that is not its own or not registered, 400 `M_UNKNOWN_DEVICE` for a
 * device the user does not have. Spec: AS API §Identity assertion
 */
export function authenticateAppservices(
  deps: { storage: Pick<Storage, 'read'>; appservices: Appservices },
  otherwise: Authenticate,
): Authenticate {
  const { storage, appservices } = deps
  if (appservices.all.length === 0) return otherwise
  return (token, actAs) => {
    const appservice = appservices.findByToken(token)
    return appservice === undefined ? otherwise(token) : requesterOf(storage, appservice, actAs ?? {})
  }
}

async function requesterOf(
  storage: Pick<Storage, 'read'>,
  appservice: Appservice,
  { userId: asked, deviceId }: ActAs,
): Promise<Requester> {
  const userId = asked === undefined ? appservice.sender : ownUser(appservice, asked)
  const account = await storage.read.accounts.find(userId)
  if (account === undefined) throw forbidden('The application service has not registered this user')
  if (account.deactivated) throw userDeactivated()
  if (deviceId !== undefined && (await storage.read.devices.find(userId, deviceId)) === undefined)
    throw new MatrixError(400, 'M_UNKNOWN_DEVICE', 'The user has no such device')
  const { isGuest, shadowBanned, suspended, locked } = account
  return {
    userId,
    deviceId: deviceId ?? null,
    tokenId: tokenIdOf(appservice),
    isGuest,
    shadowBanned,
    suspended,
    locked,
    puppetedBy: null,
    appserviceId: appservice.id,
    isRateLimited: appservice.rateLimited && userId !== appservice.sender,
    accessTokenValidUntilMs: null,
  }
}

function ownUser(appservice: Appservice, asked: string): UserId {
  const isLocal = isUserId(asked) && serverNameOf(asked) === serverNameOf(appservice.sender)
  if (!isLocal || !isUserOf(appservice, asked))
    throw forbidden('The application service cannot act as this user')
  return asked
}

/** The same at every start, and none of a token of ours: those are positive. */
function tokenIdOf({ id }: Appservice): number {
  return -1 - createHash('sha256').update(id).digest().readUIntBE(0, 6)
}
