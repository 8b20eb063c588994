import type { Ask, Side } from './side.ts'

/**
 * A public room that has the same events on both servers: Ranvier sends the event for guests that the preset has by the
 * specification, Synapse only where it is asked for.
 */
export const OPEN = {
  preset: 'public_chat',
  initial_state: [{ type: 'm.room.guest_access', content: { guest_access: 'forbidden' } }],
}

/** People, rooms, a file and more, by the names the rows of the contract have for them. */
export async function makeCast(side: Side): Promise<Record<string, string>> {
  const admin = side.people.get('admin')!
  const [bob, carol] = [await side.register('bob'), await side.register('carol')]
  const room = await bob.createRoom({
    ...OPEN,
    room_alias_name: `${side.prefix}there`,
    name: 'There',
  })
  const other = await bob.createRoom(OPEN)
  const hidden = await bob.createRoom({ preset: 'private_chat' })
  await carol.join(room)
  const event = await bob.send(room, 'hello')
  const otherEvent = await bob.send(other, 'hello')
  const file = await uploadText(side, 'bob')
  const token = `${side.prefix}letin`
  await side.ask({ to: 'POST /_synapse/admin/v1/registration_tokens/new', body: { token } })
  await side.ask({
    to: `POST /_matrix/client/v3/rooms/${encodeURIComponent(room)}/report/${encodeURIComponent(event)}`,
    as: 'carol',
    body: { reason: 'no', score: -1 },
  })
  await side.ask({
    to: `POST /_matrix/client/v3/users/${bob.userId}/report`,
    as: 'carol',
    body: { reason: 'no' },
  })
  // An identity belongs to one account: another run may have given it to its own.
  const owner = await side.ask({ to: 'GET /_synapse/admin/v1/auth_providers/p/users/hers' })
  if (owner.status === 200)
    await admin.put(`/_synapse/admin/v2/users/${owner.body.user_id}`, { external_ids: [] })
  await admin.put(`/_synapse/admin/v2/users/${carol.userId}`, {
    external_ids: [{ auth_provider: 'p', external_id: 'hers' }],
    threepids: [{ medium: 'email', address: 'carol@example.org' }],
  })
  await carol.put(`/_matrix/client/v3/user/${carol.userId}/account_data/com.example`, { a: 1 })
  const [report, userReport] = [await reportBy(side, 'event_reports'), await reportBy(side, 'user_reports')]
  const things = { room, other, hidden, event, otherEvent, file }
  for (const [name, id] of Object.entries(things)) side.names.set(name, id)
  return {
    ...things,
    token,
    report,
    userReport,
    server: side.serverName,
    admin: admin.userId,
    bob: bob.userId,
    carol: carol.userId,
    device: bob.deviceId,
    alias: `#${side.prefix}there:${side.serverName}`,
  }
}

/** The id of the one report carol has made. */
async function reportBy(side: Side, list: 'event_reports' | 'user_reports'): Promise<string> {
  const { body } = await side.ask({ to: `GET /_synapse/admin/v1/${list}?user_id=${side.id('carol')}` })
  const id = body[list]?.[0]?.id
  if (id === undefined) throw new Error(`${side.url}: none of the ${list} is carol's`)
  return String(id)
}

/** A file nobody else has: its media id, which is named `file`. */
export async function uploadText(side: Side, as: string): Promise<string> {
  const { body } = await side.ask({
    to: 'POST /_matrix/media/v3/upload?filename=a.txt',
    as,
    text: `a file, ${side.prefix} ${side.asked}`,
    headers: { 'content-type': 'text/plain' },
  })
  const file = (body.content_uri as string).split('/').at(-1)!
  side.names.set('file', file)
  return file
}

const WAIT_MS = 30_000

/**
 * Looks until it is there: some things come later on one of the servers. Rejects after 30 s, so that the chapter breaks off:
 * what comes on neither server would be no difference.
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + WAIT_MS
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Asks without comparing until it is so. */
export async function waitFor(
  side: Side,
  ask: Ask,
  isSo: (body: Record<string, unknown>) => boolean,
): Promise<void> {
  await eventually(ask.to, async () => {
    const { body } = await side.ask(ask)
    return isSo(body) || undefined
  })
}

/** A room of a person, with a name for it. */
export async function makeRoom(
  side: Side,
  name: string,
  body: Record<string, unknown> = {},
  as = 'bob',
): Promise<string> {
  const room = await side.people.get(as)!.createRoom(body)
  side.names.set(name, room)
  return room
}
