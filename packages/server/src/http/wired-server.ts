import type { Storage } from '@ranvier/storage'
import { wholeServer } from './admin/whole-server-fixture.ts'

const GENEROUS = { per_second: 10_000, burst_count: 10_000 }

/** {@link wholeServer} with settings of `homeserver.yaml`, for tests that ask as clients and browsers do. */
export async function wiredServer(storage: Storage, settings: Record<string, unknown> = {}) {
  const server = await wholeServer(storage, {
    settings: {
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
    },
  })
  const given = (token: string | null, sent?: unknown) => ({ body: sent, ...(token !== null && { token }) })
  async function call(token: string | null, method: string, path: string, sent?: unknown) {
    const { status, body } = await server.call(method, path, given(token, sent))
    return { status, body }
  }
  /** As {@link call}, for what must succeed. */
  const ok = (token: string | null, method: string, path: string, body?: unknown) =>
    server.ok(method, path, given(token, body))

  return {
    storage,
    clock: server.clock,
    call,
    ok,
    /** What a browser is shown. With `form` it sends that. Takes whole URLs too. */
    async page(url: string, form?: Record<string, string>, headers: Record<string, string> = {}) {
      const { pathname, search } = new URL(url, 'http://test')
      const response = await server.inject({
        method: form === undefined ? 'GET' : 'POST',
        url: pathname + search,
        headers,
        ...(form !== undefined && { payload: new URLSearchParams(form).toString() }),
      })
      return { status: response.statusCode, text: response.body, headers: response.headers }
    },
    /** Registers as a client does; the access token. */
    async register(username: string): Promise<string> {
      const auth = { type: 'm.login.dummy' }
      return (await ok(null, 'POST', '/register', { username, password: 'password', auth })).access_token
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
