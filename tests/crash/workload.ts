import { setTimeout as wait } from 'node:timers/promises'
import { type Client, MatrixRequestError, type Ranvier } from '@ranvier/testkit'

const RETRY_MS = 100

/** Something the server has promised to keep. */
export interface Promised {
  roomId: string
  eventId: string
  text: string
}

/**
 * Clients that write without pause. A request whose answer is lost is sent again with the same transaction id, as real
 * clients do, until there is an answer.
 */
export class Workload {
  /** Every answered send, in the order of the answers. */
  readonly promised: Promised[] = []
  /** Answers that were neither success nor a lost connection. */
  readonly refusals: string[] = []
  /** The last account data each user was told is stored. */
  readonly settings = new Map<Client, number>()
  retries = 0
  /** Requests that were answered as they were meant to be. */
  answers = 0
  #stopping = false
  #pause: PromiseWithResolvers<void> | undefined
  readonly #workers: Promise<void>[] = []
  #unique = 0
  readonly #isPassing: (error: MatrixRequestError) => boolean

  /** `isPassing`: an answer after which the client tries again. Default: none. */
  constructor(isPassing: (error: MatrixRequestError) => boolean = () => false) {
    this.#isPassing = isPassing
  }

  /** From now on nothing new is begun until `resume`; what waits for its answer goes on being asked for. */
  pause(): void {
    this.#pause ??= Promise.withResolvers()
  }

  resume(): void {
    this.#pause?.resolve()
    this.#pause = undefined
  }

  /** To be awaited before each new thing; whether there is to be one. */
  async goesOn(): Promise<boolean> {
    await this.#pause?.promise
    return !this.#stopping
  }

  /** Further work, which ends soon after `goesOn` has said no. */
  add(work: Promise<void>): void {
    this.#workers.push(work)
  }

  start(users: readonly Client[], roomIds: readonly string[]): void {
    for (const [i, user] of users.entries()) {
      this.#workers.push(this.#send(user, roomIds, i))
      this.#workers.push(this.#set(user))
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.resume()
    await Promise.all(this.#workers)
  }

  async #send(user: Client, roomIds: readonly string[], offset: number): Promise<void> {
    for (let n = offset; await this.goesOn(); n++) {
      const roomId = roomIds[n % roomIds.length]!
      const text = `${user.userId} ${++this.#unique}`
      const eventId = await this.insist(() => user.send(roomId, text, { txnId: `crash-${text}` }))
      if (eventId !== undefined) this.promised.push({ roomId, eventId, text })
    }
  }

  async #set(user: Client): Promise<void> {
    for (let n = 1; await this.goesOn(); n++) {
      const path = `/_matrix/client/v3/user/${encodeURIComponent(user.userId)}/account_data/com.example.crash`
      if ((await this.insist(() => user.put(path, { n }))) !== undefined) this.settings.set(user, n)
    }
  }

  /** The answer, however often the server is killed meanwhile; `undefined` if it refuses. */
  async insist<T>(request: () => Promise<T>): Promise<T | undefined> {
    for (;;) {
      try {
        const answer = await request()
        this.answers++
        return answer
      } catch (error) {
        if (error instanceof MatrixRequestError && !this.#isPassing(error)) {
          this.refusals.push(error.message)
          return undefined
        }
        if (this.#stopping) return undefined // what was never answered was never promised
        this.retries++
        await wait(RETRY_MS)
      }
    }
  }
}

/**
 * The request, for one whose answer may be lost: a refusal with `errcode` at a second try says that the first has done it.
 */
export function onceDone(request: () => Promise<unknown>, errcode: string): () => Promise<true> {
  let isFirst = true
  return async () => {
    try {
      await request()
    } catch (error) {
      if (isFirst || !(error instanceof MatrixRequestError) || error.errcode !== errcode) throw error
    } finally {
      isFirst = false
    }
    return true
  }
}

/** An administrator, users, and rooms they are all in. */
export async function makeRooms(server: Ranvier, counts: { users: number; rooms: number }) {
  const admin = await server.registerAdmin()
  const users = await Promise.all(Array.from({ length: counts.users }, (_, i) => server.register(`user${i}`)))
  return { admin, users, roomIds: await roomsOf(admin, users, counts.rooms) }
}

/** Public rooms of the administrator with these members. */
export async function roomsOf(admin: Client, members: readonly Client[], count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const roomId = await admin.createRoom({ preset: 'public_chat' })
    await Promise.all(members.map((user) => user.join(roomId)))
    ids.push(roomId)
  }
  return ids
}
