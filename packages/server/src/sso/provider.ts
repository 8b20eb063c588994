/** Who somebody is, as a provider says. */
export interface RemoteUser {
  /** By which the provider knows them for ever. */
  subject: string
  /** The name they wish for; empty when nothing is known of it. */
  localpart: string
  displayname: string | null
  email: string | null
  /** Where a picture of theirs is, as the provider says. */
  picture: string | null
  /** Their session there; null when the provider gives none. */
  session: string | null
}

/** Where users log in besides. */
export interface SsoProvider {
  /** With which external ids of its users are kept. */
  readonly id: string
  /** What users call it. */
  readonly name: string
  /** Whoever comes under the name of an account for the first time takes it over. */
  readonly allowsExistingUsers: boolean
  /** Who has no account gets one. */
  readonly registers: boolean
  /** A new user is asked under which name: the provider's is a suggestion. */
  readonly asksName: boolean
  /**
   * Where the user logs in. `state` comes back with them; `again`: also who is logged in there already. Rejects if the
   * provider cannot be asked.
   */
  begin(how: { state: string; again: boolean }): Promise<BegunAtProvider>
  /** Whose session has ended, by the provider's word; `undefined`: not this provider's. Absent: it never says so. */
  readLogout?(token: string): Promise<EndedSession | undefined>
}

/** `subject` is who had it, null where that is not to be looked at. */
export interface EndedSession {
  session: string
  subject: string | null
}

export interface BegunAtProvider {
  url: string
  /**
   * Who has come back with `query`. A `MatrixError` for who may not log in here; any other when something about the answer
   * is not right.
   */
  finish(query: string): Promise<RemoteUser>
}
