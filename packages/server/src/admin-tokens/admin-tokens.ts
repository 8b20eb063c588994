import { randomBytes } from 'node:crypto'
import { covers, type TokenScope } from '@ranvier/admin-api/areas'
import type { AdminToken, Storage } from '@ranvier/storage'
import { hashToken } from '../accounts/secrets.ts'
import type { Clock } from '../clock.ts'
import { forbidden, invalidParam, notFound } from '../errors.ts'
import type { Requester } from '../requester.ts'
import { ADMIN_TOKEN_PREFIX } from './authenticate.ts'

const MAX_NAME_LENGTH = 100
const TOKEN_BYTES = 32

export interface AdminTokenWish {
  name: string
  scopes: readonly TokenScope[]
  /** Ms since epoch; null: never. */
  expiresTs: number | null
}

/** Tokens with which an administrator's scripts may do some of what the administrator may. */
export interface AdminTokens {
  /**
   * Makes one, for oneself; the token is in the answer and nowhere else. 400 `M_INVALID_PARAM` for what it cannot be like,
   * 403 `M_FORBIDDEN` when it would reach further than what it is made with, in what it may or in time.
   */
  create(by: Requester, wish: AdminTokenWish): Promise<{ token: string; created: AdminToken }>
  /** In the order they were made. */
  list(userId: string | undefined, page: { after: number; limit: number }): Promise<AdminToken[]>
  /** 404 `M_NOT_FOUND`. */
  get(id: number): Promise<AdminToken>
  /** Ends it and those made with it; ended ones stay so. 404 `M_NOT_FOUND`. */
  revoke(id: number): Promise<void>
}

export function adminTokens(deps: { storage: Pick<Storage, 'read' | 'write'>; clock: Clock }): AdminTokens {
  const { storage, clock } = deps

  async function get(id: number): Promise<AdminToken> {
    const token = await storage.read.adminTokens.find(id)
    if (token === undefined) throw notFound('Token')
    return token
  }

  return {
    async create(by, { name, scopes, expiresTs }) {
      const length = [...name].length
      if (length < 1 || length > MAX_NAME_LENGTH || !name.isWellFormed())
        throw invalidParam(`'name' must have 1 to ${MAX_NAME_LENGTH} characters`)
      if (scopes.length === 0) throw invalidParam("'scopes' must name at least one scope")
      const nowMs = clock.nowMs()
      if (expiresTs !== null && (expiresTs <= nowMs || !Number.isSafeInteger(expiresTs)))
        throw invalidParam("'expires_ts' must be in the future")
      if (by.puppetedBy !== null) throw forbidden('Tokens are made by their owners, not in their names')
      checkNoWider(by, scopes, expiresTs)
      const token = ADMIN_TOKEN_PREFIX + randomBytes(TOKEN_BYTES).toString('base64url')
      const id = await storage.write((tx) =>
        tx.adminTokens.add(
          {
            userId: by.userId,
            name,
            scopes: [...new Set(scopes)],
            parentId: by.adminToken?.id ?? null,
            createdTs: nowMs,
            expiresTs,
          },
          hashToken(token),
        ),
      )
      return { token, created: await get(id) }
    },
    list: (userId, page) => storage.read.adminTokens.list(userId, page),
    get,
    async revoke(id) {
      await get(id)
      await storage.write((tx) => tx.adminTokens.revoke(id))
    },
  }
}

function checkNoWider(
  { adminToken }: Requester,
  scopes: readonly TokenScope[],
  expiresTs: number | null,
): void {
  if (adminToken === undefined) return
  const wider = scopes.find((scope) => !covers(adminToken.scopes, scope))
  if (wider !== undefined)
    throw forbidden(`The token '${adminToken.name}' has not the scope ${wider}, so it cannot give it`)
  const ownTs = adminToken.expiresTs
  if (ownTs !== null && (expiresTs === null || expiresTs > ownTs))
    throw forbidden(`The token '${adminToken.name}' cannot make one that outlives it`)
}
