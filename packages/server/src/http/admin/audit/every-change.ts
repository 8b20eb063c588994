import type { OperationId } from '@ranvier/admin-api/openapi/operations'
import { registrationMac } from '../../../accounts/registration/register-with-secret.ts'
import { type Person, type WholeServer, wholeServer } from '../whole-server-fixture.ts'

/** A call that changes something, and what the audit log is to say of it. */
export interface Change {
  /** Of the path, by name. */
  params?: Record<string, string>
  query?: string
  body?: object
  /** Default: the first parameter of the path. */
  target?: string | RegExp | null
  /** Kinds of the changes in its rows. `nothing`: there is nothing it could change here, so there is no row. */
  kinds: readonly string[] | 'nothing'
  /** Default 1. */
  rows?: number
  /** No token is needed: the row has no actor. */
  anonymous?: true
  /** A job carries it on. */
  job?: true
}

/** Who there is in the tests of the audit log. */
export interface AuditWorld {
  server: WholeServer
  admin: Person
  bob: Person
  room: string
  /** A new account. */
  someone(): Promise<Person>
  upload(by: Person): Promise<string>
}

/** A change of each operation that can change something. Prepares what it needs, by ways that are not audited or before. */
export const changes: Partial<Record<OperationId, (world: AuditWorld) => Promise<Change>>> = {
  putUser: async ({ someone }) => ({
    params: { userId: (await someone()).userId },
    body: {
      displayname: 'New name',
      password: 'a-secret-password',
      threepids: [{ medium: 'email', address: 'new@example.org' }],
      external_ids: [{ auth_provider: 'oidc', external_id: 'x' }],
    },
    kinds: ['threepid', 'external_id', 'user', 'password', 'devices'],
  }),
  deactivateUser: async ({ someone }) => ({
    params: { userId: (await someone()).userId },
    body: { erase: true },
    kinds: ['devices', 'user', 'password', 'job'],
    job: true,
  }),
  resetPassword: async ({ someone }) => ({
    params: { userId: (await someone()).userId },
    body: { new_password: 'a-secret-password' },
    kinds: ['password', 'devices'],
  }),
  loginAsUser: async ({ bob }) => ({ params: { userId: bob.userId }, body: {}, kinds: ['session'] }),
  setAdminFlag: async ({ someone }) => ({
    params: { userId: (await someone()).userId },
    body: { admin: true },
    kinds: ['user'],
  }),
  suspendUser: async ({ someone }) => ({
    params: { userId: (await someone()).userId },
    body: { suspend: true },
    kinds: ['user'],
  }),
  setSuspended: async ({ someone }) => ({
    params: { userId: (await someone()).userId },
    body: { suspended: true },
    kinds: ['user'],
  }),
  setLocked: async ({ someone }) => ({
    params: { userId: (await someone()).userId },
    body: { locked: true },
    kinds: ['user'],
  }),
  shadowBanUser: async ({ someone }) => ({ params: { userId: (await someone()).userId }, kinds: ['user'] }),
  unshadowBanUser: async ({ server, someone }) => {
    const { userId } = await someone()
    await server.storage.write((tx) => tx.accounts.update(userId, { shadowBanned: true }))
    return { params: { userId }, kinds: ['user'] }
  },
  setRateLimit: async ({ bob }) => ({
    params: { userId: bob.userId },
    body: { messages_per_second: 3, burst_count: 4 },
    kinds: ['rate_limit'],
  }),
  deleteRateLimit: async ({ server, someone }) => {
    const { userId } = await someone()
    const override = { messagesPerSecond: 1, burstCount: 1 }
    await server.storage.write((tx) => tx.rateLimitOverrides.put(userId, override))
    return { params: { userId }, kinds: ['rate_limit'] }
  },
  setExperimentalFeatures: async ({ bob }) => ({
    params: { userId: bob.userId },
    body: { features: { msc3881: true } },
    kinds: ['experimental_feature'],
  }),
  allowKeyReplacement: async ({ server, someone }) => {
    const { userId } = await someone()
    await server.storage.write((tx) =>
      tx.crossSigning.set({ userId, usage: 'master', publicKey: 'k', key: '{}' }),
    )
    return { params: { userId }, kinds: ['user'] }
  },
  redactUser: async ({ bob }) => ({
    params: { userId: bob.userId },
    body: { rooms: [] },
    kinds: ['job'],
    job: true,
  }),
  createDevice: async ({ bob }) => ({
    params: { userId: bob.userId },
    body: { device_id: 'NEW' },
    kinds: ['device'],
  }),
  deleteDevices: async ({ someone }) => {
    const { userId, deviceId } = await someone()
    return { params: { userId }, body: { devices: [deviceId] }, kinds: ['devices'] }
  },
  renameDevice: async ({ bob }) => ({
    params: { userId: bob.userId, deviceId: bob.deviceId },
    body: { display_name: 'Renamed' },
    kinds: ['device'],
  }),
  deleteDevice: async ({ someone }) => {
    const { userId, deviceId } = await someone()
    return { params: { userId, deviceId }, kinds: ['devices'] }
  },
  deleteUserMedia: async ({ someone, upload }) => {
    const person = await someone()
    await upload(person)
    return { params: { userId: person.userId }, kinds: ['job'], job: true }
  },
  quarantineMedia: async (world) => ofFile(world, {}),
  unquarantineMedia: async (world) => ofFile(world, { quarantined: true }),
  quarantineRoomMedia: async (world) => ({
    params: { roomId: await roomWithMedia(world) },
    kinds: ['job'],
    job: true,
  }),
  quarantineRoomMediaLegacy: async (world) => ({
    params: { roomId: await roomWithMedia(world) },
    kinds: ['job'],
    job: true,
  }),
  quarantineUserMedia: async ({ someone, upload }) => {
    const person = await someone()
    await upload(person)
    return { params: { userId: person.userId }, kinds: ['job'], job: true }
  },
  protectMedia: async ({ bob, upload }) => ({ params: { mediaId: await upload(bob) }, kinds: ['media'] }),
  unprotectMedia: async ({ server, bob, upload }) => {
    const mediaId = await upload(bob)
    await server.storage.write((tx) => tx.media.setProtected(mediaId, true))
    return { params: { mediaId }, kinds: ['media'] }
  },
  deleteMedia: async (world) => ofFile(world, {}),
  deleteUnusedMedia: async ({ server, bob, upload }) => {
    await upload(bob)
    await upload(bob)
    const query = `before_ts=${server.clock.nowMs() + 1000}&size_gt=0`
    return { query, target: /^[\w-]+$/, kinds: ['job'], job: true }
  },
  deleteUnusedMediaLegacy: async ({ server, someone, upload }) => {
    await upload(await someone())
    const query = `before_ts=${server.clock.nowMs() + 1000}&size_gt=0`
    return { params: { serverName: 'test' }, query, kinds: ['job'], job: true }
  },
  // There are no files of other servers yet.
  purgeMediaCache: async ({ server }) => ({ query: `before_ts=${server.clock.nowMs()}`, kinds: 'nothing' }),
  createRegistrationToken: async () => ({
    body: { token: 'secret-of-registration' },
    target: /^secr… /,
    kinds: ['registration_token'],
  }),
  updateRegistrationToken: async (world) => ofToken(world, { uses_allowed: 7 }),
  deleteRegistrationToken: async (world) => ofToken(world, undefined),
  setRoomBlock: async () => ({
    params: { roomId: '!unknown:elsewhere' },
    body: { block: true },
    kinds: ['room'],
  }),
  deleteRoomV1: async ({ server, bob }) => ({
    params: { roomId: await server.createRoom(bob) },
    body: {},
    kinds: ['job'],
    job: true,
  }),
  deleteRoom: async ({ server, bob }) => ({
    params: { roomId: await server.createRoom(bob) },
    body: {},
    kinds: ['job'],
    job: true,
  }),
  renewAccount: async ({ someone }) => {
    const { userId } = await someone()
    return {
      body: { user_id: userId, expiration_ts: 4_000_000_000_000 },
      target: userId,
      kinds: ['validity'],
    }
  },
  startBulkJob: async ({ someone }) => ({
    body: { action: 'suspend', users: [(await someone()).userId] },
    target: /./,
    kinds: ['job'],
    job: true,
  }),
  cancelBulkJob: async ({ server, admin }) => {
    const createdTs = server.clock.nowMs()
    const jobId = await server.storage.write(async (tx) => {
      await tx.bulkJobs.create({ id: 'later', action: 'suspend', by: admin.userId, createdTs })
      const job = { id: 'later', params: {}, createdTs, dueTs: 2 * createdTs }
      return tx.jobs.enqueue('bulk-job', job)
    })
    return { params: { jobId }, kinds: ['job'] }
  },
  createToken: async () => ({
    body: { name: 'reports', scopes: ['moderation:read'], expires_ts: null },
    target: /^\d+$/,
    kinds: ['admin_token'],
  }),
  revokeToken: async ({ server, admin }) => {
    const token = { userId: admin.userId, name: 'x', scopes: ['users:read'], parentId: null }
    const id = await server.storage.write((tx) =>
      tx.adminTokens.add({ ...token, createdTs: 1, expiresTs: null }, 'hash'),
    )
    return { params: { tokenId: String(id) }, kinds: ['admin_token'] }
  },
  logOutUser: async ({ someone }) => ({ params: { userId: (await someone()).userId }, kinds: ['devices'] }),
  forceMembership: async ({ server, room, someone }) => {
    const person = await someone()
    await server.join(person, room)
    const body = { action: 'kick', reason: 'enough' }
    return { params: { roomIdOrAlias: room, userId: person.userId }, body, kinds: ['event'] }
  },
  joinRoom: async ({ someone, room }) => ({
    params: { roomIdOrAlias: room },
    body: { user_id: (await someone()).userId },
    kinds: ['event'],
  }),
  makeRoomAdmin: async ({ someone, room }) => ({
    params: { roomIdOrAlias: room },
    body: { user_id: (await someone()).userId },
    kinds: ['event'],
  }),
  deleteForwardExtremities: async ({ server, bob }) => {
    const room = await server.createRoom(bob)
    const ends = [await server.say(bob, room, 'an end'), await server.say(bob, room, 'another')]
    await server.storage.write((tx) =>
      tx.db.run('UPDATE rooms SET extremities = ? WHERE room_id = ?', JSON.stringify(ends), room),
    )
    return { params: { roomIdOrAlias: room }, kinds: ['room'] }
  },
  deleteEventReport: async ({ server, bob, room }) => {
    const eventId = await server.say(bob, room, 'bad')
    await server.ok('POST', `${server.room(room)}/report/${encodeURIComponent(eventId)}`, {
      token: bob.token,
      body: { reason: 'bad' },
    })
    const { event_reports } = await server.ok(
      'GET',
      '/_synapse/admin/v1/event_reports',
      await asAdmin(server),
    )
    return { params: { reportId: String(event_reports[0].id) }, kinds: ['event_report'] }
  },
  deleteUserReport: async ({ server, bob, admin }) => {
    const path = `/users/${encodeURIComponent(admin.userId)}/report`
    await server.ok('POST', path, { token: bob.token, body: { reason: 'bad' } })
    const { user_reports } = await server.ok('GET', '/_synapse/admin/v1/user_reports', await asAdmin(server))
    return { params: { reportId: String(user_reports[0].id) }, kinds: ['user_report'] }
  },
  sendServerNotice: async ({ bob }) => ({
    body: { user_id: bob.userId, content: { msgtype: 'm.text', body: 'a private text' } },
    target: '@bob:test',
    // The account that sends, the room with its members, that it is theirs, its tag, and at last the notice.
    kinds: ['user', 'event', 'account_data'],
    rows: 5,
  }),
  sendServerNoticeOnce: async ({ bob }) => ({
    params: { txnId: 't1' },
    body: { user_id: bob.userId, content: { msgtype: 'm.text', body: 'a private text' } },
    target: '@bob:test',
    kinds: ['event'],
  }),
  purgeHistory: async ({ server, bob }) => {
    const roomId = await server.createRoom(bob)
    const eventId = await server.say(bob, roomId, 'old')
    return { params: { roomId }, body: { purge_up_to_event_id: eventId }, kinds: ['job'], job: true }
  },
  purgeHistoryUpToEvent: async ({ server, bob }) => {
    const roomId = await server.createRoom(bob)
    const eventId = await server.say(bob, roomId, 'old')
    return { params: { roomId, eventId }, body: {}, kinds: ['job'], job: true }
  },
  resetDestination: async ({ server }) => {
    await server.storage.write((tx) =>
      tx.destinations.put({
        destination: 'other.example',
        retryLastTs: 1,
        retryIntervalMs: 2,
        failureTs: 1,
        lastSuccessfulPosition: null,
      }),
    )
    return { params: { destination: 'other.example' }, body: {}, kinds: ['destination'] }
  },
  setBackgroundUpdatesEnabled: async () => ({
    body: { enabled: false },
    target: 'enabled',
    kinds: ['background_updates'],
  }),
  startBackgroundUpdate: async ({ server }) => {
    // Paused by the change before.
    const given = { ...(await asAdmin(server)), body: { enabled: true } }
    await server.ok('POST', '/_synapse/admin/v1/background_updates/enabled', given)
    return { body: { job_name: 'regenerate_directory' }, target: /./, kinds: ['job'], job: true }
  },
  registerWithSecret: async ({ server }) => {
    const { nonce } = await server.ok('GET', '/_synapse/admin/v1/register')
    const account = { username: 'made', password: 'a-secret-password', admin: true }
    const mac = registrationMac(server.sharedSecret, { nonce, ...account, userType: '' })
    return {
      body: { nonce, ...account, mac },
      target: '@made:test',
      kinds: ['user', 'device', 'session'],
      anonymous: true,
    }
  },
}

async function ofFile(world: AuditWorld, { quarantined = false }): Promise<Change> {
  const mediaId = await world.upload(await world.someone())
  if (quarantined) await world.server.storage.write((tx) => tx.media.quarantine([mediaId], '@somebody:test'))
  return { params: { serverName: 'test', mediaId }, target: mediaId, kinds: ['media'] }
}

async function roomWithMedia({ server, someone, upload }: AuditWorld): Promise<string> {
  const person = await someone()
  const room = await server.createRoom(person)
  const url = `mxc://test/${await upload(person)}`
  await server.ok('PUT', `${server.room(room)}/send/m.room.message/media`, {
    token: person.token,
    body: { msgtype: 'm.image', body: 'picture', url },
  })
  return room
}

let tokens = 0
async function ofToken({ server }: AuditWorld, body: object | undefined): Promise<Change> {
  const token = `secret-of-registration-${++tokens}`
  await server.storage.write((tx) => tx.registrationTokens.add({ token, usesAllowed: null, expiryTs: null }))
  return { params: { token }, target: /^secr… /, kinds: ['registration_token'], ...(body && { body }) }
}

const admins = new WeakMap<WholeServer, Person>()
const asAdmin = async (server: WholeServer) => ({ token: admins.get(server)!.token })

export async function auditWorld(storage: Parameters<typeof wholeServer>[0]) {
  const server = await wholeServer(storage, {
    config: (config) => ({
      ...config,
      serverNotices: {
        localpart: 'notices',
        displayName: 'Notices',
        avatarUrl: null,
        roomName: 'Notices',
        roomTopic: null,
        roomAvatarUrl: null,
        autoJoin: false,
      },
    }),
  })
  const admin = await server.person('admin', { admin: true })
  admins.set(server, admin)
  const bob = await server.person('bob')
  const room = await server.createRoom(bob)
  await server.join(admin, room)
  let people = 0
  let files = 0
  return {
    server,
    admin,
    bob,
    room,
    someone: () => server.person(`someone${++people}`),
    async upload({ token }: Person): Promise<string> {
      const body = { file: ++files }
      const { content_uri } = await server.ok('POST', '/_matrix/media/v3/upload', { token, body })
      return content_uri.slice('mxc://test/'.length)
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
