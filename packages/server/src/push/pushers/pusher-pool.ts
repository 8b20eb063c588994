import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Pusher, Storage } from '@ranvier/storage'
import type { Clock, Timer } from '../../clock.ts'
import { createRecentCache, type RecentCache } from '../../recent-cache.ts'
import type { Badges } from './badges.ts'
import { PushNews } from './news.ts'
import { type UserPusherParts, UserPushers } from './user-pushers.ts'

export interface PoolParts {
  storage: Storage
  clock: Clock
  badges: Badges
  limits: {
    /** Rooms whose members with pushers are kept in memory. */
    rooms: number
    /** Users whose pushers are kept in memory while there is nothing to send. */
    users: number
  }
  /** Users who are told nothing for now: their accounts have expired. Absent: there are none such. */
  isExpired?: ((userId: UserId) => Promise<boolean>) | undefined
  onError: (error: unknown) => void
}

const USERS_PER_PAGE = 100
const SAVES_PER_WRITE = 200
const READS_PER_TURN = 20
const SWEEP_INTERVAL_MS = 60_000
const IDLE_MS = 10 * 60_000
const RESTART_MS = 5_000
/** How long requests to gateways that are under way when the server stops may still take. */
const GRACE_MS = 2_000

/**
 * Tells pushers what happened, in the order of the stream. What an event costs grows with the members of the room who
 * have pushers, not with its members. Facts are only noted when they come; the work happens later, by itself.
 */
export class PusherPool implements AsyncDisposable {
  readonly #parts: PoolParts
  readonly #pusherParts: UserPusherParts
  /** Users with pushers joined to a room. May hold too many, who have left it or have no pusher any more; never too few. */
  readonly #rooms: RecentCache<RoomId, Promise<Set<UserId>>>
  /** Users with pushers at work, or until lately. */
  readonly #users = new Map<UserId, UserPushers>()
  #news = new PushNews()
  #settled = 0
  /** Position up to which news is being applied, or was last. */
  #applying = 0
  /** The end of the queue of what reads and changes the maps. */
  #queue: Promise<void> = Promise.resolve()
  #isQueued = false
  #started = false
  #stopped = false
  #sweepTimer: Timer | undefined
  #restart: Timer | undefined

  /** `pusherParts` gets the pool's own {@link settled}. */
  constructor(parts: PoolParts, pusherParts: Omit<UserPusherParts, 'settled'>) {
    this.#parts = parts
    this.#pusherParts = { ...pusherParts, settled: () => this.#settled }
    this.#rooms = createRecentCache(parts.limits.rooms)
  }

  /** Begins with what has not been sent yet, then follows what happens. Resolves when it follows. */
  async start(): Promise<void> {
    const { storage } = this.#parts
    storage.subscribe((facts) => {
      if (this.#stopped) return
      for (const fact of facts) this.#news.add(fact)
      if (this.#started) this.#schedule()
    })
    this.#settled = (await storage.positions()).events
    this.#started = true
    this.#schedule()
    this.#sweepLater()
    void this.#catchUp()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#sweepTimer?.cancel()
    this.#restart?.cancel()
    await this.#queue
    const users = [...this.#users.values()]
    let timer: Timer | undefined
    const graceful = new Promise<void>((resolve) => {
      timer = this.#parts.clock.setTimeout(resolve, GRACE_MS)
    })
    await Promise.all(users.map((user) => user.stop(graceful)))
    timer?.cancel()
    await this.#save(users.flatMap((user) => user.unsaved))
  }

  #schedule(): void {
    if (this.#isQueued || this.#stopped || this.#news.isEmpty) return
    this.#isQueued = true
    // Not at once: the facts of many commits are noted together, and the sender is answered first.
    setImmediate(() => {
      void this.#enqueue(async () => {
        this.#isQueued = false
        const news = this.#news
        this.#news = new PushNews()
        this.#applying = news.upTo
        await this.#apply(news)
      })
    })
  }

  /** One after another. */
  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue
      .then(() => (this.#stopped ? undefined : work()))
      .catch((error: unknown) => this.#beginAnew(error))
    return this.#queue
  }

  /**
   * After a failure of the database nobody knows who has been told of what: all is read again, from what has been sent.
   * What could not be applied is then among what is read.
   */
  #beginAnew(error: unknown): void {
    this.#parts.onError(error)
    this.#rooms.clear()
    for (const user of this.#users.values()) void user.stop()
    this.#users.clear()
    this.#settled = Math.max(this.#settled, this.#applying)
    this.#restart ??= this.#parts.clock.setTimeout(() => {
      this.#restart = undefined
      void this.#catchUp()
    }, RESTART_MS)
  }

  async #catchUp(): Promise<void> {
    const { pushers } = this.#parts.storage.read
    let after = ''
    for (let isMore = true; isMore; ) {
      isMore = false
      await this.#enqueue(async () => {
        const page = await pushers.users(after, USERS_PER_PAGE)
        for (const user of await this.#findAll(page)) user.wake()
        if (this.#users.size > this.#parts.limits.users) await this.#sweep()
        after = page.at(-1) ?? after
        isMore = page.length === USERS_PER_PAGE
      })
    }
  }

  async #apply(news: PushNews): Promise<void> {
    // Whose pushers and rooms are whose comes first: what follows looks at it.
    const woken = new Set<UserPushers>()
    for (const userId of news.changed) {
      const user = await this.#reload(userId)
      if (user !== undefined) woken.add(user)
    }
    for (const roomId of news.unclear) this.#rooms.delete(roomId)
    for (const member of news.members) await this.#memberChanged(member, woken)
    for (const [roomId, position] of news.rooms) {
      for (const user of await this.#findAll([...(await this.#usersIn(roomId))])) {
        user.touch(roomId, position)
        this.#parts.badges.touch(user.userId, roomId)
        woken.add(user)
      }
    }
    for (const [roomId, readers] of news.readers) {
      const inRoom = await this.#usersIn(roomId)
      for (const user of await this.#findAll([...readers].filter((userId) => inRoom.has(userId)))) {
        user.countAgain()
        this.#parts.badges.touch(user.userId, roomId)
        woken.add(user)
      }
    }
    this.#settled = Math.max(this.#settled, news.upTo)
    for (const user of woken) user.wake()
  }

  async #memberChanged(
    { roomId, userId, to, position }: PushNews['members'][number],
    woken: Set<UserPushers>,
  ): Promise<void> {
    const inRoom = this.#rooms.get(roomId)
    this.#parts.badges.forget(userId)
    if (to !== 'join') (await inRoom)?.delete(userId)
    if (to !== 'join' && to !== 'invite') return
    const user = await this.#find(userId)
    if (user === undefined) return
    if (to === 'invite' && (await this.#parts.isExpired?.(userId))) return
    if (to === 'join') (await inRoom)?.add(userId)
    else user.touch(roomId, position)
    woken.add(user)
  }

  /** The user's pushers as a client has just changed them. */
  async #reload(userId: UserId): Promise<UserPushers | undefined> {
    const known = this.#users.get(userId)
    if (known !== undefined) await this.#update(known)
    const user = known ?? (await this.#find(userId))
    if (user !== undefined && !user.isEmpty && user === known) return user
    // The first or the last of the user: rooms in memory have to know. Others find it by themselves.
    if (user?.isEmpty) this.#users.delete(userId)
    for (const { roomId } of await this.#parts.storage.read.members.roomsOf(userId, ['join'])) {
      const inRoom = await this.#rooms.peek(roomId)
      if (user === undefined || user.isEmpty) inRoom?.delete(userId)
      else inRoom?.add(userId)
    }
    return user?.isEmpty ? undefined : user
  }

  async #usersIn(roomId: RoomId): Promise<Set<UserId>> {
    let users = this.#rooms.get(roomId)
    if (users === undefined) {
      users = this.#parts.storage.read.pushers.joinedUsersOf(roomId).then((userIds) => new Set(userIds))
      this.#rooms.set(roomId, users)
    }
    return users
  }

  /** Those of the users who have pushers. */
  async #findAll(userIds: readonly UserId[]): Promise<UserPushers[]> {
    const found: UserPushers[] = []
    let reads = 0
    for (const userId of userIds) {
      const known = this.#users.get(userId)
      // SQLite answers without a turn of the event loop: a large room would keep it from sockets.
      if (known === undefined && ++reads % READS_PER_TURN === 0) await nextTurn()
      const user = known ?? (await this.#find(userId))
      if (user !== undefined && !(await this.#parts.isExpired?.(userId))) found.push(user)
    }
    return found
  }

  async #find(userId: UserId): Promise<UserPushers | undefined> {
    const known = this.#users.get(userId)
    if (known !== undefined) return known
    const user = new UserPushers(this.#pusherParts, userId)
    await this.#update(user)
    if (user.isEmpty) return undefined
    this.#users.set(userId, user)
    return user
  }

  async #update(user: UserPushers): Promise<void> {
    const { pushers, sync } = this.#parts.storage.read
    const all = await pushers.listOfUser(user.userId)
    await user.update(
      all.filter(({ kind, enabled }) => enabled && (kind === 'http' || this.#pusherParts.mails !== null)),
      (userId, after) => sync.changedRooms(userId, after),
    )
  }

  #sweepLater(): void {
    this.#sweepTimer = this.#parts.clock.setTimeout(() => {
      void this.#enqueue(() => this.#sweep())
      this.#sweepLater()
    }, SWEEP_INTERVAL_MS)
  }

  /** Lets go of users who have had nothing to hear for a while; of all of them when they are too many. */
  async #sweep(): Promise<void> {
    const isTooMany = this.#users.size > this.#parts.limits.users
    const beforeMs = isTooMany ? Number.POSITIVE_INFINITY : this.#parts.clock.nowMs() - IDLE_MS
    const idle = [...this.#users.values()].filter((user) => user.isIdle && user.lastUsedMs < beforeMs)
    await this.#save(idle.flatMap((user) => user.unsaved))
    // Nobody else is in the queue: they are as idle as they were.
    for (const user of idle) this.#users.delete(user.userId)
  }

  async #save(pushers: readonly Pusher[]): Promise<void> {
    for (let i = 0; i < pushers.length; i += SAVES_PER_WRITE)
      await this.#parts.storage.write(async (tx) => {
        for (const pusher of pushers.slice(i, i + SAVES_PER_WRITE))
          await tx.pushers.saveProgress(pusher, pusher)
      })
  }
}
