import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
}

export interface Site extends AsyncDisposable {
  readonly url: string
}

/** Serves the files of `folder` on 127.0.0.1; `texts` are files that are not on disk, such as a `config.json`. */
export async function serveSite(folder: string, texts: Record<string, string>): Promise<Site> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://site').pathname))
    const name = path === '/' ? '/index.html' : path
    const text = texts[name.slice(1)]
    response.setHeader('Content-Type', TYPES[extname(name)] ?? 'application/octet-stream')
    if (text !== undefined) return void response.end(text)
    const file = join(folder, name)
    stat(file).then(
      (found) => {
        if (!found.isFile()) return void response.writeHead(404).end()
        response.setHeader('Content-Length', found.size)
        createReadStream(file).pipe(response)
      },
      () => void response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
