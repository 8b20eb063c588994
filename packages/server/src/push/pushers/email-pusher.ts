import { setImmediate } from 'node:timers/promises'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { EmailThrottle, Pusher } from '@ranvier/storage'
import type { Timer } from '../../clock.ts'
import { queueMailIn } from '../../mail/outbox.ts'
import { afterMail, readyAt } from './email-throttle.ts'
import { type DueNotification, findDue, isRead } from './find-due.ts'
import type { HttpPusherParts } from './http-pusher.ts'
import { type NotificationMails, notificationMail } from './notification-mail.ts'
import type { WorkingPusher } from './working-pusher.ts'

export type EmailPusherParts = Omit<HttpPusherParts, 'notify'> & {
  mails: NotificationMails
  /** Whether the user's account has expired. Absent: none does. */
  isExpired?: ((userId: UserId) => Promise<boolean>) | undefined
}

/** Older events are not worth a mail any more. Longer than the longest throttle. */
const MAX_AGE_MS = 3 * 24 * 3_600_000
/** With so many waiting no more are looked for until a mail is sent: they are in the next one. */
const MAX_WAITING = 500
const RETRY_MS = 60_000

/**
 * A pusher that sends mail. What notifies waits for a while, and then until its room may be the reason of a mail again:
 * what has been read by then is left out, and all that has not goes into one mail. Synapse: push/emailpusher
 */
export class EmailPusher implements WorkingPusher {
  readonly #parts: EmailPusherParts
  #pusher: Pusher
  /** Every event up to here has been looked at. */
  #checked: number
  /** What notifies and has not been sent, oldest first. */
  #waiting: DueNotification[] = []
  /** Rooms with events above `#checked`, each with a position up to which they are known to be in there. */
  readonly #rooms = new Map<RoomId, number>()
  #throttles: Map<RoomId, EmailThrottle> | undefined
  /** When the first of what waits may be sent. */
  #timer: Timer | undefined
  #isDue = false
  #working: Promise<void> | undefined
  #stopping = false

  constructor(parts: EmailPusherParts, pusher: Pusher, rooms: Iterable<RoomId>) {
    this.#parts = parts
    this.#pusher = pusher
    this.#checked = pusher.lastPosition
    for (const roomId of rooms) this.touch(roomId, parts.settled())
  }

  get pusher(): Pusher {
    return this.#pusher
  }

  get isIdle(): boolean {
    return this.#working === undefined && this.#rooms.size === 0 && this.#waiting.length === 0
  }

  get unsaved(): Pusher | undefined {
    const [first] = this.#waiting
    const checked = this.isIdle ? Math.max(this.#checked, this.#parts.settled()) : this.#checked
    const lastPosition = first === undefined ? checked : positionOf(first) - 1
    return lastPosition > this.#pusher.lastPosition ? { ...this.#pusher, lastPosition } : undefined
  }

  touch(roomId: RoomId, position: number): void {
    if (position > this.#checked) this.#rooms.set(roomId, position)
  }

  /** A mail that has been sent shows what it shows. */
  countAgain(): void {}

  replace(pusher: Pusher): void {
    this.#pusher = pusher
    this.#checkedUpTo(pusher.lastPosition)
    this.#waiting = this.#waiting.filter((each) => positionOf(each) > pusher.lastPosition)
  }

  wake(): void {
    if (this.#stopping || this.#working !== undefined) return
    if (!this.#isDue && !this.#hasNews) return
    this.#working = this.#work()
      .catch((error: unknown) => this.#failed(error))
      .then(() => {
        this.#working = undefined
        this.wake() // what came in the last moment found it still working
      })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#timer?.cancel()
    await this.#working
  }

  get #hasNews(): boolean {
    const isMore = this.#rooms.size > 0 && this.#checked < this.#parts.settled()
    return isMore && this.#waiting.length < MAX_WAITING
  }

  async #work(): Promise<void> {
    while (this.#hasNews && !this.#stopping) await this.#look()
    this.#isDue = false
    if (!this.#stopping) await this.#sendWhatIsDue()
  }

  async #look(): Promise<void> {
    const { clock, settled } = this.#parts
    const range = { after: this.#checked, upTo: settled(), sinceMs: clock.nowMs() - MAX_AGE_MS }
    const rooms = [...this.#rooms.keys()]
    const batch = await this.#inTurn(() => findDue(this.#parts, this.#pusher.userId, rooms, range))
    this.#waiting.push(...batch.due)
    this.#checkedUpTo(batch.upTo)
  }

  #checkedUpTo(position: number): void {
    this.#checked = Math.max(this.#checked, position)
    for (const [roomId, last] of this.#rooms) if (last <= this.#checked) this.#rooms.delete(roomId)
  }

  async #sendWhatIsDue(): Promise<void> {
    this.#throttles ??= await this.#parts.storage.read.pushers.throttles(this.#pusher)
    if (!this.#isTime()) return
    // It may have expired while this waited.
    if (await this.#parts.isExpired?.(this.#pusher.userId)) this.#waiting = []
    // Only now: most of what notifies is read before it would be sent.
    const unread: DueNotification[] = []
    for (const each of this.#waiting) if (await this.#isStillNews(each)) unread.push(each)
    this.#waiting = unread
    const reason = this.#isTime()
    if (reason !== undefined) await this.#send(reason)
    else if (unread.length === 0) await this.#save()
  }

  /** The first that may be sent now. Sets the timer for it when there is none yet. */
  #isTime(): DueNotification | undefined {
    const nowMs = this.#parts.clock.nowMs()
    let earliest = Number.POSITIVE_INFINITY
    for (const each of this.#waiting) {
      const { roomId, receivedTs } = each.loaded.row
      const at = Math.max(
        receivedTs + this.#parts.mails.config.notifications.delayMs,
        readyAt(this.#throttles?.get(roomId)),
      )
      if (at <= nowMs) return each
      earliest = Math.min(earliest, at)
    }
    if (earliest !== Number.POSITIVE_INFINITY) this.#wakeIn(earliest - nowMs)
    return undefined
  }

  async #isStillNews({ loaded }: DueNotification): Promise<boolean> {
    const { reads } = this.#parts
    const current = (await reads.roomEvents.byNid([loaded.row.nid])).get(loaded.row.nid)
    if (current === undefined || current.row.redactedBy !== null) return false
    return !(await isRead(this.#parts, this.#pusher.userId, loaded))
  }

  /** All that waits goes with it: the next mail is then about what comes later. */
  async #send(reason: DueNotification): Promise<void> {
    const { storage, clock, badges } = this.#parts
    const { roomId, receivedTs } = reason.loaded.row
    const unreadCount = await this.#inTurn(() => badges.of(this.#pusher.userId))
    const about = { pusher: this.#pusher, reason, notifications: this.#waiting, unreadCount }
    const mail = await notificationMail(this.#parts, about)
    const nowMs = clock.nowMs()
    const throttle = afterMail(this.#throttles?.get(roomId), { nowMs, receivedTs })
    const pusher = { ...this.#pusher, lastPosition: this.#checked, badge: unreadCount }
    await storage.write(async (tx) => {
      await queueMailIn(tx, mail, nowMs)
      await tx.pushers.setThrottle(pusher, roomId, throttle)
      await tx.pushers.saveProgress(pusher, pusher)
    })
    this.#throttles?.set(roomId, throttle)
    this.#pusher = pusher
    this.#waiting = []
  }

  async #save(): Promise<void> {
    const { unsaved } = this
    if (unsaved === undefined) return
    await this.#parts.storage.write((tx) => tx.pushers.saveProgress(unsaved, unsaved))
    this.#pusher = unsaved
  }

  #wakeIn(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#parts.clock.setTimeout(() => {
      this.#isDue = true
      this.wake()
    }, delayMs)
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
    this.#parts.onError(error, { userId: this.#pusher.userId, appId: this.#pusher.appId })
    this.#wakeIn(RETRY_MS)
  }
}

// What findDue finds has a position in the stream.
const positionOf = ({ loaded }: DueNotification): number => loaded.row.position!
