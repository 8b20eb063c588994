import { makeRoom, OPEN, uploadText, waitFor } from '../cast.ts'
import type { Chapter } from '../chapter.ts'
import { A, C, enc } from '../paths.ts'
import type { Side } from '../side.ts'

/** What administrators do, and what the people it is done to and those around them see of it. */
export const adminEffects: Chapter = {
  name: 'admin-effects',
  about: 'deactivation, locks, shadow-bans, passwords, devices, rooms, media, redactions: seen by clients',
  async run(side) {
    for (const name of ['bob', 'carol']) await side.register(name)
    await account(side)
    await sessions(side)
    await standing(side)
    await goodbye(side)
    await rooms(side)
    await roomsEnd(side)
    await media(side)
    await redactions(side)
    await registrationTokens(side)
  },
}

const admin = (side: Side, to: string, body?: unknown) => side.by('admin', to.replace(' ', ` ${A}`), body)

function logIn(side: Side, localpart: string, password: string) {
  return side.by(null, `POST ${C}/login`, {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: side.id(localpart) },
    password,
  })
}

/** Asks the admin API without comparing until it is so. */
const until = (side: Side, path: string, isSo: (body: Record<string, unknown>) => boolean) =>
  waitFor(side, { to: `GET ${A}${path}` }, isSo)

async function account(side: Side): Promise<void> {
  const user = `/v2/users/${side.id('nora')}`
  const threepids = [{ medium: 'email', address: `${side.prefix}nora@example.org` }]
  const external_ids = [{ auth_provider: 'idp', external_id: `${side.prefix}nora` }]
  await admin(side, `GET /v1/username_available?username=${side.prefix}nora`)
  await admin(side, `PUT ${user}`, { password: 'pw', displayname: 'Nora', threepids, external_ids })
  await admin(side, `GET /v1/username_available?username=${side.prefix}nora`)
  await admin(side, `GET ${user}`)
  await admin(side, `GET /v1/threepid/email/users/${threepids[0]!.address}`)
  await admin(side, `GET /v1/auth_providers/idp/users/${side.prefix}nora`)
  await admin(side, `PUT /v2/users/${side.id('olaf')}`, { external_ids })
  await admin(side, `PUT /v2/users/${side.id('olaf')}`, { threepids })
  await admin(side, `GET ${user}`)
  await logIn(side, 'nora', 'pw')
  const nora = await side.register('paul')
  const room = await makeRoom(side, 'with paul', OPEN, 'paul')
  await side.by('bob', `POST ${C}/join/${enc(room)}`, {})
  await admin(side, `PUT /v2/users/${nora.userId}`, {
    displayname: 'Paul II',
    avatar_url: `mxc://${side.serverName}/face`,
    user_type: 'support',
  })
  await side.by('bob', `GET ${C}/profile/${nora.userId}`)
  const member = `GET ${C}/rooms/${enc(room)}/state/m.room.member/${enc(nora.userId)}`
  // Synapse tells rooms of it a little later.
  await waitFor(side, { to: member, as: 'bob' }, ({ avatar_url }) => avatar_url !== undefined)
  await side.by('bob', member)
  await admin(side, `PUT /v2/users/${nora.userId}`, { displayname: '', user_type: null })
  await admin(side, `GET /v2/users/${nora.userId}`)
  await side.by('bob', `GET ${C}/profile/${nora.userId}`)
  for (const path of ['joined_rooms', 'memberships', 'accountdata', 'pushers', 'sent_invite_count'])
    await admin(side, `GET /v1/users/${nora.userId}/${path}`)
  await admin(side, `GET /v1/users/${nora.userId}/cumulative_joined_room_count`)
  for (const [method, body] of [
    ['GET'],
    ['POST', { messages_per_second: 3, burst_count: 7 }],
    ['GET'],
    ['POST', {}],
    ['GET'],
    ['DELETE'],
    ['GET'],
  ] as const)
    await admin(side, `${method} /v1/users/${nora.userId}/override_ratelimit`, body)
  await admin(side, `GET /v1/users/${nora.userId}/admin`)
  await admin(side, `PUT /v1/users/${nora.userId}/admin`, { admin: true })
  await admin(side, `GET /v1/users/${nora.userId}/admin`)
  await side.by('paul', `GET ${A}/v1/users/${nora.userId}/admin`)
  await admin(side, `PUT /v1/users/${side.id('admin')}/admin`, { admin: false })
  await admin(side, `PUT /v2/users/${nora.userId}`, { admin: false })
  await side.by('paul', `GET ${A}/v1/users/${nora.userId}/admin`)
}

async function sessions(side: Side): Promise<void> {
  const { userId, deviceId } = await side.register('quin')
  const at = `/v2/users/${userId}`
  await admin(side, `POST ${at}/devices`, { device_id: 'MADE' })
  await admin(side, `PUT ${at}/devices/MADE`, { display_name: 'made' })
  await admin(side, `GET ${at}/devices/MADE`)
  await admin(side, `POST ${at}/delete_devices`, { devices: ['MADE'] })
  await admin(side, `GET ${at}/devices/MADE`)
  const puppet = await side.ask({ to: `POST ${A}/v1/users/${userId}/login`, body: {} })
  const headers = { authorization: `Bearer ${puppet.body.access_token}` }
  await side.compare({ to: `GET ${C}/account/whoami`, as: null, headers }, 'whoami of a puppet')
  await side.by('quin', `GET ${C}/devices`, undefined, { order: true })
  await side.by('quin', `POST ${C}/logout/all`)
  await side.compare({ to: `GET ${C}/account/whoami`, as: null, headers }, 'whoami of a puppet later')
  await side.by('quin', `GET ${C}/account/whoami`)
  await logIn(side, 'quin', `pw-${side.prefix}quin`)
  await admin(side, `POST /v1/reset_password/${userId}`, { new_password: 'b', logout_devices: false })
  await logIn(side, 'quin', `pw-${side.prefix}quin`)
  await logIn(side, 'quin', 'b')
  const rita = await side.register('rita')
  await admin(side, `POST /v1/reset_password/${rita.userId}`, { new_password: 'c' })
  await side.by('rita', `GET ${C}/account/whoami`)
  const saul = await side.register('saul')
  await admin(side, `PUT /v2/users/${saul.userId}`, { password: 'd', logout_devices: false })
  await side.by('saul', `GET ${C}/account/whoami`)
  await admin(side, `DELETE /v2/users/${saul.userId}/devices/${saul.deviceId}`)
  await side.by('saul', `GET ${C}/account/whoami`)
  await admin(side, `DELETE ${at}/devices/${deviceId}`)
}

async function standing(side: Side): Promise<void> {
  const { userId } = await side.register('tina')
  const room = await makeRoom(side, 'with tina', OPEN, 'tina')
  await side.by('bob', `POST ${C}/join/${enc(room)}`, {})
  const say = (as: string, txn: string) =>
    side.by(as, `PUT ${C}/rooms/${enc(room)}/send/m.room.message/${txn}`, { msgtype: 'm.text', body: txn })
  const tries = async (txn: string) => {
    await say('tina', txn)
    for (const path of ['account/whoami', 'joined_rooms', `profile/${userId}`, 'devices'])
      await side.by('tina', `GET ${C}/${path}`, undefined, { order: true })
    await side.by('tina', `PUT ${C}/profile/${userId}/displayname`, { displayname: txn })
    await side.by('tina', `POST ${C}/createRoom`, { name: txn })
    await side.by('tina', `PUT ${C}/rooms/${enc(room)}/typing/${userId}`, { typing: false })
    await logIn(side, 'tina', `pw-${side.prefix}tina`)
    await side.by('bob', `GET ${C}/profile/${userId}`)
    await side.by('bob', `GET ${C}/rooms/${enc(room)}/joined_members`)
  }
  await admin(side, `PUT /v2/users/${userId}`, { locked: true })
  await tries('locked')
  await admin(side, `GET /v2/users/${userId}`)
  await admin(side, `PUT /v2/users/${userId}`, { locked: false })
  await tries('unlocked')
  await admin(side, `PUT /v1/suspend/${userId}`, { suspend: true })
  await tries('suspended')
  await admin(side, `GET /v2/users/${userId}`)
  await admin(side, `PUT /v1/suspend/${userId}`, { suspend: false })
  await tries('free')
  await admin(side, `POST /v1/users/${userId}/shadow_ban`)
  await say('tina', 'unheard')
  await side.by('bob', `GET ${C}/rooms/${enc(room)}/messages?dir=b&limit=3`)
  await admin(side, `GET /v2/users/${userId}`)
  await admin(side, `DELETE /v1/users/${userId}/shadow_ban`)
  await say('tina', 'heard')
  await side.by('bob', `GET ${C}/rooms/${enc(room)}/messages?dir=b&limit=3`)
}

async function goodbye(side: Side): Promise<void> {
  for (const [name, erase] of [
    ['uma', false],
    ['vera', true],
  ] as const) {
    const { userId } = await side.register(name)
    const room = await makeRoom(side, `with ${name}`, { ...OPEN, name: 'R' }, name)
    await side.by('bob', `POST ${C}/join/${enc(room)}`, {})
    const said = await side.people.get(name)!.send(room, 'words')
    side.names.set(`words of ${name}`, said)
    await side.by(name, `PUT ${C}/user/${userId}/account_data/a.b`, { c: 1 })
    await admin(side, `POST /v1/deactivate/${userId}`, { erase })
    await until(side, `/v1/users/${userId}/joined_rooms`, ({ total }) => total === 0)
    await admin(side, `GET /v2/users/${userId}`)
    await admin(side, `GET /v2/users/${userId}/devices`)
    await side.by(name, `GET ${C}/account/whoami`)
    await logIn(side, name, `pw-${side.prefix}${name}`)
    await side.by('bob', `GET ${C}/profile/${userId}`)
    await side.by('bob', `GET ${C}/rooms/${enc(room)}/members`, undefined, { order: true })
    await side.by('bob', `GET ${C}/rooms/${enc(room)}/event/${enc(said)}`)
    await side.by('carol', `POST ${C}/join/${enc(room)}`, {})
    await side.by('carol', `GET ${C}/rooms/${enc(room)}/event/${enc(said)}`)
    await side.by('carol', `GET ${C}/rooms/${enc(room)}/messages?dir=b&limit=50`)
    await side.by('bob', `POST ${C}/user_directory/search`, { search_term: `${side.prefix}${name}` })
    await side.by(null, `GET ${C}/register/available?username=${side.prefix}${name}`)
    await admin(side, `GET /v1/users/${userId}/accountdata`)
    await admin(side, `POST /v1/deactivate/${userId}`, { erase })
    await admin(side, `PUT /v2/users/${userId}`, { deactivated: false })
    await admin(side, `PUT /v2/users/${userId}`, { deactivated: false, password: 'again' })
    await admin(side, `GET /v2/users/${userId}`)
    await logIn(side, name, 'again')
    await side.by('carol', `GET ${C}/rooms/${enc(room)}/event/${enc(said)}`)
  }
}

async function rooms(side: Side): Promise<void> {
  const closed = await makeRoom(side, 'closed', { preset: 'private_chat', name: 'Closed' })
  const at = `/v1/rooms/${enc(closed)}`
  for (const path of ['', '/members', '/state', '/block', '/forward_extremities'])
    await side.by('admin', `GET ${A}${at}${path}`, undefined, { order: true })
  await admin(side, `POST /v1/join/${enc(closed)}`, { user_id: side.id('carol') })
  await admin(side, `POST ${at}/make_room_admin`, {})
  await side.by('admin', `POST ${C}/rooms/${enc(closed)}/join`, {})
  await admin(side, `POST /v1/join/${enc(closed)}`, { user_id: side.id('carol') })
  await side.by('carol', `GET ${C}/joined_rooms`, undefined, { order: true })
  await side.by('bob', `GET ${C}/rooms/${enc(closed)}/state/m.room.power_levels`)
  await side.by('bob', `GET ${C}/rooms/${enc(closed)}/messages?dir=b&limit=20`)
  await admin(side, `PUT ${at}/block`, { block: true })
  await admin(side, `GET ${at}/block`)
  await side.by('carol', `POST ${C}/rooms/${enc(closed)}/leave`, {})
  await side.by('bob', `POST ${C}/rooms/${enc(closed)}/invite`, { user_id: side.id('carol') })
  await side.by('carol', `POST ${C}/rooms/${enc(closed)}/join`, {})
  await side.by('bob', `PUT ${C}/rooms/${enc(closed)}/send/m.room.message/1`, {
    msgtype: 'm.text',
    body: 'x',
  })
  await admin(side, `PUT ${at}/block`, { block: false })
  await side.by('bob', `POST ${C}/rooms/${enc(closed)}/invite`, { user_id: side.id('carol') })
  await side.by('carol', `POST ${C}/rooms/${enc(closed)}/join`, {})
  await side.by('carol', `POST ${C}/rooms/${enc(closed)}/report`, { reason: 'r' })
}

async function roomsEnd(side: Side): Promise<void> {
  const old = await makeRoom(side, 'talkative', { ...OPEN, name: 'Old' })
  const bob = side.people.get('bob')!
  const events: string[] = []
  for (let i = 0; i < 5; i++) events.push(await bob.send(old, `m${i}`))
  for (const [i, event] of events.entries()) side.names.set(`old ${i}`, event)
  const purge = await admin(side, `POST /v1/purge_history/${enc(old)}/${enc(events[3]!)}`, {
    delete_local_events: true,
  })
  const status = `/v1/purge_history_status/${purge.body.purge_id}`
  await until(side, status, (body) => body['status'] !== 'active')
  await side.compare({ to: `GET ${A}${status}` }, 'the status of the purge')
  await side.by('bob', `GET ${C}/rooms/${enc(old)}/messages?dir=b&limit=50`)
  for (const event of [events[1]!, events[3]!])
    await side.by('bob', `GET ${C}/rooms/${enc(old)}/event/${enc(event)}`)
  await side.by('bob', `GET ${C}/rooms/${enc(old)}/state`, undefined, { order: true })
  for (const [name, body] of [
    ['moved', { new_room_user_id: side.id('carol'), room_name: 'New', message: 'Over there', block: true }],
    ['gone', { purge: true }],
  ] as const) {
    const room = await makeRoom(side, name, { ...OPEN, room_alias_name: `${side.prefix}${name}` })
    const deletion = await admin(side, `DELETE /v2/rooms/${enc(room)}`, body)
    const path = `/v2/rooms/delete_status/${deletion.body.delete_id}`
    await until(side, path, (answer) => ['complete', 'failed'].includes(String(answer['status'])))
    const told = await side.ask({ to: `GET ${A}${path}` })
    if (told.body.shutdown_room?.new_room_id)
      side.names.set(`instead of ${name}`, told.body.shutdown_room.new_room_id)
    await side.compare({ to: `GET ${A}${path}` }, `the status of the deletion of ${name}`)
    await admin(side, `GET /v1/rooms/${enc(room)}`)
    await admin(side, `GET /v1/rooms/${enc(room)}/block`)
    await side.by('bob', `GET ${C}/rooms/${enc(room)}/state`)
    await side.by('carol', `POST ${C}/join/${enc(room)}`, {})
    await side.by('bob', `GET ${C}/directory/room/${enc(`#${side.prefix}${name}:${side.serverName}`)}`)
    const instead = told.body.shutdown_room?.new_room_id
    if (!instead) continue
    await side.by('carol', `GET ${C}/rooms/${enc(instead)}/state`, undefined, { order: true })
    await side.by('carol', `GET ${C}/rooms/${enc(instead)}/messages?dir=b&limit=2`)
  }
}

async function media(side: Side): Promise<void> {
  const file = `${side.serverName}/${await uploadText(side, 'carol')}`
  const download = (as: string) => side.by(as, `GET /_matrix/client/v1/media/download/${file}`)
  await admin(side, `GET /v1/media/${file}`)
  await admin(side, `POST /v1/media/quarantine/${file}`)
  await download('bob')
  await admin(side, `GET /v1/media/${file}`)
  await admin(side, `POST /v1/media/unquarantine/${file}`)
  await download('bob')
  await admin(side, `POST /v1/media/protect/${file.split('/')[1]}`)
  await admin(side, `POST /v1/user/${side.id('carol')}/media/quarantine`)
  await download('bob')
  await admin(side, `POST /v1/media/unprotect/${file.split('/')[1]}`)
  const room = await makeRoom(side, 'with a file', { ...OPEN, name: 'F' })
  await side.people
    .get('bob')!
    .send(room, { msgtype: 'm.file', body: 'f', url: `mxc://${file}`, filename: 'a.txt' })
  await admin(side, `GET /v1/room/${enc(room)}/media`)
  await admin(side, `POST /v1/room/${enc(room)}/media/quarantine`)
  await download('bob')
  await admin(side, `GET /v1/users/${side.id('carol')}/media`)
  await admin(side, `DELETE /v1/media/${file}`)
  await download('bob')
  await admin(side, `GET /v1/media/${file}`)
}

async function redactions(side: Side): Promise<void> {
  const { userId } = await side.register('wim')
  const room = await makeRoom(side, 'with wim', { ...OPEN, name: 'W' })
  await side.by('wim', `POST ${C}/join/${enc(room)}`, {})
  for (let i = 0; i < 3; i++) side.names.set(`wim ${i}`, await side.people.get('wim')!.send(room, `w${i}`))
  const { body } = await admin(side, `POST /v1/user/${userId}/redact`, { rooms: [], reason: 'all of it' })
  const status = `/v1/user/redact_status/${body.redact_id}`
  await until(side, status, (answer) => ['complete', 'failed'].includes(String(answer['status'])))
  await side.compare({ to: `GET ${A}${status}` }, 'the status of the redaction')
  await side.by('bob', `GET ${C}/rooms/${enc(room)}/messages?dir=b&limit=50`, undefined, { order: true })
}

async function registrationTokens(side: Side): Promise<void> {
  const token = `${side.prefix}token`
  const at = `/v1/registration_tokens/${token}`
  const isValid = () =>
    side.by(null, `GET /_matrix/client/v1/register/m.login.registration_token/validity?token=${token}`)
  await admin(side, 'POST /v1/registration_tokens/new', { token, uses_allowed: 2, expiry_time: null })
  await isValid()
  await admin(side, 'POST /v1/registration_tokens/new', { token })
  await admin(side, `GET ${at}`)
  await admin(side, `PUT ${at}`, { uses_allowed: 0 })
  await isValid()
  await admin(side, `PUT ${at}`, { uses_allowed: null, expiry_time: 4_781_243_146_000 })
  await isValid()
  await admin(side, `GET ${at}`)
  await admin(side, `DELETE ${at}`)
  await admin(side, `GET ${at}`)
  await isValid()
}
