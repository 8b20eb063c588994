import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Storage } from '@ranvier/storage'
import { wiredServer } from '../../wired-server.ts'

// Parts of tests: a bridge that listens, and a server it is registered at.

export interface TestCall {
  call: string
  token: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any
}

/** A real application service on this machine. Calls come in the order in which they were received. */
export async function testBridge() {
  const received: TestCall[] = []
  const queries: { path: string; token: string | undefined }[] = []
  const waiting: ((call: TestCall) => void)[] = []
  let status = 200
  let onQuery: (path: string) => Promise<object | undefined> = async () => undefined
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      const path = request.url!.replace('/_matrix/app/v1/', '')
      queries.push({ path, token: request.headers.authorization })
      const answer = await onQuery(path)
      response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer ?? { errcode: 'M_NOT_FOUND' }))
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    const call = {
      call: `${request.method} ${request.url}`,
      token: request.headers.authorization,
      body: JSON.parse(Buffer.concat(chunks).toString()),
    }
    const waiter = waiting.shift()
    if (waiter === undefined) received.push(call)
    else waiter(call)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    next(): Promise<TestCall> {
      const first = received.shift()
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first)
    },
    /** What was asked of it, by path behind `/_matrix/app/v1/`. */
    queries,
    /** What it answers when it is asked; 404 for `undefined`. */
    knows(answer: typeof onQuery) {
      onQuery = answer
    },
    answerWith(next: number) {
      status = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

export const AS_TOKEN = 'token-of-the-bridge'
export const HS_TOKEN = 'token-of-the-server'

/** A server with a bridge `irc`: users `@irc_…`, aliases `#irc_…`, sender `@ircbot:test`. */
export async function bridgedServer(storage: Storage, registration: Record<string, unknown> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-bridge-'))
  const file = join(folder, 'irc.yaml')
  const yaml = {
    id: 'irc',
    url: null,
    as_token: AS_TOKEN,
    hs_token: HS_TOKEN,
    sender_localpart: 'ircbot',
    rate_limited: false,
    namespaces: {
      users: [{ exclusive: true, regex: '@irc_.*' }],
      aliases: [{ exclusive: true, regex: '#irc_.*' }],
      rooms: [],
    },
    ...registration,
  }
  writeFileSync(file, JSON.stringify(yaml)) // JSON is YAML
  const server = await wiredServer(storage, { app_service_config_files: [file] })
  return {
    ...server,
    /** Registers one of the bridge's users. */
    async bridged(username: string): Promise<string> {
      const body = { type: 'm.login.application_service', username, inhibit_login: true }
      return (await server.ok(AS_TOKEN, 'POST', '/register', body)).user_id
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
