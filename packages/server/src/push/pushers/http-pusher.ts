import { setImmediate } from 'node:timers/promises'
import type { RoomId } from '@ranvier/protocol/ids/brands'
import type { Pusher, Storage } from '@ranvier/storage'
import type { Clock, Timer } from '../../clock.ts'
import type { WorkLimit } from '../../media/work-limit.ts'
import type { Unread } from '../unread.ts'
import type { Badges } from './badges.ts'
import { type DueNotification, type FindParts, findDue, isRead } from './find-due.ts'
import type { NotifyGateway } from './gateway.ts'
import { badgeNotification, eventNotification, type PushNotification } from './notification.ts'
import type { WorkingPusher } from './working-pusher.ts'

export interface HttpPusherParts extends FindParts {
  storage: Storage
  clock: Clock
  unread: Unread
  badges: Badges
  notify: NotifyGateway
  /** Looking for notifications and counting take turns; waiting for gateways does not count. */
  limit: WorkLimit
  includeContent: boolean
  /** Every event up to here has been noted with the pushers it concerns. */
  settled: () => number
  onError: (error: unknown, pusher: { userId: string; appId: string }) => void
}

const FIRST_RETRY_MS = 1_000
const MAX_RETRY_MS = 3_600_000
/** Older events are not worth a notification any more. */
export const MAX_AGE_MS = 24 * 3_600_000

/**
 * One pusher at work: finds what its user is to be notified of, in order, and sends one notification at a time. What
 * has been sent is noted before the next is. When the gateway fails, it tries the same again, later and later.
 */
export class HttpPusher implements WorkingPusher {
  readonly #parts: HttpPusherParts
  #pusher: Pusher
  /** Every event up to here has been sent or needs not be. */
  #checked: number
  /** Rooms with events above that, each with a position up to which they are known to be in there. */
  readonly #rooms = new Map<RoomId, number>()
  #badgeDue = false
  #failures = 0
  #retry: Timer | undefined
  #working: Promise<void> | undefined
  readonly #stop = new AbortController()
  #stopping = false

  /** `rooms` may have events above the pusher's last position. What comes after {@link HttpPusherParts.settled} is touched. */
  constructor(parts: HttpPusherParts, pusher: Pusher, rooms: Iterable<RoomId>) {
    this.#parts = parts
    this.#pusher = pusher
    this.#checked = pusher.lastPosition
    for (const roomId of rooms) this.touch(roomId, parts.settled())
  }

  get pusher(): Pusher {
    return this.#pusher
  }

  /** Nothing to do, now or later. */
  get isIdle(): boolean {
    return this.#working === undefined && this.#rooms.size === 0 && !this.#badgeDue
  }

  /** How far it has come, if that is further than the database knows. */
  get unsaved(): Pusher | undefined {
    const lastPosition = this.isIdle ? Math.max(this.#checked, this.#parts.settled()) : this.#checked
    return lastPosition > this.#pusher.lastPosition ? { ...this.#pusher, lastPosition } : undefined
  }

  /** An event happened in a room of the user. */
  touch(roomId: RoomId, position: number): void {
    if (position > this.#checked) this.#rooms.set(roomId, position)
  }

  /** The user has read something. */
  countAgain(): void {
    this.#badgeDue = true
  }

  /** A client has set the pusher again: it may lead elsewhere now, so what failed is tried at once. */
  replace(pusher: Pusher): void {
    this.#pusher = { ...pusher, badge: this.#pusher.badge }
    this.#checkedUpTo(pusher.lastPosition)
    this.#failures = 0
    this.#retry?.cancel()
    this.#retry = undefined
  }

  /** Begins to work unless it does already, or waits for another try. */
  wake(): void {
    if (this.#stopping || this.#working !== undefined || this.#retry !== undefined) return
    if (!this.#badgeDue && !this.#hasNews) return
    this.#working = this.#work()
      .catch((error: unknown) => this.#failed(error))
      .then(() => {
        this.#working = undefined
        this.wake() // what came in the last moment found it still working
      })
  }

  get #hasNews(): boolean {
    return this.#rooms.size > 0 && this.#checked < this.#parts.settled()
  }

  /** Ends it. What is on its way is cut off once `graceful` settles; at once without it. */
  async stop(graceful: Promise<unknown> = Promise.resolve()): Promise<void> {
    this.#stopping = true
    this.#retry?.cancel()
    const working = this.#working ?? Promise.resolve()
    await Promise.race([working, graceful])
    this.#stop.abort()
    await working
  }

  async #work(): Promise<void> {
    while (!this.#stopping) {
      if (this.#hasNews) {
        if (!(await this.#sendDue())) return
      } else if (this.#badgeDue) {
        this.#badgeDue = false
        if (!(await this.#sendBadge())) return
      } else return
    }
  }

  /** Looks at the next events and sends what is due. False when it has to wait for another try. */
  async #sendDue(): Promise<boolean> {
    const { clock, settled } = this.#parts
    const { userId } = this.#pusher
    const range = { after: this.#checked, upTo: settled(), sinceMs: clock.nowMs() - MAX_AGE_MS }
    const batch = await this.#inTurn(() => findDue(this.#parts, userId, [...this.#rooms.keys()], range))
    for (const notification of batch.due) {
      if (this.#stopping) return false
      // Passed over since: the pusher was disabled meanwhile and set anew.
      if (notification.loaded.row.position! <= this.#checked) continue
      if (!(await this.#sendEvent(notification))) return false
    }
    this.#checkedUpTo(batch.upTo)
    return true
  }

  #checkedUpTo(position: number): void {
    this.#checked = Math.max(this.#checked, position)
    for (const [roomId, position] of this.#rooms) if (position <= this.#checked) this.#rooms.delete(roomId)
  }

  async #sendEvent({ loaded, outcome }: DueNotification): Promise<boolean> {
    const { reads, contexts, badges, includeContent, storage } = this.#parts
    const { userId } = this.#pusher
    const { roomId, sender, position } = loaded.row
    if (await isRead(this.#parts, userId, loaded)) return true
    const [unread, room, senderDisplayName] = await this.#inTurn(() =>
      Promise.all([
        badges.of(userId),
        storage.read.rooms.findRoom(roomId),
        contexts.displayName(roomId, sender),
      ]),
    )
    // Between judging and here it may have been taken back.
    const current = (await reads.roomEvents.byNid([loaded.row.nid])).get(loaded.row.nid)
    if (current === undefined || current.row.redactedBy !== null) return true
    const notification = eventNotification(this.#pusher, {
      loaded: current,
      outcome,
      unread,
      room: { senderDisplayName, name: room?.name ?? null, alias: room?.canonicalAlias ?? null },
      includeContent,
    })
    return this.#deliver(notification, { checked: position!, badge: unread })
  }

  async #sendBadge(): Promise<boolean> {
    const { badges } = this.#parts
    const unread = await this.#inTurn(() => badges.of(this.#pusher.userId))
    if (unread === (this.#pusher.badge ?? 0)) return true
    const notification = badgeNotification(this.#pusher, unread)
    const delivered = await this.#deliver(notification, { checked: this.#checked, badge: unread })
    if (!delivered) this.#badgeDue = !this.#stopping
    return delivered
  }

  /** False: the gateway did not take it and is asked again later, or there is no pusher any more. */
  async #deliver(notification: PushNotification, then: { checked: number; badge: number }): Promise<boolean> {
    const { notify, storage } = this.#parts
    const { data, pushkey } = this.#pusher
    let rejected: readonly string[]
    try {
      rejected = await notify(String(data['url']), notification, this.#stop.signal)
    } catch (error) {
      this.#failed(error)
      return false
    }
    this.#failures = 0
    if (rejected.includes(pushkey)) {
      this.#stopping = true
      await storage.write((tx) => tx.pushers.delete(this.#pusher))
      return false
    }
    this.#checked = Math.max(this.#checked, then.checked)
    this.#pusher = { ...this.#pusher, lastPosition: this.#checked, badge: then.badge }
    const saved = this.#pusher
    await storage.write((tx) => tx.pushers.saveProgress(saved, saved))
    return true
  }

  /** SQLite answers without a turn of the event loop: many pushers that work at once would keep it from sockets. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#parts.limit.run(async () => {
      await setImmediate()
      return work()
    })
  }

  #failed(error: unknown): void {
    if (this.#stopping) return
    const { clock, onError } = this.#parts
    // A gateway that is away for long is not worth a line for each try.
    if (this.#failures === 0) onError(error, { userId: this.#pusher.userId, appId: this.#pusher.appId })
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, MAX_RETRY_MS)
    this.#failures = Math.min(this.#failures + 1, 30)
    this.#retry?.cancel()
    this.#retry = clock.setTimeout(() => {
      this.#retry = undefined
      this.wake()
    }, delayMs)
  }
}
