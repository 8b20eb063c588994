import { localpartOf } from '@ranvier/protocol/ids/user-id'
import type { Storage } from '@ranvier/storage'
import type { RegisterAppserviceUser } from '../accounts/register-appservice-user.ts'
import type { Clock } from '../clock.ts'
import { OutboundClient } from '../outbound/client.ts'
import type { RoomEvents } from '../rooms/room-events.ts'
import type { Appservice, Appservices } from './appservice.ts'
import { EventQueue } from './event-queue.ts'
import { type PingAppservice, pingAppservice } from './ping.ts'

export interface AppserviceParts {
  storage: Storage
  clock: Clock
  appservices: Appservices
  roomEvents: RoomEvents
  registerUser: RegisterAppserviceUser
  userAgent: string
  onError: (error: unknown, appserviceId: string) => void
}

export interface RunningAppservices extends AsyncDisposable {
  ping: PingAppservice
  /** Makes the accounts they act as by default, and begins to tell them what happens. */
  start(): Promise<void>
}

/** What the server does for application services by itself. */
export function wireAppservices(parts: AppserviceParts): RunningAppservices {
  const { storage, appservices, registerUser } = parts
  // The administrator named the addresses: a bridge usually runs on this very machine.
  const outbound = new OutboundClient({
    ...parts,
    addresses: { blocked: [], allowed: ['0.0.0.0/0', '::/0'] },
  })
  const queues = appservices.all
    .filter(hasUrl)
    .map((appservice) => new EventQueue({ ...parts, outbound }, appservice))

  return {
    ping: pingAppservice({ appservices, outbound }),
    async start() {
      for (const appservice of appservices.all) {
        if ((await storage.read.accounts.find(appservice.sender)) === undefined)
          await registerUser(appservice, { localpart: localpartOf(appservice.sender), device: null })
      }
      if (queues.length === 0) return
      storage.subscribe((facts) => {
        const last = facts.findLast(({ stream }) => stream === 'events')
        if (last !== undefined) for (const queue of queues) queue.wake(last.position)
      })
      const { events } = await storage.positions()
      for (const queue of queues) queue.wake(events)
    },
    async [Symbol.asyncDispose]() {
      for (const queue of queues) await queue[Symbol.asyncDispose]()
      await outbound[Symbol.asyncDispose]()
    },
  }
}

const hasUrl = (appservice: Appservice): appservice is Appservice & { url: string } => appservice.url !== null
