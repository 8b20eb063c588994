import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { startBareServer } from './bare.ts'
import { call, closeConnections } from './call.ts'
import { openFloor } from './floor.ts'

after(closeConnections)

test('a bare server answers as told: at once, or when another request wakes it', async () => {
  await using bare = await startBareServer()
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  await bare.answerWith([
    { method: 'GET', path: '/a?b=c', headers: [], base64: base64('a page') },
    { method: 'GET', path: '/sync', headers: [], base64: base64('news'), role: 'waits' },
    { method: 'PUT', path: '/sync', headers: [], base64: base64('sent'), role: 'wakes' },
  ])
  assert.equal(await call({ url: `${bare.url}/a?b=c` }), 'a page')
  const order: string[] = []
  const waiting = [1, 2].map(() => call({ url: `${bare.url}/sync` }).then((text) => order.push(text)))
  for (let i = 0; i < 3; i++) assert.equal(await call({ url: `${bare.url}/other` }), '')
  assert.equal(order.length, 0)
  order.push(await call({ url: `${bare.url}/sync`, method: 'PUT', body: '{}' }))
  await Promise.all(waiting)
  assert.deepEqual(order.sort(), ['news', 'news', 'sent'])
})

test('a floor goes through all requests of a scenario, with the headers of their answers', async () => {
  const server = createServer((request, response) =>
    response.setHeader('x-of', request.url!).end(`answer to ${request.url}`),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await using floor = await openFloor()
  const asked = ['/one', '/two'].map((path) => ({ call: { url: url + path }, answer: Buffer.from(path) }))
  const { http } = await floor.measure(
    { round: () => assert.fail('not the scenario'), http: { lanes: 2, asked } },
    { seconds: 0.05 },
  )
  assert.ok(http!.operations > 1)
  assert.equal(http!.errors, 0)
  const [waiting, waking] = asked
  const woken = await floor.measure(
    {
      round: () => assert.fail('not the scenario'),
      wakes: { waiting: waiting!, count: 5, waking: waking! },
    },
    { seconds: 0.05 },
  )
  assert.ok(woken.http!.operations > 0)
  server.close()
})
