/** Identifiers that are illegal, too long, of something that does not exist, or of another server. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { serverMatrix } from '@ranvier/testkit'
import {
  adminEndpoints,
  checkCivil,
  clientEndpoints,
  fillPath,
  makeWorld,
  send,
  type World,
} from './world.ts'

const ILLEGAL = [
  ' ',
  '.',
  '..',
  '@',
  '!',
  '#',
  '$',
  ':',
  '@:',
  '@a',
  '@a:',
  '@A B:ranvier.test',
  '@a:b:c:d',
  '@a:[::1',
  '@a:ranvier.test:99999999',
  '!a/b:ranvier.test',
  '%2F',
  '\0',
  '@a\0:ranvier.test',
  '\ufffd',
  '\u202e',
  "'; DROP TABLE users; --",
  '__proto__',
  'constructor',
  'é'.repeat(200),
  `@${'a'.repeat(300)}:ranvier.test`,
  `!${'a'.repeat(5_000)}:ranvier.test`,
]

/** Paths `encodeURIComponent` never makes. */
const ILLEGAL_PATHS = ['%', '%zz', '%ff', '%c3%28', '%00', '%ed%a0%80', '%2e%2e', 'a%2', '+']

serverMatrix((start) => {
  let world: World
  before(async () => {
    world = await makeWorld(await start())
  })

  for (const [name, endpoints] of [
    ['the client-server API', clientEndpoints],
    ['the admin API', adminEndpoints],
  ] as const) {
    test(`${name} answers any identifier in its paths`, async () => {
      const token = (endpoints === adminEndpoints ? world.admin : world.alice).accessToken
      for (const { method, path, body } of endpoints) {
        for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
          const targets = [
            ...ILLEGAL.map((value) => fillPath(path, world.params, { [name!]: value })),
            ...ILLEGAL_PATHS.map((raw) =>
              fillPath(path.replace(`{${name}}`, '\u0001'), world.params).replace('\u0001', raw),
            ),
          ]
          await Promise.all(
            targets.map(async (target) => {
              const answer = await send(world.url, method, target, {
                token,
                ...(body === undefined ? {} : { body: JSON.stringify(body) }),
              })
              checkCivil(answer, `${method} ${target.slice(0, 200)}`)
            }),
          )
        }
      }
    })
  }

  test('a room nobody knows is refused like one the user is not in', async () => {
    const { alice } = world
    const ask = (method: string, path: string, body?: string) =>
      send(world.url, method, path, { token: alice.accessToken, ...(body === undefined ? {} : { body }) })
    for (const room of [`!nothing:${world.server.serverName}`, '!nothing:elsewhere.example']) {
      const at = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}`
      for (const [method, path, body] of [
        ['GET', '/state'],
        ['GET', '/state/m.room.name/'],
        ['GET', '/members'],
        ['GET', '/joined_members'],
        ['GET', '/messages?dir=b'],
        ['PUT', '/send/m.room.message/t1', '{"msgtype":"m.text","body":"x"}'],
        ['PUT', '/state/m.room.topic/', '{"topic":"x"}'],
        ['POST', '/invite', `{"user_id":"${world.bob.userId}"}`],
      ] as const) {
        const answer = await ask(method, at + path, body)
        assert.ok([403, 404].includes(answer.status), `${method} ${path} → ${answer.status} ${answer.text}`)
        assert.match(String(answer.json['errcode']), /^M_(FORBIDDEN|NOT_FOUND)$/)
      }
    }
  })

  test('an event of another room is not found under this one', async () => {
    const other = await world.alice.createRoom({})
    const eventId = await world.alice.send(other, 'elsewhere')

    const answer = await send(
      world.url,
      'GET',
      fillPath('/_matrix/client/v3/rooms/{roomId}/event/{eventId}', world.params, { eventId }),
      {
        token: world.alice.accessToken,
      },
    )

    assert.deepEqual([answer.status, answer.json['errcode']], [404, 'M_NOT_FOUND'])
  })

  test('paths nobody serves are M_UNRECOGNIZED: 404, or 405 for another method', async () => {
    for (const path of [
      '/_matrix/client/v3/nothing',
      '/_matrix/client/v99/sync',
      '/_synapse/admin/v1/nothing',
      '/_matrix/client/v3/sync/',
    ]) {
      const answer = await send(world.url, 'GET', path, { token: world.alice.accessToken })
      assert.deepEqual([answer.status, answer.json['errcode']], [404, 'M_UNRECOGNIZED'], path)
    }
    const answer = await send(world.url, 'DELETE', '/_matrix/client/v3/sync', {
      token: world.alice.accessToken,
    })
    assert.deepEqual([answer.status, answer.json['errcode']], [405, 'M_UNRECOGNIZED'])
  })
})
