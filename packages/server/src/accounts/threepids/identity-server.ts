import { createHash } from 'node:crypto'
import { type Errcode, isErrcode } from '@ranvier/protocol/errcode'
import { signJson } from '@ranvier/protocol/event/sign'
import type { SigningKey } from '@ranvier/protocol/event/signing-key'
import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { isUserId } from '@ranvier/protocol/ids/user-id'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { MatrixError } from '../../errors.ts'
import type { OutboundClient, OutboundResponse } from '../../outbound/client.ts'
import { OutboundError } from '../../outbound/outbound-error.ts'

const TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 65_536
const BASE = '/_matrix/identity/v2'
const TOKEN = /^[0-9A-Za-z.=_-]{1,255}$/ // Spec: Identity Service API §store-invite
const BIND = '/_matrix/identity/v2/3pid/bind'
const UNBIND = '/_matrix/identity/v2/3pid/unbind'
/** What servers answer who cannot unbind for us. Synapse: handlers/identity */
const NO_SUPPORT: readonly number[] = [400, 404, 501]

/** Asks identity servers. They are others' servers: of what they answer only codes reach our clients. */
export interface IdentityServers {
  /** Binds the address of a session there; which it was. Throws the server's own refusal, or 502 if it cannot be asked. */
  bind(
    userId: UserId,
    session: { sid: string; clientSecret: string; idServer: string; accessToken: string },
  ): Promise<{ medium: string; address: string }>
  /** False when the server does not do that for homeservers. 502 if it cannot be asked. */
  unbind(userId: UserId, threepid: { medium: string; address: string; idServer: string }): Promise<boolean>
  /** Whose address it is there; `undefined`: nobody's. Only a hash of the address is told. */
  lookUp(threepid: AskedThreepid): Promise<UserId | undefined>
  /** Keeps an invite until somebody proves that the address is theirs; whoever reads its mail is told. */
  storeInvite(threepid: AskedThreepid, invite: JsonObject): Promise<StoredInvite>
  /** Whether a key it has given out still holds. */
  isKeyValid(validityUrl: string, publicKey: string): Promise<boolean>
}

/** An address, and the user's own token for the server that is asked about it. */
export interface AskedThreepid {
  medium: string
  address: string
  idServer: string
  accessToken: string
}

/** What stands for an address in a room until it is somebody's. Spec: Identity Service API §store-invite */
export interface StoredInvite {
  token: string
  /** A hint at the address that does not tell it. */
  displayName: string
  /** At least one. */
  publicKeys: { public_key: string; key_validity_url: string }[]
}

/** Where there is nothing to ask with. */
export const noIdentityServers: IdentityServers = {
  bind: () => Promise.reject(unreachable()),
  unbind: () => Promise.reject(unreachable()),
  lookUp: () => Promise.reject(unreachable()),
  storeInvite: () => Promise.reject(unreachable()),
  isKeyValid: () => Promise.reject(unreachable()),
}

export function identityServers(deps: {
  outbound: Pick<OutboundClient, 'request'>
  serverName: ServerName
  signingKey: SigningKey
}): IdentityServers {
  const { outbound, serverName, signingKey } = deps

  async function send(
    method: 'GET' | 'POST',
    url: string,
    { body, authorization }: { body?: JsonObject; authorization?: string } = {},
  ): Promise<OutboundResponse> {
    try {
      return await outbound.request({
        method,
        url,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(authorization !== undefined && { authorization }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        timeoutMs: TIMEOUT_MS,
        maxResponseBytes: MAX_ANSWER_BYTES,
      })
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error
      throw unreachable()
    }
  }

  const post = (idServer: string, path: string, body: JsonObject, authorization: string) =>
    send('POST', `https://${idServer}${path}`, { body, authorization })

  /** Asks with the user's own token. */
  async function askAs(
    { idServer, accessToken }: AskedThreepid,
    path: string,
    body?: JsonObject,
  ): Promise<{ status: number; answer: JsonObject }> {
    const response = await send(body === undefined ? 'GET' : 'POST', `https://${idServer}${BASE}${path}`, {
      ...(body !== undefined && { body }),
      authorization: `Bearer ${accessToken}`,
    })
    return { status: response.status, answer: answerOf(response) }
  }

  async function lookUpOnce(
    threepid: AskedThreepid,
  ): Promise<{ status: number; answer: JsonObject; entry: string }> {
    const { status, answer: details } = await askAs(threepid, '/hash_details')
    if (status !== 200) throw refusalOf(status, details)
    const { lookup_pepper: pepper, algorithms } = details
    if (typeof pepper !== 'string' || !Array.isArray(algorithms)) throw unreachable()
    // Spec: Identity Service API §Client behaviour: `none` tells the address itself, which we do not do.
    if (!algorithms.includes('sha256')) throw unreachable()
    const text = `${threepid.address} ${threepid.medium} ${pepper}`
    const entry = createHash('sha256').update(text).digest('base64url')
    const body = { algorithm: 'sha256', pepper, addresses: [entry] }
    return { ...(await askAs(threepid, '/lookup', body)), entry }
  }

  return {
    async lookUp(threepid) {
      let found = await lookUpOnce(threepid)
      // The pepper was changed in between.
      if (found.status === 400 && found.answer['errcode'] === 'M_INVALID_PEPPER')
        found = await lookUpOnce(threepid)
      if (found.status !== 200) throw refusalOf(found.status, found.answer)
      const { mappings } = found.answer
      const userId = isJsonObject(mappings) ? mappings[found.entry] : undefined
      return isUserId(userId) ? userId : undefined
    },
    async storeInvite(threepid, invite) {
      const { medium, address } = threepid
      const { status, answer } = await askAs(threepid, '/store-invite', { ...invite, medium, address })
      if (status !== 200) throw refusalOf(status, answer)
      return storedInvite(answer)
    },
    async isKeyValid(validityUrl, publicKey) {
      if (!URL.canParse(validityUrl)) return false
      const url = new URL(validityUrl)
      url.searchParams.set('public_key', publicKey)
      const response = await send('GET', url.href)
      return response.status === 200 && answerOf(response)['valid'] === true
    },
    async bind(userId, { sid, clientSecret, idServer, accessToken }) {
      const body = { sid, client_secret: clientSecret, mxid: userId }
      const response = await post(idServer, BIND, body, `Bearer ${accessToken}`)
      const answer = answerOf(response)
      if (response.status !== 200) throw refusalOf(response.status, answer)
      const { medium, address } = answer
      if (typeof medium !== 'string' || typeof address !== 'string') throw unreachable()
      return { medium, address }
    },
    async unbind(userId, { medium, address, idServer }) {
      const content = { mxid: userId, threepid: { medium, address } }
      // Spec: Identity Service API §3pid/unbind: the request is signed as one to a homeserver would be.
      const signed = signJson(
        { method: 'POST', uri: UNBIND, origin: serverName, destination_is: idServer, content },
        serverName,
        signingKey,
      )
      const signature = signed.signatures[serverName]?.[signingKey.keyId]
      const authorization = `X-Matrix origin="${serverName}",key="${signingKey.keyId}",sig="${signature}"`
      const { status } = await post(idServer, UNBIND, content, authorization)
      if (status === 200) return true
      if (NO_SUPPORT.includes(status)) return false
      throw unreachable()
    },
  }
}

function answerOf({ body }: OutboundResponse): JsonObject {
  try {
    const answer: unknown = JSON.parse(body.toString())
    return isJsonObject(answer) ? answer : {}
  } catch {
    return {}
  }
}

function storedInvite({ token, public_keys: keys, display_name: displayName }: JsonObject): StoredInvite {
  const publicKeys = (Array.isArray(keys) ? keys.filter(isJsonObject) : []).flatMap((each) =>
    typeof each['public_key'] === 'string' && typeof each['key_validity_url'] === 'string'
      ? { public_key: each['public_key'], key_validity_url: each['key_validity_url'] }
      : [],
  )
  if (
    typeof token !== 'string' ||
    !TOKEN.test(token) ||
    typeof displayName !== 'string' ||
    publicKeys.length === 0
  )
    throw unreachable()
  return { token, displayName, publicKeys }
}

/** Spec: CS API `/3pid/bind`: errors of the identity server are passed on. Their code is; the words are ours. */
function refusalOf(status: number, answer: JsonObject): MatrixError {
  const errcode: Errcode = isErrcode(answer['errcode']) ? answer['errcode'] : 'M_UNKNOWN'
  if (status < 400 || status >= 500) return unreachable()
  return new MatrixError(status, errcode, 'The identity server has refused this')
}

function unreachable(): MatrixError {
  return new MatrixError(502, 'M_UNKNOWN', 'The identity server could not be asked')
}
