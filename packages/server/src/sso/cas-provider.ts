import type { CasConfig } from '../config/config.ts'
import { forbidden } from '../errors.ts'
import type { OutboundClient } from '../outbound/client.ts'
import type { CasAnswer } from './cas-answer.ts'
import { mappedLocalpart } from './claims.ts'
import type { BegunAtProvider, RemoteUser, SsoProvider } from './provider.ts'

const TIMEOUT_MS = 20_000
const MAX_ANSWER_BYTES = 1_000_000

/** A CAS server. A ticket is good once, for the address it was made for. CAS Protocol Specification 3.0, §2.6 */
export class CasProvider implements SsoProvider {
  readonly allowsExistingUsers = true // Synapse: the names there are those of this server
  readonly asksName = false
  readonly #config: CasConfig
  readonly #outbound: Pick<OutboundClient, 'request'>
  readonly #callback: string

  /** `callback`: where the server sends users back to. */
  constructor(config: CasConfig, outbound: Pick<OutboundClient, 'request'>, callback: string) {
    this.#config = config
    this.#outbound = outbound
    this.#callback = callback
  }

  get id(): string {
    return this.#config.id
  }
  get name(): string {
    return this.#config.name
  }
  get registers(): boolean {
    return this.#config.registers
  }

  begin({ state, again }: { state: string; again: boolean }): Promise<BegunAtProvider> {
    const service = `${this.#callback}?${new URLSearchParams({ state })}`
    const query = new URLSearchParams({ service, ...(again && { renew: 'true' }) })
    const url = `${this.#config.serverUrl}/login?${query}`
    return Promise.resolve({ url, finish: (came) => this.#finish(came, { service, again }) })
  }

  async #finish(query: string, { service, again }: { service: string; again: boolean }): Promise<RemoteUser> {
    const ticket = new URLSearchParams(query).get('ticket')
    if (ticket === null || ticket === '') throw new Error('the user came back without a ticket')
    const { serverUrl, version } = this.#config
    const asked = new URLSearchParams({ ticket, service, ...(again && { renew: 'true' }) })
    const answer = await this.#outbound.request({
      method: 'GET',
      url: `${serverUrl}${version === 3 ? '/p3' : ''}/proxyValidate?${asked}`,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_ANSWER_BYTES,
    })
    if (answer.status !== 200) throw new Error(`the CAS server answered ${answer.status}`)
    const { readCasAnswer } = await import('./cas-answer.ts') // the parser is memory that is seldom of use
    const known = readCasAnswer(answer.body.toString())
    if (known === undefined) throw new Error('the CAS server does not take its ticket back')
    return this.#userOf(known)
  }

  #userOf({ user, attributes }: CasAnswer): RemoteUser {
    const { requirements, displaynameAttribute, numericPrefix } = this.#config
    const fits = requirements.every(({ attribute, value }) => {
      const held = attributes.get(attribute)
      return held !== undefined && (value === null || held.includes(value))
    })
    if (!fits) throw forbidden('You may not log in here')
    const name = mappedLocalpart(user)
    const isNumber = /^\d+$/.test(name)
    // Guests have numbers for names. Synapse: allow_numeric_ids
    if (isNumber && numericPrefix === null) throw forbidden('A name here cannot be a number')
    return {
      subject: user,
      localpart: isNumber ? `${numericPrefix}${name}` : name,
      displayname: (displaynameAttribute !== null && attributes.get(displaynameAttribute)?.[0]) || null,
      email: null,
      picture: null,
      session: null,
    }
  }
}
