import type { Chapter } from '../chapter.ts'
import { C, enc } from '../paths.ts'
import type { Side } from '../side.ts'

const WRONG: readonly unknown[] = [null, 3, true, '', 'x', [], {}]

/** What clients keep on the server, and keys. */
export const clientData: Chapter = {
  name: 'client-data',
  about:
    'account data, tags, pushers, push rules, keys, cross-signing, key backup, to-device, dehydrated devices',
  async run(side) {
    for (const name of ['bob', 'carol']) await side.register(name)
    const room = await side.people.get('bob')!.createRoom({})
    side.names.set('room', room)
    await accountData(side, room)
    await pushers(side)
    await pushRules(side, room)
    await keys(side)
    await crossSigning(side)
    await backups(side)
    await toDevice(side)
  },
}

async function accountData(side: Side, room: string): Promise<void> {
  const own = `${C}/user/${side.id('bob')}`
  for (const base of [
    own,
    `${own}/rooms/${enc(room)}`,
    `${own}/rooms/${enc('!none:x')}`,
    `${own}/rooms/none`,
    `${C}/user/${side.id('carol')}`,
    `${C}/user/@x:elsewhere`,
  ]) {
    for (const type of [
      'a.b',
      'm.direct',
      'm.fully_read',
      'm.push_rules',
      'm.tag',
      'm.ignored_user_list',
      'ü',
      'x'.repeat(300),
    ]) {
      await side.by('bob', `GET ${base}/account_data/${enc(type)}`)
      await side.by('bob', `PUT ${base}/account_data/${enc(type)}`, { a: [1, null] })
      await side.by('bob', `GET ${base}/account_data/${enc(type)}`)
    }
    for (const text of ['', 'x', '[]', '3', 'null', '{"a":1e999}', '{"a":1.5}'])
      await side.compare({ to: `PUT ${base}/account_data/a.b`, as: 'bob', text })
    await side.by('bob', `PUT ${base}/account_data/a.b`, {})
    await side.by('bob', `DELETE ${base}/account_data/a.b`)
    await side.by('bob', `PUT ${base}/account_data/m.ignored_user_list`, { ignored_users: { '@x:y': {} } })
    await side.by('bob', `PUT ${base}/account_data/m.ignored_user_list`, { ignored_users: 3 })
  }
  for (const [who, where] of [
    ['bob', room],
    ['carol', room],
    ['bob', '!none:x'],
    ['bob', 'none'],
  ] as const) {
    const tags = `${own.replace(side.id('bob'), side.id(who))}/rooms/${enc(where)}/tags`
    for (const as of ['bob', 'carol']) {
      await side.by(as, `GET ${tags}`)
      for (const body of [{ order: 0.5 }, {}, { order: 'x' }, { order: 2 }])
        await side.by(as, `PUT ${tags}/u.work`, body)
      await side.by(as, `PUT ${tags}/${'x'.repeat(300)}`, {})
      await side.compare({ to: `PUT ${tags}/u.none`, as, text: '' })
      await side.compare({ to: `PUT ${tags}/u.none`, as, text: '[]' })
      await side.by(as, `GET ${tags}`)
      await side.by(as, `DELETE ${tags}/u.work`)
      await side.by(as, `DELETE ${tags}/u.work`)
    }
  }
}

async function pushers(side: Side): Promise<void> {
  const good = {
    kind: 'http',
    app_id: 'a',
    pushkey: 'k',
    app_display_name: 'A',
    device_display_name: 'D',
    lang: 'en',
    data: { url: 'https://push.example.org/_matrix/push/v1/notify' },
  }
  const set = (body: unknown) => side.by('bob', `POST ${C}/pushers/set`, body)
  await side.by('bob', `GET ${C}/pushers`)
  await set(good)
  await side.by('bob', `GET ${C}/pushers`)
  await side.by('admin', `GET /_synapse/admin/v1/users/${side.id('bob')}/pushers`)
  for (const member of [
    ...Object.keys(good),
    'profile_tag',
    'append',
    'enabled',
    'org.matrix.msc3881.enabled',
  ]) {
    for (const value of [...WRONG, 'x'.repeat(600)]) await set({ ...good, app_id: 'b', [member]: value })
    const { [member]: _, ...rest } = good as Record<string, unknown>
    await set({ ...rest })
  }
  for (const url of ['http://x', 'https://x/_matrix/push/v1/notify', 'https://x/none', 'x', 3, null, ''])
    await set({ ...good, app_id: 'c', data: { url } })
  await set({ ...good, kind: 'email', app_id: 'm.email', pushkey: 'bob@example.org', data: {} })
  await set({ ...good, kind: 'email', app_id: 'a', pushkey: 'bob@example.org', data: {} })
  await set({ ...good, profile_tag: 't', append: true })
  await set({ kind: null, app_id: 'a', pushkey: 'k' })
  await set({ kind: null, app_id: 'a' })
  await set({ kind: null, app_id: 'none', pushkey: 'none' })
  await set({})
  await side.by('bob', `GET ${C}/pushers`, undefined, { order: true })
}

async function pushRules(side: Side, room: string): Promise<void> {
  const at = `${C}/pushrules`
  for (const path of [
    '',
    '/',
    '/global',
    '/global/',
    '/none',
    '/none/',
    '/global/override',
    '/global/override/',
    '/global/none',
    '/global/none/',
    '/global/override/.m.rule.master',
    '/global/override/none',
    '/global/override/.m.rule.master/enabled',
    '/global/override/.m.rule.master/actions',
    '/global/override/.m.rule.master/none',
    '/global/override/none/enabled',
    '/global/content/.m.rule.contains_user_name',
  ])
    await side.by('bob', `GET ${at}${path}`)
  const rules: [string, unknown][] = [
    ['content/one', { pattern: 'x', actions: ['notify'] }],
    ['content/two', { pattern: 3, actions: [] }],
    ['content/two', { actions: [] }],
    ['content/two', { pattern: 'x' }],
    ['content/two', {}],
    ['content/two', { pattern: 'x', actions: 'x' }],
    ['content/two', { pattern: 'x', actions: ['none'] }],
    ['content/two', { pattern: 'x', actions: [{ set_tweak: 'sound', value: 'x' }] }],
    ['content/two', { pattern: 'x', actions: [{ x: 1 }] }],
    ['content/two', { pattern: 'x', actions: [3] }],
    ['override/three', { conditions: [], actions: [] }],
    ['override/three', { conditions: [{ kind: 'none' }], actions: ['dont_notify'] }],
    ['override/four', { conditions: 3, actions: [] }],
    ['override/four', { actions: [] }],
    ['override/four', { conditions: [{}], actions: [] }],
    [
      'underride/five',
      { conditions: [{ kind: 'room_member_count', is: 'x' }], actions: ['notify', 'coalesce'] },
    ],
    [`room/${enc(room)}`, { actions: ['notify'] }],
    [`sender/${enc(side.id('carol'))}`, { actions: [] }],
    ['room/x', { actions: [] }],
    ['sender/x', { actions: [] }],
    ['none/x', { actions: [] }],
    ['override/.m.rule.own', { conditions: [], actions: [] }],
    ['override/.m.rule.master', { conditions: [], actions: [] }],
    ['override/a%2Fb', { conditions: [], actions: [] }],
    ['override/a%5Cb', { conditions: [], actions: [] }],
    ['override/ü', { conditions: [], actions: [] }],
    [`override/${'x'.repeat(300)}`, { conditions: [], actions: [] }],
    ['override/', { conditions: [], actions: [] }],
    ['override/six?before=three', { conditions: [], actions: [] }],
    ['override/seven?after=three', { conditions: [], actions: [] }],
    ['override/eight?before=none', { conditions: [], actions: [] }],
    ['override/nine?after=.m.rule.master', { conditions: [], actions: [] }],
    ['override/ten?before=three&after=three', { conditions: [], actions: [] }],
    ['override/eleven?before=', { conditions: [], actions: [] }],
  ]
  for (const [path, body] of rules)
    await side.by('bob', `PUT ${at}/global/${path.replace('ü', enc('ü'))}`, body)
  await side.by('bob', `PUT ${at}/none/override/x`, { conditions: [], actions: [] })
  for (const text of ['', 'x', '[]'])
    await side.compare({ to: `PUT ${at}/global/override/t`, as: 'bob', text })
  for (const rule of [
    'content/one',
    'content/none',
    'override/.m.rule.master',
    'override/.m.rule.none',
    'underride/.m.rule.message',
  ]) {
    for (const body of [{ enabled: true }, { enabled: false }, { enabled: 'x' }, {}, { enabled: null }])
      await side.by('bob', `PUT ${at}/global/${rule}/enabled`, body)
    for (const body of [{ actions: ['notify'] }, { actions: [] }, { actions: ['x'] }, { actions: 3 }, {}])
      await side.by('bob', `PUT ${at}/global/${rule}/actions`, body)
    await side.by('bob', `PUT ${at}/global/${rule}/none`, {})
    await side.by('bob', `GET ${at}/global/${rule}`)
    await side.by('bob', `GET ${at}/global/${rule}/enabled`)
    await side.by('bob', `GET ${at}/global/${rule}/actions`)
    await side.by('bob', `DELETE ${at}/global/${rule}`)
    await side.by('bob', `DELETE ${at}/global/${rule}`)
  }
  await side.by('bob', `GET ${at}/`)
}

async function keys(side: Side): Promise<void> {
  const { userId, deviceId } = side.people.get('bob')!
  const device = {
    user_id: userId,
    device_id: deviceId,
    algorithms: ['m.olm.v1.curve25519-aes-sha2'],
    keys: { [`ed25519:${deviceId}`]: 'a'.repeat(43), [`curve25519:${deviceId}`]: 'b'.repeat(43) },
    signatures: { [userId]: { [`ed25519:${deviceId}`]: 'c'.repeat(86) } },
  }
  const key = { key: 'd'.repeat(43), signatures: { [userId]: { [`ed25519:${deviceId}`]: 'e'.repeat(86) } } }
  const upload = (body: unknown, path = 'keys/upload') => side.by('bob', `POST ${C}/${path}`, body)
  await upload({})
  await upload({ device_keys: device })
  await upload({ device_keys: device })
  for (const value of WRONG) {
    await upload({ device_keys: value })
    await upload({ one_time_keys: value })
    await upload({ fallback_keys: value })
    for (const member of ['user_id', 'device_id', 'algorithms', 'keys', 'signatures'])
      await upload({ device_keys: { ...device, [member]: value } })
  }
  await upload({ device_keys: { ...device, user_id: '@x:y' } })
  await upload({ device_keys: { ...device, device_id: 'OTHER' } })
  await upload({ device_keys: device }, `keys/upload/${deviceId}`)
  await upload({ device_keys: device }, 'keys/upload/OTHER')
  await upload({
    one_time_keys: { 'signed_curve25519:A': key, 'signed_curve25519:B': key, 'curve25519:C': 'x' },
  })
  await upload({ one_time_keys: { 'signed_curve25519:A': key } })
  await upload({ one_time_keys: { 'signed_curve25519:A': { ...key, key: 'f'.repeat(43) } } })
  await upload({ one_time_keys: { none: key } })
  await upload({ one_time_keys: { 'signed_curve25519:D': 3 } })
  await upload({ fallback_keys: { 'signed_curve25519:F': { ...key, fallback: true } } })
  const query = (body: unknown, path = 'query') => side.by('carol', `POST ${C}/keys/${path}`, body)
  for (const who of [[], [deviceId], ['NONE'], 'x', null, 3]) await query({ device_keys: { [userId]: who } })
  for (const body of [
    {},
    { device_keys: 3 },
    { device_keys: {} },
    { device_keys: { x: [] } },
    { device_keys: { [side.id('nobody')]: [] } },
    { device_keys: { [userId]: [] }, timeout: 'x' },
    { device_keys: { [userId]: [] }, timeout: 1 },
  ])
    await query(body)
  for (const body of [
    {},
    { one_time_keys: 3 },
    { one_time_keys: {} },
    { one_time_keys: { [userId]: { [deviceId]: 'none' } } },
    { one_time_keys: { [userId]: { NONE: 'signed_curve25519' } } },
    { one_time_keys: { [userId]: { [deviceId]: 'signed_curve25519' } } },
    { one_time_keys: { [userId]: { [deviceId]: 3 } } },
    { one_time_keys: { [userId]: 3 } },
    { one_time_keys: { x: { y: 'z' } } },
  ])
    await query(body, 'claim')
  for (const from of ['', '?from=x', '?from=x&to=y', '?to=x'])
    await side.by('bob', `GET ${C}/keys/changes${from}`)
}

async function crossSigning(side: Side): Promise<void> {
  const { userId, deviceId } = side.people.get('bob')!
  const master = {
    user_id: userId,
    usage: ['master'],
    keys: { [`ed25519:${'m'.repeat(43)}`]: 'm'.repeat(43) },
  }
  const post = (body: unknown, path = 'device_signing/upload') =>
    side.by('bob', `POST ${C}/keys/${path}`, body)
  await post({})
  for (const value of WRONG) await post({ master_key: value })
  await post({ master_key: { ...master, user_id: '@x:y' } })
  await post({ master_key: { ...master, keys: {} } })
  await post({ self_signing_key: { ...master, usage: ['self_signing'] } })
  await post({ master_key: master })
  await side.by('bob', `POST ${C}/keys/query`, { device_keys: { [userId]: [] } })
  await post({ master_key: master })
  await post({ master_key: { ...master, keys: { [`ed25519:${'n'.repeat(43)}`]: 'n'.repeat(43) } } })
  for (const body of [
    {},
    { [userId]: {} },
    { [userId]: { [deviceId]: {} } },
    { [userId]: { NONE: { user_id: userId, device_id: 'NONE', signatures: {} } } },
    { [userId]: 3 },
    { x: {} },
  ])
    await post(body, 'signatures/upload')
}

async function backups(side: Side): Promise<void> {
  const at = `${C}/room_keys`
  const good = {
    algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2',
    auth_data: { public_key: 'x', signatures: {} },
  }
  const one = { first_message_index: 0, forwarded_count: 0, is_verified: true, session_data: { a: 1 } }
  for (const path of [
    'version',
    'version/1',
    'version/x',
    'keys?version=1',
    'keys',
    'keys/!r:x?version=1',
    'keys/!r:x/s?version=1',
  ])
    await side.by('bob', `GET ${at}/${path}`)
  for (const body of [{}, { algorithm: 'x' }, { auth_data: {} }, good])
    await side.by('bob', `POST ${at}/version`, body)
  for (const path of ['version', 'version/1', 'keys?version=1']) await side.by('bob', `GET ${at}/${path}`)
  for (const body of [
    { ...good, version: '1' },
    { ...good, version: '2' },
    { ...good, version: 3 },
    {},
    good,
  ])
    await side.by('bob', `PUT ${at}/version/1`, body)
  await side.by('bob', `PUT ${at}/version/99`, good)
  for (const [path, body] of [
    ['keys?version=1', { rooms: { '!r:x': { sessions: { s: one } } } }],
    ['keys?version=1', {}],
    ['keys?version=1', { rooms: 3 }],
    ['keys', { rooms: {} }],
    ['keys?version=9', { rooms: {} }],
    ['keys/!r:x?version=1', { sessions: { t: one } }],
    ['keys/!r:x?version=1', {}],
    ['keys/!r:x/u?version=1', one],
    ['keys/!r:x/u?version=1', {}],
    ['keys/!r:x/u?version=1', { ...one, is_verified: 'x' }],
    ['keys/!r:x/u?version=1', { ...one, first_message_index: 'x' }],
    ['keys/!r:x/u?version=1', { ...one, session_data: 3 }],
  ] as const)
    await side.by('bob', `PUT ${at}/${path}`, body)
  for (const path of [
    'keys?version=1',
    'keys/!r:x?version=1',
    'keys/!r:x/s?version=1',
    'keys/!r:x/none?version=1',
    'keys/!none:x?version=1',
    'keys?version=9',
  ])
    await side.by('bob', `GET ${at}/${path}`)
  for (const path of [
    'keys/!r:x/s?version=1',
    'keys/!r:x/none?version=1',
    'keys/!r:x?version=1',
    'keys?version=1',
    'version/9',
    'version/1',
    'version/1',
    'keys?version=1',
    'version',
  ])
    await side.by('bob', `DELETE ${at}/${path}`)
  await side.by('bob', `GET ${at}/version`)
}

async function toDevice(side: Side): Promise<void> {
  const { userId, deviceId } = side.people.get('bob')!
  const messages: unknown[] = [
    { [userId]: { [deviceId]: { a: 1 } } },
    { [userId]: { '*': { a: 2 } } },
    { [userId]: { NONE: {} } },
    { [userId]: 3 },
    { x: {} },
    { [side.id('nobody')]: { '*': {} } },
    3,
    null,
    {},
  ]
  for (const [i, body] of messages.entries())
    await side.by('carol', `PUT ${C}/sendToDevice/m.x/${i}`, { messages: body })
  await side.by('carol', `PUT ${C}/sendToDevice/m.x/none`, {})
  await side.by('carol', `PUT ${C}/sendToDevice/m.x/0`, { messages: { [userId]: { [deviceId]: { a: 1 } } } })
  await side.by(
    'bob',
    `GET ${C}/sync?filter=${enc('{"room":{"rooms":[]},"presence":{"types":[]},"account_data":{"types":[]}}')}`,
  )
  const dehydrated = '/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device'
  await side.by('bob', `GET ${dehydrated}`)
  await side.by('bob', `PUT ${dehydrated}`, {})
  await side.by('bob', `DELETE ${dehydrated}`)
}
