import type { UserId } from '@ranvier/protocol/ids/brands'

/** Ids an application service cares about; with `exclusive`, nobody else may make such ones. */
export interface Namespace {
  /** Matches from the first character on, not necessarily to the last, as in other homeservers. */
  pattern: RegExp
  exclusive: boolean
}

/** A bridge or bot with rights of its own, registered by the administrator. Spec: AS API §Registration */
export interface Appservice {
  id: string
  /** Where it listens, without a slash at the end; null: it wants to hear nothing. */
  url: string | null
  /** What it shows us. */
  asToken: string
  /** What we show it. */
  hsToken: string
  /** Whom it acts as unless it says otherwise. */
  sender: UserId
  users: readonly Namespace[]
  aliases: readonly Namespace[]
  rooms: readonly Namespace[]
  /** The networks it bridges to. */
  protocols: readonly string[]
  /** It is told who types, who has read what, who is online, and what is sent to devices of its users. */
  receivesEphemeral: boolean
  /** It is told what encryption for its users needs: whose devices have changed, and which keys are left. MSC3202 */
  receivesEncryption: boolean
  /** Limits hold for the users it acts as. Never for the sender. */
  rateLimited: boolean
}

/** The application services of this server. They are known from the start and do not change. */
export class Appservices {
  readonly all: readonly Appservice[]
  readonly #byToken: ReadonlyMap<string, Appservice>

  constructor(all: readonly Appservice[]) {
    this.all = all
    this.#byToken = new Map(all.map((appservice) => [appservice.asToken, appservice]))
  }

  findByToken(asToken: string): Appservice | undefined {
    return this.#byToken.get(asToken)
  }

  find(id: string): Appservice | undefined {
    return this.all.find((appservice) => appservice.id === id)
  }

  /**
   * Whether the application service `appserviceId` (null: a person) may not make an account of this name: it is another's,
   * or outside of its own namespaces. Spec: AS API §Server admin style permissions
   */
  isUserReserved(userId: UserId, appserviceId: string | null): boolean {
    return this.#isReserved(
      appserviceId,
      (appservice) => isUserOf(appservice, userId),
      ({ sender, users }) => userId === sender || matches(users, userId, { exclusive: true }),
    )
  }

  /** The same for aliases. */
  isAliasReserved(alias: string, appserviceId: string | null): boolean {
    return this.#isReserved(
      appserviceId,
      ({ aliases }) => matches(aliases, alias),
      ({ aliases }) => matches(aliases, alias, { exclusive: true }),
    )
  }

  #isReserved(
    appserviceId: string | null,
    mayHave: (appservice: Appservice) => boolean,
    keeps: (appservice: Appservice) => boolean,
  ): boolean {
    const own = appserviceId === null ? undefined : this.find(appserviceId)
    if (own !== undefined && !mayHave(own)) return true
    return this.all.some((appservice) => appservice !== own && keeps(appservice))
  }
}

/** Whether the local user is one the application service acts as. */
export function isUserOf(appservice: Appservice, userId: string): boolean {
  return userId === appservice.sender || matches(appservice.users, userId)
}

export function matches(
  namespaces: readonly Namespace[],
  id: string,
  { exclusive = false }: { exclusive?: boolean } = {},
): boolean {
  return namespaces.some((namespace) => (namespace.exclusive || !exclusive) && namespace.pattern.test(id))
}
