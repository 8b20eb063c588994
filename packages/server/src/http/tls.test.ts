import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get } from 'node:https'
import { connect } from 'node:net'
import { test } from 'node:test'
import { start } from './server-fixture.ts'

// Self-signed, for localhost and 127.0.0.1, made for these tests.
const read = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')
const tls = { certificate: read('localhost.crt'), privateKey: read('localhost.key') }

async function getText(url: string): Promise<string> {
  const [response] = await once(get(url, { ca: tls.certificate, agent: false }), 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

test('a listener with a certificate speaks HTTPS, and knows what it serves and to whom', async (t) => {
  const server = await start(t)
  const url = await server.listen({ host: '127.0.0.1', port: 0, xForwarded: false, tls })
  const forOthers = await server.listen({
    host: '127.0.0.1',
    port: 0,
    xForwarded: false,
    servesClients: false,
    tls,
  })

  assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/)
  assert.equal(JSON.parse(await getText(`${url}/_matrix/client/v3/ip`)).ip, '127.0.0.1')
  assert.equal(JSON.parse(await getText(`${forOthers}/_matrix/client/v3/ip`)).errcode, 'M_UNRECOGNIZED')
})

test('who speaks no TLS to it is hung up on, and the next one is answered', async (t) => {
  const server = await start(t)
  const url = await server.listen({ host: '127.0.0.1', port: 0, xForwarded: false, tls })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {}) // a reset is as good as an end
  let heard = ''
  socket.on('data', (chunk) => (heard += chunk.toString('latin1')))

  socket.write('GET /_matrix/client/versions HTTP/1.1\r\nHost: x\r\n\r\n')
  await once(socket, 'close')

  assert.doesNotMatch(heard, /HTTP\/1\.1/)
  assert.equal(await getText(`${url}/_matrix/client/v3/raw`), '{"a": 1}')
})
