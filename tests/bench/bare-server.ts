/**
 * The floor for answers over HTTP: `node:http` and nothing else. Told over IPC what to answer with; requests to
 * `/wait` are held until one to `/release` comes, and then answered with the same bytes.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BareAnswer } from './bare.ts'

let bytes = Buffer.from('{}')
let headers: string[] = []
const waiting: ServerResponse[] = []

function answer(response: ServerResponse): void {
  response.writeHead(200, [...headers, 'content-length', String(bytes.length)])
  response.end(bytes)
}

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    if (request.url === '/wait') return void waiting.push(response)
    answer(response)
    if (request.url === '/release') for (const waiter of waiting.splice(0)) answer(waiter)
  })
})

process.on('message', (next: BareAnswer) => {
  bytes = Buffer.from(next.body)
  headers = next.headers
  process.send!('ready')
})
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
