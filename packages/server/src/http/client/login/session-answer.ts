import type { AccountsConfig } from '../../../accounts/config.ts'
import type { Session } from '../../../accounts/sessions/sessions.ts'

/** A log-in as `/login` and `/register` answer it. `home_server` is for clients of long ago. */
export function sessionAnswer(session: Session, config: Pick<AccountsConfig, 'serverName'>) {
  return {
    user_id: session.userId,
    access_token: session.accessToken,
    home_server: config.serverName,
    device_id: session.deviceId,
    ...(session.expiresInMs !== undefined && { expires_in_ms: session.expiresInMs }),
    ...(session.refreshToken !== undefined && { refresh_token: session.refreshToken }),
  }
}
