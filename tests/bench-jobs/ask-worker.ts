import { request } from 'node:http'
import { parentPort, workerData } from 'node:worker_threads'

const { url, token, seconds } = workerData as { url: string; token: string; seconds: number }

/** The answer's size. Rejects unless it is whole and 200. */
function ask(): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { headers: { authorization: `Bearer ${token}` } }, (answer) => {
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      answer.on('end', () =>
        answer.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url}: ${answer.statusCode}`)),
      )
      answer.on('error', reject)
    })
    outgoing.on('error', reject).end()
  })
}

const ends = performance.now() + seconds * 1000
let count = 0
let bytes = 0
while (performance.now() < ends) {
  bytes = await ask()
  count++
}
parentPort?.postMessage({ count, bytes })
