import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { StorageUnavailableError } from './errors.ts'
import { openStorage, type Storage, type StorageOptions } from './open.ts'
import type { Fact } from './streams.ts'

/** Stands between us and PostgreSQL. Once armed, it lets the next COMMIT through and its answer not: the line is cut. */
async function cuttingProxy(options: StorageOptions) {
  assert.equal(options.dialect, 'postgres')
  if (options.dialect !== 'postgres') throw new Error('unreachable')
  const { host, port } = options.connection
  let armed = false
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const database = connect(Number(port), host ?? '127.0.0.1')
    let cuts = false
    for (const socket of [client, database]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => client.destroy() && database.destroy())
    }
    client.on('data', (bytes) => {
      if (armed && bytes.includes('COMMIT\0')) {
        armed = false
        cuts = true
      }
      database.write(bytes)
    })
    database.on('data', (bytes) => (cuts ? database.destroy() : client.write(bytes)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return {
    options: {
      ...options,
      connection: { ...options.connection, host: '127.0.0.1', port: address.port },
    } satisfies StorageOptions,
    arm: () => void (armed = true),
    [Symbol.dispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

const announce = (storage: Storage, key: string) =>
  storage.write(async (tx) => {
    tx.announce({ stream: 'receipts', position: await tx.takePosition('receipts'), key })
  })

databaseMatrix((open, dialect) => {
  const skip = dialect === 'sqlite' ? 'no line to it can be cut' : false

  test('a commit whose answer is lost is an error to its writer, and is announced if it happened', {
    skip,
  }, async () => {
    using proxy = await cuttingProxy(await open.options())
    await using storage = await openStorage(proxy.options)
    const heard: Fact[] = []
    storage.subscribe((facts) => heard.push(...facts))

    proxy.arm()
    await assert.rejects(announce(storage, 'lost answer'), StorageUnavailableError)
    await announce(storage, 'next')

    assert.deepEqual(
      heard.map(({ key, position }) => [key, position]),
      [
        ['lost answer', 1],
        ['next', 2],
      ],
    )
  })

  test('it is announced also when nobody writes any more', { skip }, async () => {
    using proxy = await cuttingProxy(await open.options())
    await using storage = await openStorage(proxy.options)
    const heard = new Promise<string>((resolve) => storage.subscribe(([fact]) => resolve(fact!.key)))

    proxy.arm()
    await assert.rejects(announce(storage, 'lost answer'), StorageUnavailableError)

    assert.equal(await heard, 'lost answer')
  })
})
