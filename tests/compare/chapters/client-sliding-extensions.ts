import type { Chapter } from '../chapter.ts'
import { C, enc } from '../paths.ts'
import type { Side } from '../side.ts'
import { type Body, makeSlidingRooms, Sliding, window } from '../sliding.ts'

const THREADS = 'io.element.msc4308.thread_subscriptions'

/** The extensions of simplified sliding sync: each alone, and all of them together as things happen. */
export const clientSlidingExtensions: Chapter = {
  name: 'client-sliding-extensions',
  about: 'extensions of simplified sliding sync: devices, keys, account data, receipts, typing, threads',
  async run(side) {
    for (const name of ['bob', 'carol', 'dan']) await side.register(name)
    await extensions(side, await makeSlidingRooms(side))
  },
}

async function extensions(side: Side, { tea, den }: Record<string, string>): Promise<void> {
  const [bob, carol] = [side.people.get('bob')!, side.people.get('carol')!]
  const on = { enabled: true }
  const client = new Sliding(side, 'bob', 'extensions')
  for (const name of ['to_device', 'e2ee', 'account_data', 'receipts', 'typing', THREADS]) {
    const only = new Sliding(side, 'bob', `only ${name}`)
    await only.ask('alone', { extensions: { [name]: on } })
    await only.ask('again', { extensions: { [name]: on } })
    await only.ask('off', { extensions: { [name]: { enabled: false } } })
    await only.ask('unsaid', { extensions: { [name]: {} } })
  }
  let since: string | undefined
  const look = async (what: string, more: Body = {}) => {
    const body = await client.ask(what, {
      ...window(0, 9, { timeline_limit: 1 }),
      extensions: {
        to_device: { ...on, limit: 10, ...(since !== undefined && { since }) },
        e2ee: on,
        account_data: on,
        receipts: on,
        typing: on,
        [THREADS]: { ...on, limit: 10 },
        ...more,
      },
    })
    since = body.extensions?.to_device?.next_batch
  }
  await look('everything')
  await look('nothing new')
  await side.by('carol', `PUT ${C}/sendToDevice/com.example/t1`, {
    messages: { [bob.userId]: { [bob.deviceId]: { n: 1 } } },
  })
  await look('a message to the device')
  await look('taken')
  await side.by('bob', `PUT ${C}/user/${bob.userId}/account_data/com.example`, { a: 1 })
  await side.by('bob', `PUT ${C}/user/${bob.userId}/rooms/${enc(den!)}/account_data/com.example`, { b: 1 })
  await look('account data')
  await side.by('bob', `PUT ${C}/user/${bob.userId}/rooms/${enc(den!)}/tags/u.work`, {})
  await look('a tag')
  const said = await carol.send(den!, 'read me')
  side.names.set('read', said)
  await side.by('bob', `POST ${C}/rooms/${enc(den!)}/receipt/m.read/${enc(said)}`, {})
  await look('a receipt')
  await side.by('carol', `POST ${C}/rooms/${enc(den!)}/receipt/m.read.private/${enc(said)}`, {})
  await look('a private receipt of another')
  await side.by('bob', `POST ${C}/rooms/${enc(den!)}/receipt/m.read.private/${enc(said)}`, {})
  await look('one’s own private receipt')
  await side.by('carol', `PUT ${C}/rooms/${enc(den!)}/typing/${enc(carol.userId)}`, {
    typing: true,
    timeout: 60_000,
  })
  await look('typing')
  await side.by('carol', `PUT ${C}/rooms/${enc(den!)}/typing/${enc(carol.userId)}`, { typing: false })
  await look('no typing')
  await side.by(
    'bob',
    `PUT /_matrix/client/unstable/io.element.msc4306/rooms/${enc(den!)}/thread/${enc(said)}/subscription`,
    {},
  )
  await look('a subscription')
  await side.by(
    'bob',
    `DELETE /_matrix/client/unstable/io.element.msc4306/rooms/${enc(den!)}/thread/${enc(said)}/subscription`,
  )
  await look('no subscription')
  await side.by('carol', `POST ${C}/keys/upload`, {
    device_keys: {
      user_id: carol.userId,
      device_id: carol.deviceId,
      algorithms: ['m.olm.v1.curve25519-aes-sha2'],
      keys: { [`ed25519:${carol.deviceId}`]: 'x' },
      signatures: {},
    },
  })
  await look('new keys of another')
  await side.by('bob', `POST ${C}/keys/upload`, {
    one_time_keys: { 'signed_curve25519:A': { key: 'k', signatures: {} } },
    fallback_keys: { 'signed_curve25519:F': { key: 'f', fallback: true, signatures: {} } },
  })
  await look('own one-time keys')
  await carol.send(den!, 'scope')
  await side.by('carol', `PUT ${C}/rooms/${enc(den!)}/typing/${enc(carol.userId)}`, {
    typing: true,
    timeout: 60_000,
  })
  await look('only of another room', { typing: { ...on, lists: [], rooms: [tea] } })
  await look('only of this list', { typing: { ...on, lists: ['all'], rooms: [] } })
  await look('of a list that is not there', {
    receipts: { ...on, lists: ['none'] },
    account_data: { ...on, rooms: ['*'] },
  })
}
