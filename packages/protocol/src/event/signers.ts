import type { ServerName } from '../ids/brands.ts'
import { serverNameOf } from '../ids/server-name.ts'
import { isJsonObject } from '../json.ts'
import type { RoomVersionRules } from '../room-version/types.ts'
import type { Pdu } from './types.ts'

/**
 * The servers whose signature the event needs, each once.
 * `undefined` if one of them cannot be named: then nothing can be verified and the event is dropped.
 *
 * Spec: S2S §Validating hashes and signatures on received events; Room versions 1 and 8.
 */
export function requiredSigners(pdu: Pdu, rules: RoomVersionRules): ServerName[] | undefined {
  const ids: unknown[] = []
  // The sender of such an invite is who invited the address; the invitee's server made the event. Auth rules check it.
  if (!isThirdPartyInvite(pdu)) ids.push(pdu.sender)
  if (rules.eventIds === 'own') ids.push(pdu.event_id)
  if (rules.restrictedJoins && pdu.type === 'm.room.member') {
    const authoriser = pdu.content.join_authorised_via_users_server
    if (authoriser !== undefined) ids.push(authoriser)
  }
  const servers = new Set<ServerName>()
  for (const id of ids) {
    const server = typeof id === 'string' ? serverNameOf(id) : undefined
    if (server === undefined) return undefined
    servers.add(server)
  }
  return [...servers]
}

function isThirdPartyInvite({ type, content }: Pdu): boolean {
  return (
    type === 'm.room.member' && content.membership === 'invite' && isJsonObject(content.third_party_invite)
  )
}
