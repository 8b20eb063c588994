import type { Clock } from '../clock.ts'
import type { ActiveUser } from './active-user.ts'

/**
 * Why a wait ended: something happened, the time was over, or the request should be answered now with nothing, because
 * newer ones took its place or its user is being logged out, or because nobody reads the answer any more.
 */
export type WaitResult = 'news' | 'timeout' | 'dismissed' | 'aborted'

export interface Waiter {
  readonly deviceId: string | null
  end(result: WaitResult): void
}

/** Limits that bound what open long polls cost. */
export interface WaitLimits {
  /** Requests of one device that wait at the same time; the oldest is answered when there are more. */
  perDevice: number
  /** Requests of all devices of one user. */
  perUser: number
  /** Requests of everybody. */
  total: number
}

/** Requests that wait for news. Waiting costs one small object and one timer, and reads nothing. */
export class Waiters {
  readonly #clock: Clock
  readonly #limits: WaitLimits
  /** Oldest first. */
  readonly #all = new Set<Waiter>()

  constructor(clock: Clock, limits: WaitLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#all.size
  }

  /** Waits until something happens to `user`, `timeoutMs` are over, or one of the limits is passed by newer requests. */
  wait(
    user: ActiveUser,
    options: { deviceId: string | null; timeoutMs: number; signal: AbortSignal },
  ): Promise<WaitResult> {
    const { deviceId, timeoutMs, signal } = options
    if (signal.aborted) return Promise.resolve('aborted')
    return new Promise((resolve) => {
      const waiter: Waiter = {
        deviceId,
        end: (result) => {
          if (!this.#all.delete(waiter)) return
          user.waiters.delete(waiter)
          timer.cancel()
          signal.removeEventListener('abort', onAbort)
          resolve(result)
        },
      }
      const onAbort = () => waiter.end('aborted')
      const timer = this.#clock.setTimeout(() => waiter.end('timeout'), timeoutMs)
      signal.addEventListener('abort', onAbort)
      this.#all.add(waiter)
      user.waiters.add(waiter)
      this.#makeRoom(user, deviceId)
    })
  }

  /** Ends every wait: the server stops. */
  dismissAll(): void {
    for (const waiter of [...this.#all]) waiter.end('dismissed')
  }

  #makeRoom(user: ActiveUser, deviceId: string | null): void {
    const ofDevice: Waiter[] = []
    for (const waiter of user.waiters) if (waiter.deviceId === deviceId) ofDevice.push(waiter)
    if (ofDevice.length > this.#limits.perDevice) ofDevice[0]!.end('dismissed')
    if (user.waiters.size > this.#limits.perUser) {
      const [oldest] = user.waiters
      oldest?.end('dismissed')
    }
    if (this.#all.size > this.#limits.total) {
      const [oldest] = this.#all
      oldest?.end('dismissed')
    }
  }
}
