import { supportedRoomVersions } from '@ranvier/protocol/room-version/versions'
import type { Accounts } from '../../../accounts/accounts.ts'
import type { AccountsConfig } from '../../../accounts/config.ts'
import { MAX_DELAYED_EVENTS } from '../../../rooms/delayed-events.ts'
import { clientRoute, type Route } from '../../route.ts'

/** `GET /capabilities`: what this server lets its users do. Says no more than is served. */
export function capabilitiesRoute(deps: {
  accounts: Pick<Accounts, 'config' | 'isAdmin'>
  rooms: { defaultVersion: string; forgetOnLeave: boolean; maxEventDelayMs: number }
}): Route {
  const { config, isAdmin } = deps.accounts
  const profileFields = { enabled: true, ...disallowed(config) }
  const { maxEventDelayMs } = deps.rooms
  const capabilities = {
    'm.change_password': { enabled: config.passwordReauth && config.localPasswords },
    'm.room_versions': {
      default: deps.rooms.defaultVersion,
      available: Object.fromEntries(supportedRoomVersions().map((version) => [version, 'stable'])),
    },
    'm.set_displayname': { enabled: config.setDisplayname },
    'm.set_avatar_url': { enabled: config.setAvatarUrl },
    'm.3pid_changes': { enabled: config.threepids.changesEnabled && config.mail !== null },
    'm.get_login_token': { enabled: config.loginTokens !== null },
    'm.forget_forced_upon_leave': { enabled: deps.rooms.forgetOnLeave },
    'm.profile_fields': profileFields,
    'uk.tcpip.msc4133.profile_fields': profileFields,
    ...(maxEventDelayMs > 0 && {
      'org.matrix.msc4140.delayed_events': {
        max_delay_ms: maxEventDelayMs,
        max_scheduled: MAX_DELAYED_EVENTS,
      },
    }),
  }
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/capabilities',
    auth: 'guest-ok',
    async handler({ requester: { userId } }) {
      if (!(await isAdmin(userId))) return { capabilities }
      return { capabilities: { ...capabilities, 'm.account_moderation': { suspend: true, lock: true } } }
    },
  })
}

function disallowed(config: AccountsConfig): { disallowed?: string[] } {
  const fields = [
    ...(config.setDisplayname ? [] : ['displayname']),
    ...(config.setAvatarUrl ? [] : ['avatar_url']),
  ]
  return fields.length > 0 ? { disallowed: fields } : {}
}
