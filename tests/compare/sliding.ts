import { makeRoom, OPEN } from './cast.ts'
import { C, enc } from './paths.ts'
import type { Side } from './side.ts'

export const SLIDING = '/_matrix/client/unstable/org.matrix.simplified_msc3575/sync'

/** What is asked beside the connection. */
export type Body = Record<string, unknown>

/** A client that goes on from where it was; each has a connection of its own. */
export class Sliding {
  readonly #side: Side
  readonly #as: string
  readonly connection: string
  pos = ''

  constructor(side: Side, as: string, connection: string) {
    this.#side = side
    this.#as = as
    this.connection = connection
  }

  /** Asks from where it was, or from `pos`, and compares. */
  // biome-ignore lint/suspicious/noExplicitAny: scripts take from it what the servers promise to be there
  async ask(what: string, body: Body, pos = this.pos): Promise<any> {
    const query = pos === '' ? '' : `&pos=${enc(pos)}`
    const answer = await this.#side.compare(
      { to: `POST ${SLIDING}?timeout=0${query}`, as: this.#as, body: { conn_id: this.connection, ...body } },
      `sliding sync as ${this.#as}, ${this.connection}: ${what}`,
    )
    if (typeof answer.body?.pos === 'string') this.pos = answer.body.pos
    return answer.body
  }
}

/** A list of one window. */
export const window = (from: number, to: number, more: Body = {}) => ({
  lists: { all: { ranges: [[from, to]], timeline_limit: 1, required_state: [['m.room.name', '']], ...more } },
})

/** Four rooms of bob's, the last one the liveliest: a plain one, a space, an encrypted one and one with carol. */
export async function makeSlidingRooms(
  side: Side,
): Promise<Record<'tea' | 'space' | 'secret' | 'den', string>> {
  const tea = await makeRoom(side, 'tea', { ...OPEN, name: 'Tea' })
  const space = await makeRoom(side, 'space', {
    ...OPEN,
    name: 'Space',
    creation_content: { type: 'm.space' },
  })
  await side.by('bob', `PUT ${C}/rooms/${enc(space)}/state/m.space.child/${enc(tea)}`, { via: ['x'] })
  const encryption = { type: 'm.room.encryption', content: { algorithm: 'm.megolm.v1.aes-sha2' } }
  const secret = await makeRoom(side, 'secret', {
    ...OPEN,
    initial_state: [...OPEN.initial_state, encryption],
  })
  const den = await makeRoom(side, 'den', OPEN)
  await side.people.get('carol')!.join(den)
  await side.people.get('carol')!.send(den, 'one')
  return { tea, space, secret, den }
}
