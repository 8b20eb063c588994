import { Agent, request } from 'node:http'

export const agent = new Agent({ keepAlive: true, maxSockets: 1_000 })

export interface Call {
  url: string
  method?: string
  token?: string
  body?: string | Buffer
  contentType?: string
}

/** One request with as little of our own as possible; the answer's bytes. Rejects unless it is 200 or 201. */
export function callBytes(target: Call): Promise<Buffer> {
  const { url, method = 'GET', token, body, contentType = 'application/json' } = target
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    if (body !== undefined) headers['content-type'] = contentType
    const outgoing = request(url, { method, agent, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => {
        const bytes = Buffer.concat(chunks)
        if (answer.statusCode === 200 || answer.statusCode === 201) resolve(bytes)
        else reject(new Error(`${method} ${url}: ${answer.statusCode} ${bytes.toString().slice(0, 300)}`))
      })
      answer.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

export const call = async (target: Call): Promise<string> => (await callBytes(target)).toString()

export const callJson = async <T>(target: Call): Promise<T> => JSON.parse(await call(target)) as T
