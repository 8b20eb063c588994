import type { Client } from '@ranvier/testkit'
import { type Call, callBytes } from '../call.ts'
import type { Timings } from '../measure.ts'
import type { Target } from '../target.ts'

/** A request, and the bytes that a server has answered it with. */
export interface Asked {
  call: Call
  answer: Buffer
}

/** Asks once, so that a bare server can answer with the same. */
export const asked = async (request: Call): Promise<Asked> => ({
  call: request,
  answer: await callBytes(request),
})

export interface Prepared {
  round(bound: { seconds: number }): Promise<Timings>
  /** What a round goes through, where that is several things: `which` of its timings tells of them by their places here. */
  each?: readonly string[]
  /** The server's CPU time says nothing of an operation: it does other things meanwhile. */
  doesMore?: true
  /** What the floor of `node:http` repeats, and how many at once: each lane goes through the requests in turn. */
  http?: { lanes: number; asked: readonly Asked[] }
  /** What the floor of `node:http` repeats where many wait for one: the request that all wait with, and the one that ends that. */
  wakes?: { waiting: Asked; count: number; waking: Asked }
  /** How many hashes of passwords the floor of bare bcrypt makes at once; each operation needs one. */
  hashes?: number
}

export interface Scenario {
  name: string
  summary: string
  /** Fewer rounds than asked for, where preparing each is long. */
  maxRounds?: number
  prepare(target: Target): Promise<Prepared>
}

export const enc = encodeURIComponent
export const CLIENT = '/_matrix/client/v3'
export const ADMIN = '/_synapse/admin'

let unique = 0
const run = Date.now().toString(36)

/** Text that is nowhere else, for transaction ids and names. */
export const fresh = (): string => `${run}-${++unique}`

export const sendCall = (client: Client, roomId: string, text = 'the quick brown fox'): Call => ({
  url: `${client.url}${CLIENT}/rooms/${enc(roomId)}/send/m.room.message/${fresh()}`,
  method: 'PUT',
  token: client.accessToken,
  body: JSON.stringify({ msgtype: 'm.text', body: text }),
})

export const get = (client: Client, path: string): Call => ({
  url: client.url + path,
  token: client.accessToken,
})

export const post = (client: Client, path: string, body: object = {}): Call => ({
  url: client.url + path,
  method: 'POST',
  token: client.accessToken,
  body: JSON.stringify(body),
})

/** Does `work` for each item, some at a time: preparing is not measured, but waited for. */
export async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = items.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}
