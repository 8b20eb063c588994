import type { Chapter } from '../chapter.ts'
import { C } from '../paths.ts'
import type { Side } from '../side.ts'

const dummy = { auth: { type: 'm.login.dummy' } }
const WRONG: readonly unknown[] = [null, 3, true, '', [], {}, 'a b', 'ü', 'x'.repeat(600), 'a\0b']

/** Registration, login, sessions, profiles, devices: what is asked before there is a room. */
export const clientAccounts: Chapter = {
  name: 'client-accounts',
  about: 'versions, register, login, logout, whoami, profile, password, devices, deactivation',
  async run(side) {
    await anonymous(side)
    await register(side)
    await side.register('bob')
    await logIn(side)
    await account(side)
    await profile(side)
    await devices(side)
    await password(side)
  },
}

async function anonymous(side: Side): Promise<void> {
  for (const path of [
    '/_matrix/client/versions',
    '/.well-known/matrix/client',
    '/.well-known/matrix/server',
    '/.well-known/matrix/support',
    `${C}/login`,
    '/_matrix/client/v1/login',
    '/_matrix/client/r0/login',
    `${C}/register`,
    `${C}/capabilities`,
    `${C}/account/whoami`,
    '/',
    '/_matrix',
    '/_matrix/static/',
    '/_matrix/client',
    '/_matrix/client/v3',
    '/_matrix/client/v3/none',
    '/_synapse',
    '/_synapse/admin',
    '/_synapse/client',
    '/health',
    '/none',
    '/_matrix/federation/v1/version',
    '/_matrix/key/v2/server',
    '/_matrix/media/v3/config',
    '/_matrix/client/v1/media/config',
    '//_matrix/client/versions',
    '/_matrix/client/versions/',
    '/_matrix/client/versions?x=y',
    '/_matrix/client/v1/auth_metadata',
    '/_matrix/client/v1/register/m.login.registration_token/validity?token=never-made',
    '/robots.txt',
    '/favicon.ico',
  ])
    await side.by(null, `GET ${path}`, undefined, {
      compareHeaders: ['content-type', 'access-control-allow-origin', 'location'],
    })
  for (const method of ['OPTIONS', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'])
    for (const path of [
      '/_matrix/client/versions',
      `${C}/account/whoami`,
      '/_matrix/client/v3/none',
      `${C}/sync`,
    ])
      await side.by(null, `${method} ${path}`, undefined, {
        compareHeaders: ['access-control-allow-origin'],
      })
}

async function register(side: Side): Promise<void> {
  const post = (body: unknown, query = '') => side.by(null, `POST ${C}/register${query}`, body)
  const name = (n: string) => `${side.prefix}${n}`
  await side.compare({ to: `POST ${C}/register`, as: null, text: '' })
  await side.compare({ to: `POST ${C}/register`, as: null, text: 'x' })
  await side.compare({ to: `POST ${C}/register`, as: null, text: '[]' })
  await post({})
  await post({ username: name('a') })
  await post({ password: 'x' })
  await post(dummy)
  const { body } = await post({ username: name('a'), password: 'pw' })
  await post({ auth: { session: body.session } })
  await post({ auth: { session: body.session, type: 'm.login.none' } })
  await post({ auth: { session: 'none', type: 'm.login.dummy' }, username: name('a'), password: 'pw' })
  await post({ auth: { session: 3, type: 'm.login.dummy' }, username: name('a'), password: 'pw' })
  await post({ auth: 3, username: name('a'), password: 'pw' })
  await post({ auth: {}, username: name('a'), password: 'pw' })
  await post({ auth: { session: body.session, type: 'm.login.dummy' } })
  await post({ auth: { session: body.session, type: 'm.login.dummy' } })
  for (const kind of ['user', 'guest', 'none', ''])
    await post({ username: name(`k${kind}`), password: 'pw', ...dummy }, `?kind=${kind}`)
  for (const value of WRONG) {
    await post({ username: value, password: 'pw', ...dummy, inhibit_login: true }).catch(() => undefined)
    await post({ username: name('w'), password: value, ...dummy })
    await post({ username: name('x'), password: 'pw', device_id: value, ...dummy })
    await post({ username: name('y'), password: 'pw', initial_device_display_name: value, ...dummy })
    await post({ username: name('z'), password: 'pw', inhibit_login: value, ...dummy })
    await post({ username: name('r'), password: 'pw', refresh_token: value, ...dummy })
  }
  for (const username of [
    'A',
    'UPPER',
    '@x:y',
    `@${name('full')}:${side.serverName}`,
    'a/b',
    'a=b',
    'a.b',
    '_a',
    '123',
    'ü',
    '',
    '-',
    'a@b',
  ])
    await post({
      username: username.startsWith('@') ? username : `${username}${side.prefix}`,
      password: 'pw',
      ...dummy,
    })
  for (const user of ['', '_', 'a b', 'ü', '123', name('a'), name('free'), 'x'.repeat(300), name('A')])
    await side.by(null, `GET ${C}/register/available?username=${encodeURIComponent(user)}`)
  await side.by(null, `GET ${C}/register/available`)
  await post({ username: name('h'), password: 'pw', ...dummy, inhibit_login: true })
  await post({ username: name('i'), password: 'pw', ...dummy, refresh_token: true })
  for (const [path, body] of [
    ['email', { email: 'a@example.org', client_secret: 'x', send_attempt: 1 }],
    ['email', {}],
    ['msisdn', {}],
    ['msisdn', { country: 'GB', phone_number: '1', client_secret: 'x', send_attempt: 1 }],
  ] as const) {
    await side.by(null, `POST ${C}/register/${path}/requestToken`, body)
    await side.by(null, `POST ${C}/account/password/${path}/requestToken`, body)
    await side.by(null, `POST ${C}/account/3pid/${path}/requestToken`, body)
  }
}

async function logIn(side: Side): Promise<void> {
  const post = (body: unknown) => side.by(null, `POST ${C}/login`, body)
  const user = `${side.prefix}bob`
  const right = { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password: `pw-${user}` }
  await post(right)
  await post({ type: 'm.login.password', user, password: `pw-${user}` })
  await post({ ...right, identifier: { type: 'm.id.user', user: side.id('bob') } })
  await post({ ...right, identifier: { type: 'm.id.user', user: side.id('bob').toUpperCase() } })
  await post({ ...right, identifier: { type: 'm.id.user', user: user.toUpperCase() } })
  await post({ ...right, identifier: { type: 'm.id.user', user: '@bob:elsewhere' } })
  await post({ ...right, identifier: { type: 'm.id.user', user: 'nobody' } })
  await post({ ...right, identifier: { type: 'm.id.user' } })
  await post({ ...right, identifier: { type: 'm.id.none', user } })
  await post({
    ...right,
    identifier: { type: 'm.id.thirdparty', medium: 'email', address: 'none@example.org' },
  })
  await post({ ...right, identifier: { type: 'm.id.thirdparty', medium: 'email' } })
  await post({ ...right, identifier: { type: 'm.id.phone', country: 'GB', phone: '07700900001' } })
  await post({ ...right, identifier: { type: 'm.id.phone', country: 'GB' } })
  await post({ type: 'm.login.password', medium: 'email', address: 'none@example.org', password: 'x' })
  await post({ ...right, password: 'wrong' })
  await post({})
  await post({ type: 'm.login.none' })
  await post({ type: 'm.login.token' })
  await post({ type: 'm.login.token', token: 'x' })
  await post({ type: 'm.login.application_service', identifier: { type: 'm.id.user', user } })
  await post({ type: 'm.login.dummy' })
  for (const member of [
    'type',
    'identifier',
    'password',
    'device_id',
    'initial_device_display_name',
    'refresh_token',
  ]) {
    for (const value of WRONG) await post({ ...right, [member]: value })
    const { [member]: _, ...rest } = right as Record<string, unknown>
    await post(rest)
  }
  await post({ ...right, device_id: 'MINE', initial_device_display_name: 'mine' })
  await post({ ...right, device_id: 'MINE', initial_device_display_name: 'other' })
  await side.by('bob', `GET ${C}/devices/MINE`)
  const { body } = await post({ ...right, refresh_token: true })
  side.names.set('refresh token', body.refresh_token)
  await side.by(null, `POST ${C}/refresh`, { refresh_token: body.refresh_token })
  await side.by(null, `POST ${C}/refresh`, { refresh_token: body.refresh_token })
  for (const token of [...WRONG, 'none']) await side.by(null, `POST ${C}/refresh`, { refresh_token: token })
  await side.by(null, `POST ${C}/refresh`, {})
  await side.by('bob', `POST /_matrix/client/v1/login/get_token`, {})
}

async function account(side: Side): Promise<void> {
  for (const who of ['bob', 'admin']) {
    await side.by(who, `GET ${C}/account/whoami`)
    await side.by(who, `GET ${C}/capabilities`)
    await side.by(who, 'GET /_matrix/client/versions')
    await side.by(who, `GET ${C}/account/3pid`)
  }
  const token = side.people.get('bob')!.accessToken
  for (const [headers, query] of [
    [{ authorization: `bearer ${token}` }, ''],
    [{ authorization: `Bearer  ${token}` }, ''],
    [{ authorization: `Bearer ${token} ` }, ''],
    [{ authorization: token }, ''],
    [{}, `?access_token=${token}`],
    [{}, `?access_token=`],
    [{ authorization: `Bearer ${token}` }, `?access_token=${token}`],
    [{ authorization: 'Bearer x' }, ''],
    [{}, ''],
  ] as const) {
    side.names.set('token', token)
    await side.compare(
      { to: `GET ${C}/account/whoami${query}`, as: null, headers },
      `whoami with ${JSON.stringify(headers).replaceAll(token, '{token}')} ${query.replaceAll(token, '{token}')}`,
    )
  }
  for (const [path, body] of [
    ['add', {}],
    ['bind', {}],
    ['unbind', { medium: 'email', address: 'a@example.org' }],
    ['delete', { medium: 'email', address: 'a@example.org' }],
    ['delete', {}],
    ['unbind', {}],
  ] as const)
    await side.by('bob', `POST ${C}/account/3pid/${path}`, body)
  await side.by('bob', `POST ${C}/user/${side.id('bob')}/openid/request_token`, {})
  await side.by('bob', `POST ${C}/user/${side.id('admin')}/openid/request_token`, {})
  await side.by(null, '/_matrix/federation/v1/openid/userinfo?access_token=x'.replace(/^/, 'GET '))
  await side.by('bob', `GET ${C}/admin/whois/${side.id('bob')}`, undefined, { values: true })
  await side.by('bob', `GET ${C}/admin/whois/${side.id('admin')}`)
  await side.by('bob', `GET ${C}/voip/turnServer`)
  for (const path of ['protocols', 'protocol/x', 'location/x', 'user/x', 'location?alias=x', 'user?userid=x'])
    await side.by('bob', `GET ${C}/thirdparty/${path}`)
}

async function profile(side: Side): Promise<void> {
  const own = `${C}/profile/${side.id('bob')}`
  await side.by(null, `GET ${own}`)
  await side.by('bob', `GET ${own}`)
  for (const who of [side.id('nobody'), '@x:elsewhere', 'bob', '@', ''])
    for (const key of ['', '/displayname', '/avatar_url', '/none', '/m.tz'])
      await side.by('bob', `GET ${C}/profile/${who}${key}`)
  for (const key of ['displayname', 'avatar_url']) {
    await side.by('bob', `GET ${own}/${key}`)
    for (const value of [
      'new',
      ' padded ',
      ...WRONG,
      'mxc://a/b',
      'http://a/b',
      'x'.repeat(256),
      'x'.repeat(257),
      'x'.repeat(1001),
    ]) {
      await side.by('bob', `PUT ${own}/${key}`, { [key]: value })
      await side.by('bob', `GET ${own}/${key}`)
    }
    await side.by('bob', `PUT ${own}/${key}`, {})
    await side.by('bob', `PUT ${own}/${key}`, { other: 'x' })
    await side.compare({ to: `PUT ${own}/${key}`, as: 'bob', text: 'x' })
    await side.by('bob', `PUT ${C}/profile/${side.id('admin')}/${key}`, { [key]: 'x' })
    await side.by('admin', `PUT ${own}/${key}`, { [key]: 'mxc://by/admin' })
    await side.by('bob', `DELETE ${own}/${key}`)
    await side.by('bob', `GET ${own}/${key}`)
  }
  for (const key of ['m.tz', 'com.example.field', 'A', 'x'.repeat(256), 'a.b', '']) {
    await side.by('bob', `PUT ${own}/${key}`, { [key]: 'Europe/London' })
    await side.by('bob', `PUT ${own}/${key}`, { [key]: { a: 1 } })
    await side.by('bob', `PUT ${own}/${key}`, { [key]: null })
    await side.by('bob', `PUT ${own}/${key}`, {})
    await side.by('bob', `GET ${own}/${key}`)
    await side.by('bob', `GET ${own}`)
    await side.by('bob', `DELETE ${own}/${key}`)
    await side.by('bob', `DELETE ${own}/${key}`)
  }
}

async function devices(side: Side): Promise<void> {
  const { deviceId } = side.people.get('bob')!
  await side.by('bob', `GET ${C}/devices`, undefined, { values: true })
  const own = `${C}/devices/${deviceId}`
  await side.by('bob', `GET ${own}`)
  for (const value of ['named', ...WRONG]) await side.by('bob', `PUT ${own}`, { display_name: value })
  await side.by('bob', `PUT ${own}`, {})
  await side.by('bob', `GET ${own}`)
  for (const [method, body] of [
    ['GET'],
    ['PUT', { display_name: 'x' }],
    ['PUT', {}],
    ['DELETE', {}],
    ['DELETE'],
  ] as const)
    await side.by('bob', `${method} ${C}/devices/NONE`, body)
  const { body } = await side.by('bob', `DELETE ${C}/devices/MINE`, {})
  const auth = {
    type: 'm.login.password',
    session: body.session,
    identifier: { type: 'm.id.user', user: side.id('bob') },
    password: 'wrong',
  }
  await side.by('bob', `DELETE ${C}/devices/MINE`, { auth })
  await side.by('bob', `DELETE ${C}/devices/MINE`, { auth: { ...auth, password: `pw-${side.prefix}bob` } })
  await side.by('bob', `GET ${C}/devices/MINE`)
  await side.by('bob', `POST ${C}/delete_devices`, {})
  await side.by('bob', `POST ${C}/delete_devices`, { devices: [] })
  await side.by('bob', `POST ${C}/delete_devices`, { devices: ['NONE'] })
  for (const value of WRONG) await side.by('bob', `POST ${C}/delete_devices`, { devices: value })
}

/** As clients do it: the same request again, with proof. */
async function changePassword(side: Side): Promise<void> {
  const user = `${side.prefix}gina`
  const change = { new_password: 'quite new', logout_devices: false }
  const login = (password: string) =>
    side.by(null, `POST ${C}/login`, {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user },
      password,
    })
  await side.register('gina')
  await login(`pw-${user}`)
  for (const [as, password, body] of [
    ['gina', `pw-${user}`, change],
    ['gina', 'quite new', { new_password: 'newer' }],
  ] as const) {
    const asked = await side.by(as, `POST ${C}/account/password`, body)
    const auth = {
      type: 'm.login.password',
      session: asked.body.session,
      identifier: { type: 'm.id.user', user },
    }
    await side.by(as, `POST ${C}/account/password`, { ...body, auth: { ...auth, password: 'wrong' } })
    await side.by(as, `POST ${C}/account/password`, { ...body, auth: { ...auth, password } })
    await side.by(as, `GET ${C}/account/whoami`)
    await side.by(as, `GET ${C}/devices`, undefined, { order: true })
    await login(password)
    await login(body.new_password)
  }
  await side.by('gina', `POST ${C}/logout/all`)
  await side.by('gina', `GET ${C}/account/whoami`)
}

async function password(side: Side): Promise<void> {
  const post = (path: string, body: unknown, as = 'erin') => side.by(as, `POST ${C}/account/${path}`, body)
  await side.register('erin')
  const user = `${side.prefix}erin`
  const { body } = await post('password', { new_password: 'new' })
  const auth = {
    type: 'm.login.password',
    session: body.session,
    identifier: { type: 'm.id.user', user },
    password: `pw-${user}`,
  }
  for (const value of WRONG.filter((each) => typeof each !== 'string'))
    await post('password', { new_password: value, auth })
  await post('password', {})
  await post('password', { auth })
  await post('password', { new_password: 'new', auth: { ...auth, password: 'wrong' } })
  await post('password', { new_password: 'new', logout_devices: 'x', auth })
  await post('password', { new_password: 'new', logout_devices: false, auth })
  await side.by('erin', `POST ${C}/logout`)
  await side.by('erin', `GET ${C}/account/whoami`)
  await side.by(null, `POST ${C}/logout`)
  await side.by(null, `POST ${C}/logout/all`)
  await changePassword(side)
  await side.register('fred')
  const again = await post('deactivate', {}, 'fred')
  await post('deactivate', { erase: 'x' }, 'fred')
  await post('deactivate', { auth: { ...auth, session: again.body.session } }, 'fred')
  const his = {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: `${side.prefix}fred` },
    password: `pw-${side.prefix}fred`,
  }
  await post('deactivate', { auth: { ...his, session: again.body.session } }, 'fred')
  await side.by('fred', `GET ${C}/account/whoami`)
  await side.by(null, `POST ${C}/login`, his)
  await side.by(null, `GET ${C}/profile/${side.id('fred')}`)
  await side.by(null, `GET ${C}/register/available?username=${side.prefix}fred`)
}
