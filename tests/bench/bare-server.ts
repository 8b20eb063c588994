/**
 * The floor for answers over HTTP: `node:http` and nothing else. Told over IPC what to answer with; requests that are to
 * wait are held until one comes that wakes them, and answered behind it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BareAnswer } from './bare.ts'

interface Known {
  headers: string[]
  bytes: Buffer
  role: BareAnswer['role']
}

let known = new Map<string, Known>()
let waiting: (() => void)[] = []

function answer(response: ServerResponse, { headers, bytes }: Known): void {
  response.writeHead(200, [...headers, 'content-length', String(bytes.length)])
  response.end(bytes)
}

function take(request: IncomingMessage, response: ServerResponse): void {
  const what = known.get(`${request.method} ${request.url}`)
  if (what === undefined) {
    response.end()
    return
  }
  if (what.role === 'waits') {
    waiting.push(() => answer(response, what))
    return
  }
  answer(response, what)
  if (what.role === 'wakes') {
    const all = waiting
    waiting = []
    for (const wake of all) wake()
  }
}

const server = createServer((request, response) => {
  request.resume().on('end', () => take(request, response))
})

process.on('message', (answers: BareAnswer[]) => {
  known = new Map(
    answers.map(({ method, path, headers, base64, role }) => [
      `${method} ${path}`,
      { headers, bytes: Buffer.from(base64, 'base64'), role },
    ]),
  )
  process.send!('ready')
})
process.on('disconnect', () => process.exit())
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
