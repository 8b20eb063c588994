import { type Appservice, type Appservices, matches } from './appservice.ts'
import type { AskAppservice } from './call-appservice.ts'

/**
 * Whether an application service says that something of its namespaces, which this server does not know, exists. If so,
 * it has made it by the time it says so. Spec: AS API §Querying
 */
export interface AppserviceQueries {
  userExists(userId: string): Promise<boolean>
  aliasExists(alias: string): Promise<boolean>
}

export function appserviceQueries(deps: {
  appservices: Appservices
  ask: AskAppservice
  onError: (error: unknown, appserviceId: string) => void
}): AppserviceQueries {
  const { appservices, ask, onError } = deps
  /** Who asks for the same meanwhile waits for the same answer. */
  const asked = new Map<string, Promise<boolean>>()

  async function askAll(kind: 'users' | 'aliases', path: string, id: string): Promise<boolean> {
    for (const appservice of appservices.all)
      if (matches(appservice[kind], id) && (await knows(appservice, `${path}/${encodeURIComponent(id)}`)))
        return true
    return false
  }

  async function knows(appservice: Appservice, path: string): Promise<boolean> {
    try {
      return (await ask(appservice, path)) !== undefined
    } catch (error) {
      onError(error, appservice.id) // whoever asked goes on without
      return false
    }
  }

  function once(key: string, query: () => Promise<boolean>): Promise<boolean> {
    const known = asked.get(key)
    if (known !== undefined) return known
    const answer = query().finally(() => asked.delete(key))
    asked.set(key, answer)
    return answer
  }

  return {
    userExists: (userId) => once(userId, () => askAll('users', 'users', userId)),
    aliasExists: (alias) => once(alias, () => askAll('aliases', 'rooms', alias)),
  }
}

/** Where there are none. */
export const noAppserviceQueries: AppserviceQueries = {
  userExists: async () => false,
  aliasExists: async () => false,
}
