import type { RendezvousSessions } from '../../../rendezvous/rendezvous.ts'
import type { Route } from '../../route.ts'
import { msc4108Routes } from './msc4108.ts'
import { msc4388Routes } from './msc4388.ts'

/** Where a device that is to be logged in meets one that is, in the words of either proposal. */
export function rendezvousRoutes(deps: { sessions: RendezvousSessions; publicBaseUrl: string }): Route[] {
  return [...msc4108Routes(deps), ...msc4388Routes(deps)]
}
