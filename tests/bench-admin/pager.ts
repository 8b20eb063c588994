import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { callJson } from '../bench/call.ts'

/** A thread that reads page after page of the account list, as tools do, from `start` to `stop`; it answers with how many. */
const { url, token } = workerData as { url: string; token: string }
const port = parentPort!
let isStopped = false
let from = '0'

port.on('message', (word) => {
  isStopped = word === 'stop'
})
for (;;) {
  while (((await once(port, 'message')) as string[])[0] !== 'start');
  let pages = 0
  for (; !isStopped; pages++) {
    const path = `/_synapse/admin/v2/users?limit=100&order_by=displayname&from=${from}`
    const { next_token: next } = await callJson<{ next_token?: string }>({ url: url + path, token })
    from = next ?? '0'
  }
  port.postMessage(pages)
}
