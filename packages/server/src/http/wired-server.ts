import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Storage } from '@ranvier/storage'
import { manualClock } from '../clock.ts'
import { loadConfig } from '../config/load.ts'
import { silentLoggers } from '../logger.ts'
import { wireServer } from '../wiring.ts'
import { checkAdminAnswer } from './admin/answer-fixture.ts'
import { createHttpServer } from './server.ts'

const GENEROUS = { per_second: 10_000, burst_count: 10_000 }

interface Answer {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  body: any
}

/** Everything a server has, on a storage, with settings of `homeserver.yaml`. For tests. */
export async function wiredServer(storage: Storage, settings: Record<string, unknown> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ranvier-wired-'))
  const yaml = {
    server_name: 'test',
    enable_registration: true,
    enable_registration_without_verification: true,
    allow_guest_access: true,
    bcrypt_rounds: 4,
    registration_shared_secret: 'secret',
    rc_registration: GENEROUS,
    rc_message: GENEROUS,
    rc_room_creation: GENEROUS,
    ...settings,
  }
  writeFileSync(join(folder, 'homeserver.yaml'), JSON.stringify(yaml)) // JSON is YAML
  const config = loadConfig({ configPaths: ['homeserver.yaml'], cwd: folder })
  const clock = manualClock()
  const wired = await wireServer({ config, storage, clock, loggers: silentLoggers() })
  const http = await createHttpServer({
    ...wired,
    clock,
    log: silentLoggers()('http'),
    limits: { maxConnections: 10 },
    maxBodyBytes: 1_000_000,
    maxAnonymousBodyBytes: 100_000,
  })
  await wired.start()

  async function call(token: string | null, method: string, path: string, body?: unknown): Promise<Answer> {
    clock.advance(1)
    const response = await http.app.inject({
      method: method as 'GET',
      url: path.startsWith('/_') ? path : `/_matrix/client/v3${path}`,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    const answer = { status: response.statusCode, body: JSON.parse(response.body) }
    checkAdminAnswer(method, path, answer.status, answer.body)
    return answer
  }

  /** As {@link call}, for what must succeed. */
  async function ok(token: string | null, method: string, path: string, body?: unknown) {
    const answer = await call(token, method, path, body)
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  return {
    storage,
    clock,
    call,
    ok,
    /** What a browser is shown. With `form` it sends that. Takes whole URLs too. */
    async page(url: string, form?: Record<string, string>) {
      const { pathname, search } = new URL(url, 'http://test')
      const response = await http.app.inject({
        method: form === undefined ? 'GET' : 'POST',
        url: pathname + search,
        ...(form !== undefined && { payload: new URLSearchParams(form).toString() }),
      })
      return { status: response.statusCode, text: response.body, headers: response.headers }
    },
    /** Registers as a client does; the access token. */
    async register(username: string): Promise<string> {
      const auth = { type: 'm.login.dummy' }
      return (await ok(null, 'POST', '/register', { username, password: 'password', auth })).access_token
    },
    async [Symbol.asyncDispose]() {
      await http.close()
      await wired[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
