import { Agent, request } from 'node:http'
import { buffer } from 'node:stream/consumers'

// Talks to the engine as Complement's Docker client does. For tests.

export interface EngineAnswer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  raw: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
}

const agent = new Agent({ keepAlive: false })

export async function engine(method: string, path: string, body?: object | Buffer): Promise<EngineAnswer> {
  const socketPath = (process.env['DOCKER_HOST'] ?? '').replace('unix://', '')
  const { promise, resolve, reject } = Promise.withResolvers<EngineAnswer>()
  const sent = request(
    {
      socketPath,
      agent,
      method,
      path: path.startsWith('/_') ? path : `/v1.51${path}`,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
    },
    async (response) => {
      const raw = await buffer(response)
      const isJson = response.headers['content-type'] === 'application/json' && raw.length > 0
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        raw,
        body: isJson ? JSON.parse(raw.toString()) : undefined,
      })
    },
  )
  sent.on('error', reject)
  sent.end(body === undefined || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  return promise
}

/** The query for objects with all of these labels. */
export const labelled = (...labels: string[]) =>
  `?filters=${encodeURIComponent(JSON.stringify({ label: Object.fromEntries(labels.map((l) => [l, true])) }))}`

const BLOCK = 512

/** A tar archive of one file. */
export function tarOf(name: string, text: string): Buffer {
  const header = Buffer.alloc(BLOCK)
  const content = Buffer.from(text)
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
  header.write(name.replace(/^\//, ''), 0)
  header.write(`${octal(0o644, 7)}\0`, 100)
  header.write(`${octal(content.length, 11)}\0`, 124)
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\0', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 6)}\0 `, 148)
  const padding = ((BLOCK - (content.length % BLOCK)) % BLOCK) + 2 * BLOCK
  return Buffer.concat([header, content, Buffer.alloc(padding)])
}
