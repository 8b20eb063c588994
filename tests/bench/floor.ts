import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import bcrypt from 'bcrypt'
import { startBareServer } from './bare.ts'
import { ask, type Call } from './call.ts'
import { lanes, type Measure, measured } from './measure.ts'
import type { Prepared } from './scenarios/scenario.ts'

/** What bounds a scenario from below. */
export interface FloorMeasure {
  /** `node:http` answering the same requests with the same bytes. */
  http?: Measure
  /** bcrypt of the same cost and nothing else. */
  hashes?: Measure
}

/** What the bare server's own Node decides. */
const OF_NODE = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']

/** The headers of the answer to a call, which may be made again: they are bytes of it, too. */
async function headersOf({ url, method = 'GET', token, body, contentType }: Call): Promise<string[]> {
  const asked = request(url, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
    },
  })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.resume()
  return Object.entries(answer.headers)
    .filter(([name]) => !OF_NODE.includes(name))
    .flatMap(([name, value]) => [name, String(value)])
}

/** What both servers are set to. */
const BCRYPT_COST = 12

export interface Floor extends AsyncDisposable {
  /** One round. */
  measure(prepared: Prepared, bound: { seconds: number }): Promise<FloorMeasure>
}

/** With a bare server in a process of its own. */
export async function openFloor(): Promise<Floor> {
  const bare = await startBareServer()
  return {
    async measure({ http, hashes }, bound) {
      const found: FloorMeasure = {}
      if (http !== undefined) {
        await bare.answerWith({ headers: await headersOf(http.call), body: http.answer })
        const { pathname, search } = new URL(http.call.url)
        const copy = { ...http.call, url: bare.url + pathname + search }
        found.http = await measured(bare.pid, () => lanes(http.lanes, bound, () => ask(copy)))
      }
      if (hashes !== undefined)
        found.hashes = await measured(undefined, () =>
          lanes(hashes, bound, () => bcrypt.hash('a password', BCRYPT_COST)),
        )
      if (Object.values(found).some(({ errors }) => errors > 0)) throw new Error('the floor failed')
      return found
    },
    [Symbol.asyncDispose]: () => bare[Symbol.asyncDispose](),
  }
}
