import { clientRoute, type Route } from '../../route.ts'

/** `GET /account/whoami` */
export function whoamiRoute(): Route {
  return clientRoute({
    method: 'GET',
    path: '/_matrix/client/v3/account/whoami',
    auth: 'guest-ok',
    handler: ({ requester }) => ({
      user_id: requester.userId,
      is_guest: requester.isGuest,
      ...(requester.deviceId !== null && { device_id: requester.deviceId }),
    }),
  })
}
