import type { UserId } from '@ranvier/protocol/ids/brands'
import type { TestServer } from '../rooms/test-server.ts'

let txns = 0

/** What tests of relations do in one room. */
export function relationsIn(server: TestServer, roomId: string) {
  const path = server.room(roomId)
  const id = encodeURIComponent
  const v1 = `/_matrix/client/v1${path}`
  const text = { msgtype: 'm.text', body: 'x' }
  const tryTo = (by: string, relation: object, content: object = text, type = 'm.room.message') =>
    server.call(by, 'PUT', `${path}/send/${type}/r${++txns}`, { ...content, 'm.relates_to': relation })
  async function relate(by: string, relation: object, content: object = text, type = 'm.room.message') {
    const { status, body } = await tryTo(by, relation, content, type)
    if (status !== 200) throw new Error(JSON.stringify(body))
    return body.event_id as string
  }
  return {
    tryTo,
    relate,
    edit: (by: string, eventId: string, body: string, extra: object = {}) =>
      relate(
        by,
        { rel_type: 'm.replace', event_id: eventId },
        { msgtype: 'm.text', body: `* ${body}`, 'm.new_content': { msgtype: 'm.text', body }, ...extra },
      ),
    reply: (by: string, rootId: string, body: string) =>
      relate(by, { rel_type: 'm.thread', event_id: rootId }, { msgtype: 'm.text', body }),
    react: (by: string, eventId: string, key: string) =>
      relate(by, { rel_type: 'm.annotation', event_id: eventId, key }, {}, 'm.reaction'),
    refer: (by: string, eventId: string) =>
      relate(by, { rel_type: 'm.reference', event_id: eventId }, {}, 'org.example.vote'),
    redact: (by: string, eventId: string) =>
      server.ok(by, 'PUT', `${path}/redact/${id(eventId)}/r${++txns}`, {}),
    /** What is bundled with an event for somebody. */
    bundle: async (by: string, eventId: string) =>
      (await server.ok(by, 'GET', `${path}/event/${id(eventId)}`)).unsigned['m.relations'],
    relations: (by: string, eventId: string, rest = '') =>
      server.ok(by, 'GET', `${v1}/relations/${id(eventId)}${rest}`),
    threads: (by: string, query = '') => server.ok(by, 'GET', `${v1}/threads${query}`),
    ignore: (by: string, ...names: string[]) =>
      server.storage.write((tx) =>
        tx.accountData.set(
          `@${by}:test` as UserId,
          null,
          'm.ignored_user_list',
          JSON.stringify({ ignored_users: Object.fromEntries(names.map((name) => [`@${name}:test`, {}])) }),
        ),
      ),
  }
}

export const idsOf = (events: { event_id: string }[]) => events.map(({ event_id }) => event_id)
