import { localpartOf } from '@ranvier/protocol/ids/user-id'
import type { Storage } from '@ranvier/storage'
import type { RegisterAppserviceUser } from '../accounts/registration/register-appservice-user.ts'
import type { Clock } from '../clock.ts'
import type { FindKeyCounts } from '../keys/key-counts.ts'
import type { PresenceTracker } from '../notify/presence.ts'
import type { Typing } from '../notify/typing.ts'
import type { OutboundClient } from '../outbound/client.ts'
import type { RoomEvents } from '../rooms/room-events.ts'
import type { Appservice, Appservices } from './appservice.ts'
import { appserviceClient, askAppservice } from './call-appservice.ts'
import { EventQueue } from './event-queue.ts'
import { type PingAppservice, pingAppservice } from './ping.ts'
import { type AppserviceQueries, appserviceQueries } from './queries.ts'
import { type ThirdParty, thirdParty } from './third-party.ts'

export interface AppserviceParts {
  storage: Storage
  clock: Clock
  appservices: Appservices
  roomEvents: RoomEvents
  typing: Typing
  presence: PresenceTracker
  keyCounts: FindKeyCounts
  registerUser: RegisterAppserviceUser
  outbound: OutboundClient
  onError: (error: unknown, appserviceId: string) => void
}

export interface RunningAppservices extends AsyncDisposable {
  ping: PingAppservice
  /** Makes the accounts they act as by default, and begins to tell them what happens. */
  start(): Promise<void>
}

export interface AskedAppservices {
  outbound: OutboundClient
  queries: AppserviceQueries
  thirdParty: ThirdParty
}

/** What application services are asked. */
export function wireAskedAppservices(
  parts: Pick<AppserviceParts, 'clock' | 'appservices' | 'onError'> & { userAgent: string },
): AskedAppservices {
  const outbound = appserviceClient(parts)
  const ask = askAppservice(outbound)
  return {
    outbound,
    queries: appserviceQueries({ ...parts, ask }),
    thirdParty: thirdParty({ ...parts, ask }),
  }
}

/** What the server does for application services by itself. */
export function wireAppservices(parts: AppserviceParts): RunningAppservices {
  const { storage, appservices, registerUser, outbound } = parts
  let queues: EventQueue[] = []

  return {
    ping: pingAppservice({ appservices, outbound }),
    async start() {
      for (const appservice of appservices.all) {
        if ((await storage.read.accounts.find(appservice.sender)) === undefined)
          await registerUser(appservice, { localpart: localpartOf(appservice.sender), device: null })
      }
      const told = appservices.all.filter(hasUrl)
      if (told.length === 0) return
      // Before anything is listened to: what happens from here on is told.
      const { events: newest, device_lists: deviceLists } = await storage.positions()
      queues = told.map((appservice) => new EventQueue(parts, appservice, { events: newest, deviceLists }))
      storage.subscribe((facts) => {
        for (const queue of queues) queue.note({ facts })
      })
      parts.typing.onChange((typingIn) => {
        for (const queue of queues) queue.note({ typingIn })
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
