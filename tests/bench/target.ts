import { type Client, registerWithSecret, startRanvier } from '@ranvier/testkit'

/** A homeserver to measure: only its HTTP, and the numbers of its process where that is on this machine. */
export interface Target extends AsyncDisposable {
  name: string
  url: string
  /** `undefined`: CPU and memory are not shown. */
  pid: number | undefined
  admin: Client
  /** The same people for every scenario, made when first asked for: accounts cost a bcrypt each. */
  people(count: number): Promise<Client[]>
  /** A name nobody has. */
  newName(): string
  secret: string
}

const LANES = 4

async function target(
  name: string,
  where: { url: string; pid: number | undefined; secret: string; end: () => Promise<void> },
): Promise<Target> {
  const { url, pid, secret, end } = where
  const run = Date.now().toString(36)
  const people: Client[] = []
  let names = 0
  const newName = () => `bench-${run}-${names++}`
  return {
    name,
    url,
    pid,
    secret,
    newName,
    admin: await registerWithSecret(url, secret, newName()),
    async people(count) {
      while (people.length < count) {
        const some = Array.from({ length: Math.min(LANES, count - people.length) }, () =>
          registerWithSecret(url, secret, newName(), { admin: false }),
        )
        people.push(...(await Promise.all(some)))
      }
      return people.slice(0, count)
    },
    [Symbol.asyncDispose]: end,
  }
}

/** Ranvier in a process of its own, with passwords as expensive as they are by default. */
export async function ranvierTarget(
  database: 'sqlite' | 'postgres',
  nodeOptions: readonly string[] = [],
): Promise<Target> {
  const server = await startRanvier({
    database,
    nodeOptions,
    configOverrides: { log_level: 'info', bcrypt_rounds: 12 },
  })
  return target(`ranvier-${database}`, {
    url: server.url,
    pid: server.pid,
    secret: server.registrationSecret,
    end: () => server[Symbol.asyncDispose](),
  })
}

/** Any homeserver with a registration shared secret. `text`: `NAME,URL,SECRET[,PID]`. */
export function urlTarget(text: string): Promise<Target> {
  const [name, url, secret, pid] = text.split(',')
  if (!name || !url || !secret) throw new Error(`${text}: a target is NAME,URL,SECRET or NAME,URL,SECRET,PID`)
  return target(name, {
    url: url.replace(/\/$/, ''),
    pid: pid === undefined ? undefined : Number(pid),
    secret,
    end: async () => {},
  })
}
