import type { Call } from '../bench/call.ts'
import type { Scene } from './scene.ts'

/** Prepares what one request needs, which is not measured; the request. `n` counts from 0. */
export type Step = (n: number) => Call | Promise<Call>

/** Whether an answer tells what was asked for: nothing is as quick as an answer that leaves it out. Of JSON. */
export type Check<Answer> = (answer: Answer, scene: Scene) => boolean

/** Something that people wait for. */
export interface Operation {
  name: string
  /** Of each answer, and not measured. `never`: an operation knows the shape of its own answers. */
  isRight: Check<never>
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
export const plain = <Answer>(
  name: string,
  request: (scene: Scene, n: number) => Call,
  isRight: Check<Answer>,
): Operation => ({ name, isRight, prepare: (scene) => (n) => request(scene, n) })

/** The same, for a dimension in which it was asked for as much as there is: `isRight` sees to it that all of it is told. */
export const asked = <Answer>(operation: Operation, isRight: Check<Answer>): Operation => ({
  ...operation,
  isRight,
  isAskedFor: true,
})

/** What is answered where there is nothing to tell. */
export const isEmpty = (answer: object): boolean => Object.keys(answer).length === 0

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
