import { type Errcode, isErrcode } from '@ranvier/protocol/errcode'
import { signJson } from '@ranvier/protocol/event/sign'
import type { SigningKey } from '@ranvier/protocol/event/signing-key'
import type { ServerName, UserId } from '@ranvier/protocol/ids/brands'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { MatrixError } from '../../errors.ts'
import type { OutboundClient, OutboundResponse } from '../../outbound/client.ts'
import { OutboundError } from '../../outbound/outbound-error.ts'

const TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 65_536
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
}

/** Where there is nothing to ask with. */
export const noIdentityServers: IdentityServers = {
  bind: () => Promise.reject(unreachable()),
  unbind: () => Promise.reject(unreachable()),
}

export function identityServers(deps: {
  outbound: Pick<OutboundClient, 'request'>
  serverName: ServerName
  signingKey: SigningKey
}): IdentityServers {
  const { outbound, serverName, signingKey } = deps

  async function post(
    idServer: string,
    path: string,
    body: JsonObject,
    authorization: string,
  ): Promise<OutboundResponse> {
    try {
      return await outbound.request({
        method: 'POST',
        url: `https://${idServer}${path}`,
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify(body),
        timeoutMs: TIMEOUT_MS,
        maxResponseBytes: MAX_ANSWER_BYTES,
      })
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error
      throw unreachable()
    }
  }

  return {
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

/** Spec: CS API `/3pid/bind`: errors of the identity server are passed on. Their code is; the words are ours. */
function refusalOf(status: number, answer: JsonObject): MatrixError {
  const errcode: Errcode = isErrcode(answer['errcode']) ? answer['errcode'] : 'M_UNKNOWN'
  if (status < 400 || status >= 500) return unreachable()
  return new MatrixError(status, errcode, 'The identity server has refused this')
}

function unreachable(): MatrixError {
  return new MatrixError(502, 'M_UNKNOWN', 'The identity server could not be asked')
}
