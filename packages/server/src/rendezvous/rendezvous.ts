import { randomBytes } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { notFound, tooLarge } from '../errors.ts'

/** Two devices have so long to find each other: who scans a code may have to log in meanwhile. */
export const RENDEZVOUS_MS = 5 * 60_000
/** Spec: MSC4108 §API: what fits a handshake or a login, and no file. */
export const MAX_RENDEZVOUS_BYTES = 4096
/** Anybody may make them: beyond so many the oldest one ends. */
const MAX_SESSIONS = 1_000

/** A place where two devices leave each other messages, one at a time. */
export interface Rendezvous {
  readonly id: string
  data: string
  /** Changes with every message. */
  version: string
  /** ms since epoch. */
  modifiedTs: number
  readonly expiresTs: number
}

/**
 * Where a device that is to be logged in meets one that is. What they say is encrypted, and who knows the id may read it;
 * a message is only replaced by who has seen it. In memory: what is lost at a restart is begun anew. MSC4108, MSC4388
 */
export class RendezvousSessions {
  readonly #clock: Pick<Clock, 'nowMs'>
  /** Oldest first: all last equally long. */
  readonly #sessions = new Map<string, Rendezvous>()

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock
  }

  /** 413 for too much. */
  create(data: string): Rendezvous {
    checkSize(data)
    this.#forgetOld()
    if (this.#sessions.size >= MAX_SESSIONS) this.#sessions.delete(this.#sessions.keys().next().value!)
    const nowMs = this.#clock.nowMs()
    const id = randomBytes(18).toString('base64url')
    const session = { id, data, version: newVersion(), modifiedTs: nowMs, expiresTs: nowMs + RENDEZVOUS_MS }
    this.#sessions.set(id, session)
    return session
  }

  /** 404 for one that is unknown or has ended. */
  get(id: string): Rendezvous {
    const session = this.#sessions.get(id)
    if (session === undefined || session.expiresTs <= this.#clock.nowMs()) throw notFound('Rendezvous')
    return session
  }

  /** Replaces the message by another if it is still the one of `version`; `undefined` if not. */
  replace(id: string, version: string, data: string): Rendezvous | undefined {
    checkSize(data)
    const session = this.get(id)
    if (session.version !== version) return undefined
    session.data = data
    session.version = newVersion()
    session.modifiedTs = this.#clock.nowMs()
    return session
  }

  expiresInMs({ expiresTs }: Rendezvous): number {
    return expiresTs - this.#clock.nowMs()
  }

  end(id: string): void {
    this.get(id)
    this.#sessions.delete(id)
  }

  #forgetOld(): void {
    const nowMs = this.#clock.nowMs()
    for (const { id, expiresTs } of this.#sessions.values()) {
      if (expiresTs > nowMs) return
      this.#sessions.delete(id)
    }
  }
}

const newVersion = () => randomBytes(9).toString('base64url')

function checkSize(data: string): void {
  if (Buffer.byteLength(data) > MAX_RENDEZVOUS_BYTES)
    throw tooLarge(`A message has at most ${MAX_RENDEZVOUS_BYTES} bytes`)
}
