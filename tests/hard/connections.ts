import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Dialect } from '@ranvier/storage'
import { type Client, type Ranvier, startRanvier } from '@ranvier/testkit'
import { Heap } from './heap.ts'
import { type Probe, probe, probesOf, untilWell } from './probes.ts'
import type { Outcome } from './scenario.ts'

const RECOVERY_MS = 15_000
const AT_ONCE = 200
const MB = 1_048_576
/** What caches and compiled code may take more than before, after all is over. */
const MAX_KEPT_MB = 10

interface World {
  server: Ranvier
  user: Client
  admin: Client
  probes: Probe[]
  problems: string[]
}

async function withServer(
  options: Parameters<typeof startRanvier>[0],
  work: (world: World) => Promise<string>,
): Promise<Outcome> {
  await using server = await startRanvier({ ...options, nodeOptions: ['--inspect=127.0.0.1:0'] })
  const heap = await Heap.of(server)
  const [admin, user] = [await server.registerAdmin(), await server.register('user')]
  const probes = probesOf(user, admin, await user.createRoom())
  const problems = await untilWell(probes, RECOVERY_MS)
  const beforeMb = memoryMb(server)
  const heapMb = async () => Math.round((await heap.usedBytes()) / MB)
  const heapBeforeMb = await heapMb()
  const facts = await work({ server, user, admin, probes, problems })
  problems.push(...(await untilWell(probes, RECOVERY_MS)))
  const heapAfterMb = await heapMb()
  heap.close()
  if (heapAfterMb > heapBeforeMb + MAX_KEPT_MB)
    problems.push(`the heap holds ${heapAfterMb} MB, before it was ${heapBeforeMb} MB`)
  const memory = `heap ${heapBeforeMb} MB before, ${heapAfterMb} MB after; resident ${beforeMb} MB before, at most ${peakMb(server)} MB, ${memoryMb(server)} MB after`
  if ((await server.stop()) !== 0) problems.push('the server did not stop in order')
  return { facts: `${facts}; ${memory}`, problems }
}

/** The server may have so few files open that connections take all of them. */
export function runFewFiles(database: Dialect): Promise<Outcome> {
  const launcher = ['sh', '-c', 'ulimit -n 80; exec "$@"', 'sh'] as const
  return withServer({ database, launcher }, async ({ server, user, problems }) => {
    // One connection was there before, and goes on being served.
    const known = await openConnection(server)
    const idle = await openMany(server, 300)
    await wait(500)
    const answer = await askOn(
      known,
      `GET /_matrix/client/v3/account/whoami HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.accessToken}\r\n\r\n`,
    )
    if (!answer.startsWith('HTTP/1.1 200'))
      problems.push(`who was there before is answered ${answer.slice(0, 60)}`)
    const open = idle.filter((socket) => !socket.destroyed).length
    if (!server.isRunning) throw new Error(`the server has ended:\n${server.log.slice(-5).join('\n')}`)
    for (const socket of [...idle, known]) socket.destroy()
    return `${idle.length} connections against a limit of 80 files, ${open} stayed open`
  })
}

/** Ten thousand connections on which nothing happens, as many as may be; then more than may be. */
export function runIdle(database: Dialect): Promise<Outcome> {
  const MANY = 10_000
  const SPARE = 100
  const configOverrides = { limits: { max_connections: MANY + SPARE, shadow_ban_delay: 0 } }
  return withServer({ database, configOverrides }, async ({ server, probes, problems }) => {
    const idle = await openMany(server, MANY)
    const open = idle.filter((socket) => !socket.destroyed).length
    if (open < MANY) problems.push(`only ${open} of ${MANY} connections stayed open`)
    problems.push(...(await askAll(probes, 'beside the idle')))
    const withMb = memoryMb(server)
    const more = await openMany(server, 2 * SPARE)
    await wait(500)
    const refused = more.filter((socket) => socket.destroyed).length
    if (refused < SPARE / 2)
      problems.push(`of ${more.length} connections too many only ${refused} were closed`)
    for (const socket of [...idle, ...more]) socket.destroy()
    return `${open} idle connections (${withMb} MB), ${refused} of ${more.length} more were closed at once`
  })
}

/** Clients that send a byte now and then: headers that never end, bodies that never come. */
export function runSlow(database: Dialect): Promise<Outcome> {
  return withServer({ database }, async ({ server, user, probes, problems }) => {
    const body = `PUT /_matrix/client/v3/user/${user.userId}/account_data/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${user.accessToken}\r\nContent-Length: 100000\r\n\r\n{`
    const head = 'GET /_matrix/client/versions HTTP/1.1\r\nHost: x\r\nX-Slow: '
    const slow = [...(await openMany(server, 500)).map((socket) => ({ socket, start: head }))]
    const slower = (await openMany(server, 500)).map((socket) => ({ socket, start: body }))
    let answered = 0
    for (const { socket, start } of [...slow, ...slower]) {
      socket.once('data', (bytes: Buffer) => void (bytes.includes(' 408 ') && answered++))
      socket.write(start)
    }
    const startedMs = performance.now()
    const drip = setInterval(() => {
      for (const { socket } of [...slow, ...slower]) if (!socket.destroyed) socket.write(' ')
    }, 1_000)
    while (slow.some(({ socket }) => !socket.destroyed) && performance.now() - startedMs < 60_000) {
      problems.push(...(await askAll(probes, 'beside the slow')))
      await wait(1_000)
    }
    clearInterval(drip)
    const seconds = Math.round((performance.now() - startedMs) / 1_000)
    const left = slow.filter(({ socket }) => !socket.destroyed).length
    if (left > 0) problems.push(`${left} connections with endless headers are open after ${seconds} s`)
    for (const { socket } of [...slow, ...slower]) socket.destroy()
    return `500 endless headers ended after ${seconds} s, ${answered} of them with 408, beside 500 bodies that drip`
  })
}

/** Bodies of 100 MB on every kind of route, announced and in pieces. */
export function runLarge(database: Dialect): Promise<Outcome> {
  const routes = [
    ['POST', '/_matrix/client/v3/login', false, 413],
    ['POST', '/_matrix/client/v3/register', false, 413],
    ['PUT', '/_matrix/client/v3/user/USER/account_data/x', true, 413],
    ['PUT', '/_matrix/client/v3/user/USER/account_data/x', false, 401],
    ['POST', '/_matrix/media/v3/upload', true, 413],
    ['POST', '/_matrix/media/v3/upload', false, 401],
    ['PUT', '/_synapse/admin/v2/users/USER', true, 403],
    ['GET', '/_matrix/client/versions', false, 200],
    ['POST', '/_matrix/client/v3/no/such/route', true, 404],
    ['DELETE', '/_matrix/client/versions', false, 405],
    ['PUT', '/_matrix/federation/v1/send/1', false, undefined],
  ] as const
  return withServer({ database }, async ({ server, user, probes, problems }) => {
    const beforeMb = memoryMb(server)
    for (const announced of [true, false]) {
      const results = routes.map(async ([method, path, withToken, wanted]) => {
        const token = withToken ? user.accessToken : undefined
        const url = server.url + path.replace('USER', encodeURIComponent(user.userId))
        const status = await sendLarge(url, method, { token, announced })
        if (wanted === undefined ? status >= 400 && status < 500 : status === wanted) return
        problems.push(
          `${method} ${path} (${withToken ? 'token' : 'no token'}, ${announced ? 'announced' : 'in pieces'}): ${status}`,
        )
      })
      problems.push(...(await askAll(probes, 'beside large bodies')))
      await Promise.all(results)
    }
    const grownMb = peakMb(server) - beforeMb
    if (grownMb > 150) problems.push(`memory has grown by ${grownMb} MB`)
    return `${2 * routes.length} bodies of 100 MB`
  })
}

async function askAll(probes: readonly Probe[], when: string): Promise<string[]> {
  const results = await Promise.all(probes.map(async (one) => ({ name: one.name, ...(await probe(one)) })))
  return results
    .filter(({ status }) => status !== 200)
    .map(({ name, status, fault }) => `${when}: ${name} ${fault ?? status}`)
}

function addressOf(server: Ranvier): { port: number; host: string } {
  const { port, hostname } = new URL(server.url)
  return { port: Number(port), host: hostname }
}

async function openConnection(server: Ranvier): Promise<Socket> {
  const socket = connect(addressOf(server))
  socket.on('error', () => {}).on('close', () => socket.destroy())
  await Promise.race([once(socket, 'connect'), once(socket, 'close')])
  socket.resume() // an end is seen only by who reads
  return socket
}

async function openMany(server: Ranvier, count: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const missing = Math.min(AT_ONCE, count - sockets.length)
    sockets.push(...(await Promise.all(Array.from({ length: missing }, () => openConnection(server)))))
  }
  return sockets
}

async function askOn(socket: Socket, text: string): Promise<string> {
  const answer = once(socket, 'data', { signal: AbortSignal.timeout(RECOVERY_MS) })
  socket.write(text)
  return String((await answer.catch((error: Error) => [error.message]))[0])
}

/** The status of the answer; 0 when the connection is cut without one. */
function sendLarge(
  url: string,
  method: string,
  { token, announced }: { token: string | undefined; announced: boolean },
): Promise<number> {
  return new Promise((resolve) => {
    const chunk = Buffer.alloc(MB, ' ')
    let left = 100
    const request = httpRequest(url, {
      method,
      agent: false,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(announced ? { 'content-length': left * MB } : { 'transfer-encoding': 'chunked' }),
      },
    })
    let status = 0
    request.on('response', (answer) => {
      status = answer.statusCode ?? 0
      answer.resume()
      resolve(status)
      request.destroy()
    })
    request.on('error', () => resolve(status))
    const push = () => {
      while (left > 0 && !request.destroyed) {
        left--
        if (!request.write(chunk)) return void request.once('drain', push)
      }
      if (left === 0) request.end()
    }
    push()
  })
}

function statusOf(server: Ranvier, field: string): number {
  const text = readFileSync(`/proc/${server.pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024)
}
const memoryMb = (server: Ranvier) => statusOf(server, 'VmRSS')
const peakMb = (server: Ranvier) => statusOf(server, 'VmHWM')
