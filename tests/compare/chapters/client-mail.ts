import { linksIn } from '@ranvier/testkit'
import { eventually } from '../cast.ts'
import type { Chapter } from '../chapter.ts'
import { C } from '../paths.ts'
import type { Side } from '../side.ts'

const WRONG: readonly unknown[] = [null, 3, true, '', 'x', 'a@', '@b', 'a@b@c', 'a b@example.org', [], {}]

/** Addresses: proving them, adding them, using them. */
export const clientMail: Chapter = {
  name: 'client-mail',
  about:
    'email addresses: tokens, links, adding, deleting, a forgotten password; pushers by mail; account validity',
  async run(side) {
    await side.register('bob')
    await side.register('carol')
    await refusals(side)
    const address = await add(side)
    await forgotten(side, address)
    await pushers(side, address)
    await validity(side)
    await links(side)
  },
}

/** An address on this side: the mail server is the same for both. */
function addressOf(side: Side, name: string): string {
  const address = `${side.prefix}${name}.${side.key}@example.org`
  side.names.set(`address of ${name}`, address)
  side.names.set(`ADDRESS of ${name}`, address.toUpperCase())
  return address
}

const PATHS = ['register', 'account/password', 'account/3pid']

async function refusals(side: Side): Promise<void> {
  const right = { email: addressOf(side, 'none'), client_secret: 'secret', send_attempt: 1 }
  for (const path of PATHS) {
    const to = `${C}/${path}/email/requestToken`
    for (const email of WRONG) await side.by(null, `POST ${to}`, { ...right, email })
    for (const client_secret of [null, 3, '', 'a b', 'ü', 'x'.repeat(256), []])
      await side.by(null, `POST ${to}`, { ...right, client_secret })
    for (const send_attempt of [null, '1', 'x', -1, 1.5, true, []])
      await side.by(null, `POST ${to}`, { ...right, send_attempt })
    for (const next_link of [
      null,
      3,
      'x',
      'http://client.test/next',
      'file:///etc/passwd',
      'javascript:alert(1)',
    ])
      await side.by(null, `POST ${to}`, { ...right, send_attempt: 2, next_link })
    for (const member of Object.keys(right)) {
      const { [member]: _, ...rest } = right as Record<string, unknown>
      await side.by(null, `POST ${to}`, rest)
    }
    await side.by(null, `POST ${C}/${path}/msisdn/requestToken`, {
      country: 'GB',
      phone_number: '07700900001',
      client_secret: 'secret',
      send_attempt: 1,
    })
  }
}

/** The link in the mail to an address, with this in it. */
async function linkTo(side: Side, address: string, part: string): Promise<string> {
  const link = await eventually(`a mail to ${address}`, () =>
    side.outside
      .mailTo(address)
      .flatMap(linksIn)
      .find((each) => each.includes(part)),
  )
  const { pathname, search, searchParams } = new URL(link)
  const query = [...searchParams.keys()].toSorted()
  side.note(`a mail to ${side.names.text(address)}`, { link: pathname, query })
  return pathname + search
}

/** Opens a link, and does what its page asks for. */
async function open(side: Side, link: string): Promise<void> {
  const opened = await side.ask({ to: `GET ${link}`, as: null })
  const path = link.split('?')[0]!
  side.note(`GET ${path}`, { status: opened.status })
  if (!String(opened.body).includes('<form')) return
  const query = link.split('?')[1]!
  const done = await side.ask({
    to: `POST ${link}`,
    as: null,
    text: query,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  side.note(`POST ${path}`, { status: done.status })
}

async function add(side: Side): Promise<string> {
  const address = addressOf(side, 'bob')
  const client_secret = 'mine'
  const ask = { email: address, client_secret, send_attempt: 1 }
  const asked = await side.by('bob', `POST ${C}/account/3pid/email/requestToken`, ask)
  const again = await side.ask({ to: `POST ${C}/account/3pid/email/requestToken`, as: 'bob', body: ask })
  side.note('the same attempt has the same session', again.body.sid === asked.body.sid)
  const sid = String(asked.body.sid)
  side.names.set('sid', sid)
  const link = await linkTo(side, address, `sid=${sid}`)
  const proof = { client_secret, sid }
  const unproven = await side.by('bob', `POST ${C}/account/3pid/add`, proof)
  const auth = {
    type: 'm.login.password',
    session: unproven.body.session,
    identifier: { type: 'm.id.user', user: side.id('bob') },
    password: `pw-${side.prefix}bob`,
  }
  await side.by('bob', `POST ${C}/account/3pid/add`, { ...proof, auth })
  await open(side, link)
  for (const wrong of [
    { ...proof, sid: 'none' },
    { ...proof, client_secret: 'other' },
  ]) {
    const { body } = await side.ask({ to: `POST ${C}/account/3pid/add`, as: 'bob', body: wrong })
    side.names.set('session', String(body.session))
    await side.by('bob', `POST ${C}/account/3pid/add`, { ...wrong, auth: { ...auth, session: body.session } })
  }
  const { body } = await side.ask({ to: `POST ${C}/account/3pid/add`, as: 'bob', body: proof })
  side.names.set('session', String(body.session))
  await side.by('bob', `POST ${C}/account/3pid/add`, { ...proof, auth: { ...auth, session: body.session } })
  await side.by('bob', `GET ${C}/account/3pid`)
  for (const path of PATHS)
    await side.by(null, `POST ${C}/${path}/email/requestToken`, {
      ...ask,
      client_secret: `o${path.length}`,
      send_attempt: 9,
    })
  await side.by(null, `POST ${C}/login`, {
    type: 'm.login.password',
    identifier: { type: 'm.id.thirdparty', medium: 'email', address: address.toUpperCase() },
    password: `pw-${side.prefix}bob`,
  })
  await open(side, link)
  return address
}

async function forgotten(side: Side, address: string): Promise<void> {
  const client_secret = 'forgotten'
  const { body } = await side.by(null, `POST ${C}/account/password/email/requestToken`, {
    email: address,
    client_secret,
    send_attempt: 1,
  })
  const link = await linkTo(side, address, `sid=${body.sid}`)
  const threepid_creds = { sid: String(body.sid), client_secret }
  side.names.set('sid of the password', threepid_creds.sid)
  const change = { new_password: 'remembered' }
  const asked = await side.by(null, `POST ${C}/account/password`, change)
  const auth = { type: 'm.login.email.identity', session: asked.body.session, threepid_creds }
  await side.by(null, `POST ${C}/account/password`, { ...change, auth })
  await open(side, link)
  for (const creds of [{}, { ...threepid_creds, client_secret: 'x' }, { ...threepid_creds, sid: 'x' }, 'x'])
    await side.by(null, `POST ${C}/account/password`, { ...change, auth: { ...auth, threepid_creds: creds } })
  await side.by(null, `POST ${C}/account/password`, { ...change, auth })
  for (const password of ['remembered', `pw-${side.prefix}bob`])
    await side.by(null, `POST ${C}/login`, {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: side.id('bob') },
      password,
    })
  await side.by('bob', `GET ${C}/account/whoami`)
}

async function pushers(side: Side, address: string): Promise<void> {
  const { body } = await side.ask({
    to: `POST ${C}/login`,
    as: null,
    body: {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: side.id('bob') },
      password: 'remembered',
    },
  })
  const headers = { authorization: `Bearer ${body.access_token}` }
  const pusher = {
    kind: 'email',
    app_id: 'm.email',
    app_display_name: 'Mail',
    device_display_name: address,
    pushkey: address,
    lang: 'en',
    data: {},
  }
  for (const more of [
    {},
    { pushkey: address.toUpperCase() },
    { pushkey: 'other@example.org' },
    { app_id: 'x' },
    { data: { brand: 'x' } },
  ])
    await side.compare(
      { to: `POST ${C}/pushers/set`, as: null, headers, body: { ...pusher, ...more } },
      `a pusher by mail, ${side.names.text(JSON.stringify(more))}`,
    )
  await side.compare({ to: `GET ${C}/pushers`, as: null, headers, order: true }, 'pushers by mail')
  for (const threepid of [
    { medium: 'email', address: 'other@example.org' },
    { medium: 'msisdn', address },
    { medium: 'email', address },
    { medium: 'email', address },
    { medium: 3, address },
  ])
    await side.compare(
      { to: `POST ${C}/account/3pid/delete`, as: null, headers, body: threepid },
      `an address is deleted: ${side.names.text(JSON.stringify(threepid))}`,
    )
  await side.compare(
    { to: `GET ${C}/pushers`, as: null, headers, order: true },
    'pushers without the address',
  )
}

async function validity(side: Side): Promise<void> {
  const renew = '/_matrix/client/unstable/account_validity'
  for (const query of ['', 'token=', 'token=none', 'token=a&token=b']) {
    const { status } = await side.ask({ to: `GET ${renew}/renew?${query}`, as: null })
    side.note(`GET ${renew}/renew?${query}`, { status })
  }
  await side.by(null, `POST ${renew}/send_mail`, {})
  await side.by('carol', `POST ${renew}/send_mail`, {})
  const address = addressOf(side, 'carol')
  await side.ask({
    to: `PUT /_synapse/admin/v2/users/${side.id('carol')}`,
    body: { threepids: [{ medium: 'email', address }] },
  })
  await side.by('carol', `POST ${renew}/send_mail`, {})
  const link = await linkTo(side, address, '/renew?')
  for (const _ of ['once', 'twice']) await open(side, link)
  await side.ask({
    to: 'POST /_synapse/admin/v1/account_validity/validity',
    body: { user_id: side.id('carol'), expiration_ts: 1 },
  })
  for (const to of [
    `GET ${C}/account/whoami`,
    `GET ${C}/sync`,
    `POST ${C}/createRoom`,
    `POST ${renew}/send_mail`,
    `POST ${C}/logout`,
  ])
    await side.by('carol', to, to.startsWith('GET') ? undefined : {})
}

async function links(side: Side): Promise<void> {
  for (const path of [
    '/_matrix/client/unstable/add_threepid/email/submit_token',
    '/_matrix/client/unstable/registration/email/submit_token',
    '/_synapse/client/password_reset/email/submit_token',
  ])
    for (const query of [
      '',
      'token=x',
      'token=x&client_secret=y&sid=z',
      'token=x&client_secret=a%20b&sid=z',
    ]) {
      const { status } = await side.ask({ to: `GET ${path}?${query}`, as: null })
      side.note(`GET ${path}?${query}`, { status })
    }
}
