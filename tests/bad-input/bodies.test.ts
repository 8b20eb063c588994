/** Bodies that are not what the specification asks for: on every endpoint, and in every field of every body. */
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

const NOT_JSON: [string, string | Uint8Array][] = [
  ['an unfinished object', '{"a":'],
  ['no JSON at all', 'hello=world&a=b'],
  ['NaN', '{"a":NaN}'],
  ['single quotes', "{'a':1}"],
  ['something after the object', '{} {}'],
  ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
]
const NOT_AN_OBJECT = ['[]', '[{}]', '3', '"text"', 'null', 'true']

const WRONG_VALUES: unknown[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 53,
  1e300,
  '',
  'x',
  'a\0b',
  '\ud800',
  '../../etc/passwd',
  'x'.repeat(70_000),
  [],
  [null],
  [[]],
  ['\0'],
  {},
  { x: { y: null } },
  { '\0': '\0' },
]

/** Every place in a body, as a path of keys. */
function placesOf(value: unknown, at: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => [[...at, key], ...placesOf(inner, [...at, key])])
}

function withValue(body: unknown, place: readonly string[], value: unknown): unknown {
  const [key, ...rest] = place
  if (key === undefined) return value
  const copy = structuredClone(body) as Record<string, unknown>
  copy[key] = withValue(copy[key], rest, value)
  return copy
}

serverMatrix((start) => {
  let world: World
  before(async () => {
    world = await makeWorld(await start())
  })
  const sendEvent = (content: string, type = 'm.room.message') =>
    send(
      world.url,
      'PUT',
      fillPath('/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}', {
        ...world.params,
        eventType: type,
      }),
      {
        token: world.alice.accessToken,
        body: content,
      },
    )

  for (const [name, endpoints] of [
    ['the client-server API', clientEndpoints],
    ['the admin API', adminEndpoints],
  ] as const) {
    const withBody = endpoints.filter((endpoint) => endpoint.body !== undefined)
    const tokenFor = () => (endpoints === adminEndpoints ? world.admin : world.alice).accessToken

    test(`${name} refuses bodies that are not JSON, or no object`, async () => {
      for (const { method, path } of withBody) {
        for (const body of [...NOT_JSON.map(([, text]) => text), ...NOT_AN_OBJECT]) {
          const answer = await send(world.url, method, fillPath(path, world.params), {
            token: tokenFor(),
            body,
          })
          checkCivil(answer, `${method} ${path} with ${body}`)
        }
      }
    })

    test(`${name} answers wrong values in any field with a proper refusal`, async () => {
      for (const { method, path, body } of withBody) {
        for (const place of placesOf(body)) {
          await Promise.all(
            WRONG_VALUES.map(async (value) => {
              const answer = await send(world.url, method, fillPath(path, world.params), {
                token: tokenFor(),
                body: JSON.stringify(withValue(body, place, value)),
              })
              const shown = JSON.stringify(value).slice(0, 40)
              checkCivil(answer, `${method} ${path} with ${place.join('.')} = ${shown}`)
            }),
          )
        }
      }
      // Among what is not refused is that she leaves.
      await world.alice.join(world.roomId)
    })

    test(`${name} answers wrong query parameters with a proper refusal`, async () => {
      for (const { method, path, query, body } of endpoints) {
        for (const parameter of query ?? []) {
          for (const value of [
            '',
            '-1',
            '1.5',
            'x',
            '1e400',
            '99999999999999999999',
            '{"a":',
            '%00',
            '%ff',
            '%ud800',
            '[]',
          ]) {
            const target = `${fillPath(path, world.params)}?${parameter}=${value}`
            const answer = await send(world.url, method, target, {
              token: tokenFor(),
              ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            })
            checkCivil(answer, `${method} ${path}?${parameter}=${value}`)
          }
        }
      }
    })
  }

  test('what is not JSON is M_NOT_JSON, and JSON that is no object is M_BAD_JSON', async () => {
    for (const [what, body] of NOT_JSON) {
      const answer = await send(world.url, 'POST', '/_matrix/client/v3/createRoom', {
        token: world.alice.accessToken,
        body,
      })
      assert.deepEqual([answer.status, answer.json['errcode']], [400, 'M_NOT_JSON'], what)
    }
    for (const body of NOT_AN_OBJECT) {
      const answer = await send(world.url, 'POST', '/_matrix/client/v3/createRoom', {
        token: world.alice.accessToken,
        body,
      })
      assert.deepEqual([answer.status, answer.json['errcode']], [400, 'M_BAD_JSON'], body)
    }
  })

  test('events hold no fractions, no numbers beyond 2^53 and no lone surrogates', async () => {
    for (const value of [
      '1.5',
      '1e400',
      '-1e400',
      '1e30',
      '9007199254740992',
      '-9007199254740992',
      '[0.1]',
      '{"a":{"b":1.25}}',
    ]) {
      const answer = await sendEvent(`{"msgtype":"m.text","body":"x","value":${value}}`)
      assert.equal(answer.status, 400, `${value} → ${answer.text}`)
      assert.match(String(answer.json['errcode']), /^M_(BAD|NOT)_JSON$/, value)
    }
    for (const text of ['"\\ud800"', '"\\udc00\\ud800"', '{"\\ud800":1}']) {
      const answer = await sendEvent(`{"msgtype":"m.text","body":"x","value":${text}}`)
      assert.equal(answer.status, 400, `${text} → ${answer.text}`)
      assert.match(String(answer.json['errcode']), /^M_(BAD|NOT)_JSON$/, text)
    }
    for (const value of ['1e3', '1.0', '-0', '9007199254740991', '"\\ud83e\\udda6"']) {
      const answer = await sendEvent(`{"msgtype":"m.text","body":"x","value":${value}}`)
      checkCivil(answer, `send with ${value}`)
    }
  })

  test('a key named __proto__ is a key like any other', async () => {
    const answer = await sendEvent(
      '{"msgtype":"m.text","body":"x","__proto__":{"admin":true},"constructor":{"prototype":{"y":1}}}',
    )
    assert.equal(answer.status, 200, answer.text)

    const path = fillPath('/_matrix/client/v3/rooms/{roomId}/event/{eventId}', world.params, {
      eventId: String(answer.json['event_id']),
    })
    const event = await send(world.url, 'GET', path, { token: world.alice.accessToken })
    const content = event.json['content'] as object
    assert.deepEqual(Object.getOwnPropertyDescriptor(content, '__proto__')?.value, { admin: true })
    assert.deepEqual((content as Record<string, unknown>)['constructor'], { prototype: { y: 1 } })
    const setting = await send(
      world.url,
      'PUT',
      fillPath('/_matrix/client/v3/user/{userId}/account_data/__proto__', world.params),
      {
        token: world.alice.accessToken,
        body: '{"__proto__":{"polluted":true}}',
      },
    )
    assert.equal(setting.status, 200, setting.text)
    const whoami = await send(world.url, 'GET', '/_matrix/client/v3/account/whoami', {
      token: world.alice.accessToken,
    })
    assert.equal('polluted' in whoami.json, false)
  })

  test('an event larger than 64 KiB is M_TOO_LARGE; one that just fits is sent', async () => {
    for (const type of ['m.room.message', 'com.example.large']) {
      const answer = await sendEvent(JSON.stringify({ msgtype: 'm.text', body: 'x'.repeat(70_000) }), type)
      assert.deepEqual([answer.status, answer.json['errcode']], [413, 'M_TOO_LARGE'])
    }
    const fits = await sendEvent(JSON.stringify({ msgtype: 'm.text', body: 'x'.repeat(60_000) }))
    assert.equal(fits.status, 200, fits.text)
    const state = await send(
      world.url,
      'PUT',
      fillPath('/_matrix/client/v3/rooms/{roomId}/state/m.room.topic/', world.params),
      {
        token: world.alice.accessToken,
        body: JSON.stringify({ topic: 'x'.repeat(70_000) }),
      },
    )
    assert.deepEqual([state.status, state.json['errcode']], [413, 'M_TOO_LARGE'])
  })

  test('nesting of a hundred thousand levels is refused everywhere', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    const deepObject = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`
    for (const { method, path } of clientEndpoints.filter((endpoint) => endpoint.body !== undefined)) {
      for (const value of [deep, deepObject]) {
        const answer = await send(world.url, method, fillPath(path, world.params), {
          token: world.alice.accessToken,
          body: `{"content":${value},"value":${value}}`,
        })
        checkCivil(answer, `${method} ${path} with deep nesting`)
      }
    }
    const event = await sendEvent(`{"msgtype":"m.text","body":"x","value":${deep}}`)
    assert.equal(event.status, 400, event.text)
    assert.match(String(event.json['errcode']), /^M_(BAD|NOT)_JSON$/)
  })

  test('a body beyond the limit is M_TOO_LARGE, with and without a token', async () => {
    const body = JSON.stringify({ filler: 'x'.repeat(20_000_000) })
    for (const token of [world.alice.accessToken, undefined]) {
      const answer = await send(world.url, 'POST', '/_matrix/client/v3/login', {
        ...(token === undefined ? {} : { token }),
        body,
      }).catch((error: Error) => error)
      // A server that has answered may close the connection on what is still being sent.
      if (answer instanceof Error) continue
      assert.deepEqual([answer.status, answer.json['errcode']], [413, 'M_TOO_LARGE'])
    }
  })

  test('the server is as well as before', async () => {
    assert.equal((await send(world.url, 'GET', '/health')).status, 200)
    const eventId = await world.alice.send(world.roomId, 'still here')
    assert.equal((await world.alice.event(world.roomId, eventId)).content['body'], 'still here')
    assert.deepEqual(
      world.server.log.filter((line) => line.includes('"level":50') || line.includes('"level":60')),
      [],
    )
  })
})
