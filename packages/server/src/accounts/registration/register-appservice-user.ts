import type { Appservice, Appservices } from '../../appservices/appservice.ts'
import { forbidden, missingToken, unknownToken } from '../../errors.ts'
import type { DeviceWish } from '../sessions/sessions.ts'
import type { Register, Registered } from './register.ts'

export type RegisterAppserviceUser = (
  appservice: Appservice,
  wish: { localpart: string; device: DeviceWish | null },
) => Promise<Registered>

/**
 * An account without a password that belongs to an application service. 400 `M_EXCLUSIVE` for a name outside its
 * namespaces, `M_USER_IN_USE`, `M_INVALID_USERNAME`. Spec: AS API §Server admin style permissions
 */
export function registerAppserviceUser(deps: { register: Register }): RegisterAppserviceUser {
  return (appservice, { localpart, device }) =>
    deps.register({ localpart, password: null, appserviceId: appservice.id, device })
}

/** The application service whose token came with a request. 401 without a token or with an unknown one. */
export function appserviceOf(appservices: Appservices, token: string | undefined): Appservice {
  if (token === undefined) throw missingToken('The token of an application service is needed')
  const appservice = appservices.findByToken(token)
  if (appservice === undefined) throw unknownToken('This is not the token of an application service')
  return appservice
}

/** Throws 403 unless somebody of this registration asks with its token. */
export function checkIsAppservice(by: { appserviceId: string | null; tokenId: number }, id: string): void {
  if (by.appserviceId !== id || by.tokenId >= 0) throw forbidden('This is not your application service')
}
