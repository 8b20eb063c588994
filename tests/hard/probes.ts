import type { Client } from '@ranvier/testkit'

/** One request of each kind. */
export interface Probe {
  name: string
  /** It changes something: where nothing can be stored it is refused. */
  writes: boolean
  request: (signal: AbortSignal) => Promise<Response>
}

/** How long anybody may have to wait for an answer, whatever has happened, milliseconds. */
const PATIENCE_MS = 12_000
const CLIENT = '/_matrix/client/v3'
const enc = encodeURIComponent
let unique = 0

/** What people and administrators do all day. */
export function probesOf(user: Client, admin: Client, roomId: string): Probe[] {
  const ask =
    (by: Client, method: string, path: () => string, body?: object, type = 'application/json') =>
    (signal: AbortSignal) =>
      fetch(by.url + path(), {
        method,
        signal,
        headers: { authorization: `Bearer ${by.accessToken}`, 'content-type': type },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
  const room = `${CLIENT}/rooms/${enc(roomId)}`
  const login = {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: user.userId },
    password: `pw-${user.userId.slice(1).split(':')[0]}`,
  }
  const say = (body: string) =>
    ask(user, 'PUT', () => `${room}/send/m.room.message/${enc(body)}`, { msgtype: 'm.text', body })
  return [
    { name: 'whoami', writes: false, request: ask(user, 'GET', () => `${CLIENT}/account/whoami`) },
    { name: 'messages', writes: false, request: ask(user, 'GET', () => `${room}/messages?dir=b`) },
    { name: 'first sync', writes: false, request: ask(user, 'GET', () => `${CLIENT}/sync`) },
    { name: 'list of users', writes: false, request: ask(admin, 'GET', () => '/_synapse/admin/v2/users') },
    { name: 'log in', writes: true, request: ask(user, 'POST', () => `${CLIENT}/login`, login) },
    {
      name: 'send',
      writes: true,
      request: (signal) => say(`probe ${++unique}`)(signal),
    },
    {
      name: 'upload',
      writes: true,
      request: ask(
        user,
        'POST',
        () => '/_matrix/media/v3/upload',
        { unique: ++unique, filler: 'x'.repeat(100_000) },
        'text/plain',
      ),
    },
    {
      name: 'change a user',
      writes: true,
      request: ask(admin, 'PUT', () => `/_synapse/admin/v2/users/${enc(user.userId)}`, {
        displayname: 'Probed',
      }),
    },
  ]
}

export interface Probed {
  /** 0: no answer. */
  status: number
  ms: number
  /** Not in the form of an answer or of an error. */
  fault: string | undefined
}

/** Asks, and says what came of it: in time, and if an error then a Matrix error. */
export async function probe({ name, request }: Probe): Promise<Probed> {
  const startedMs = performance.now()
  const since = () => Math.round(performance.now() - startedMs)
  try {
    const answer = await request(AbortSignal.timeout(PATIENCE_MS))
    const body = (await answer.json()) as { errcode?: unknown; error?: unknown }
    const isClear = answer.ok || (typeof body.errcode === 'string' && typeof body.error === 'string')
    return {
      status: answer.status,
      ms: since(),
      fault: isClear ? undefined : `${name}: ${answer.status} ${JSON.stringify(body)}`,
    }
  } catch (error) {
    return {
      status: 0,
      ms: since(),
      fault: `${name}: no answer after ${since()} ms (${(error as Error).message})`,
    }
  }
}

/** Asks everything until all of it succeeds; what still fails after `limitMs`. */
export async function untilWell(probes: readonly Probe[], limitMs: number): Promise<string[]> {
  const deadlineMs = performance.now() + limitMs
  for (;;) {
    const results = await Promise.all(probes.map(async (one) => ({ name: one.name, ...(await probe(one)) })))
    const failing = results.filter(({ status }) => status !== 200)
    if (failing.length === 0) return []
    if (performance.now() > deadlineMs)
      return failing.map(({ name, status, fault }) => `${name} does not recover: ${fault ?? status}`)
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}
const RETRY_MS = 250
