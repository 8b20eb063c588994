import type { Call } from '../bench/call.ts'
import type { Scene } from './scene.ts'

/** Prepares what one request needs, which is not measured; the request. `n` counts from 0. */
export type Step = (n: number) => Call | Promise<Call>

/** Something that people wait for. */
export interface Operation {
  name: string
  /** The answer lists what is counted, or the work was asked for as many times: it may cost as much. */
  isAskedFor?: true
  prepare(scene: Scene): Step | Promise<Step>
  /** A job goes on with it, which has to end before anything is measured again. */
  leavesWork?: true
}

/** What grows, and what that could touch. */
export interface Dimension {
  name: string
  summary: string
  /** Each about ten times the one before. */
  sizes: readonly number[]
  fill(scene: Scene): Promise<void>
  operations: readonly Operation[]
}

/** An operation that needs no preparation. */
export const plain = (name: string, request: (scene: Scene, n: number) => Call): Operation => ({
  name,
  prepare: (scene) => (n) => request(scene, n),
})

/** The same, for a dimension in which it was asked for as much as there is. */
export const asked = (operation: Operation): Operation => ({ ...operation, isAskedFor: true })

export { ADMIN, CLIENT, enc, fresh, get, post, sendCall } from '../bench/scenarios/scenario.ts'

import type { Client } from '@ranvier/testkit'
import { enc } from '../bench/scenarios/scenario.ts'

export const put = (client: Client, path: string, body: object = {}): Call => ({
  url: client.url + path,
  method: 'PUT',
  token: client.accessToken,
  body: JSON.stringify(body),
})

/** The path of the room that grows. */
export const roomPath = ({ roomId }: Scene): string => `/_matrix/client/v3/rooms/${enc(roomId)}`
