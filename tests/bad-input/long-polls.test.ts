/** A client that opens thousands of long polls, or never reads its answers, costs the others nothing. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { type Client, type Ranvier, serverMatrix } from '@ranvier/testkit'

const POLLS = 2_000
const DEAF_READERS = 200

function residentMb(server: Ranvier): number {
  const pages = Number(readFileSync(`/proc/${server.pid}/statm`, 'utf8').split(' ')[1])
  return (pages * 4096) / 2 ** 20
}

async function open(server: Ranvier, request: string): Promise<Socket> {
  const { hostname, port } = new URL(server.url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {}) // the server may well hang up: that is what is tested
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  socket.write(request)
  return socket
}

const requestText = (client: Client, path: string) =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${client.accessToken}\r\n\r\n`

serverMatrix((start) => {
  test('thousands of long polls of one client leave the server quick and small', async (t) => {
    const server = await start()
    const greedy = await server.register('greedy')
    const alice = await server.register('alice')
    const roomId = await alice.createRoom({ preset: 'public_chat' })
    await greedy.join(roomId)
    const { next_batch: since } = await greedy.sync()
    const sockets: Socket[] = []
    t.after(() => {
      for (const socket of sockets) socket.destroy()
    })
    const before = residentMb(server)

    for (let i = 0; i < POLLS; i += 100) {
      const path = `/_matrix/client/v3/sync?timeout=60000&since=${encodeURIComponent(since)}`
      const more = await Promise.all(
        Array.from({ length: 100 }, () => open(server, requestText(greedy, path))),
      )
      for (const socket of more) socket.pause()
      sockets.push(...more)
    }
    const started = performance.now()
    for (let i = 0; i < 20; i++) await alice.send(roomId, `message ${i}`)
    const perSendMs = (performance.now() - started) / 20

    assert.ok(perSendMs < 500, `a send took ${perSendMs} ms`)
    assert.ok(residentMb(server) - before < 300, `memory grew from ${before} to ${residentMb(server)} MB`)
    assert.equal((await alice.get('/_matrix/client/v3/account/whoami'))['user_id'], alice.userId)
  })

  test('clients that ask for large answers and never read them do not fill the memory', async (t) => {
    const server = await start()
    const alice = await server.register('alice')
    const roomId = await alice.createRoom({ preset: 'public_chat' })
    await Promise.all(Array.from({ length: 60 }, (_, i) => alice.send(roomId, `${i} ${'x'.repeat(50_000)}`)))
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`
    const answerMb = JSON.stringify(await alice.get(path)).length / 2 ** 20
    assert.ok(answerMb > 2)
    const sockets: Socket[] = []
    t.after(() => {
      for (const socket of sockets) socket.destroy()
    })
    const before = residentMb(server)

    // Each asks again and again on its connection: pipelined requests must not pile up as answers.
    const requests = requestText(alice, path).repeat(10)
    for (let i = 0; i < DEAF_READERS; i++) {
      const socket = await open(server, requests)
      socket.pause()
      sockets.push(socket)
    }
    for (let i = 0; i < 20; i++) {
      await alice.send(roomId, 'short').catch((cause: unknown) => {
        throw new Error(`the server is ${server.isRunning ? 'running' : 'gone'}: ${server.log.join(' ')}`, {
          cause,
        })
      })
    }

    const grown = residentMb(server) - before
    const everything = DEAF_READERS * 10 * answerMb
    assert.ok(grown < everything / 4, `memory grew by ${grown} MB of ${everything} MB asked for`)
    assert.ok(grown < 1_000, `memory grew by ${grown} MB`)
  })
})
