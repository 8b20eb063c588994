/**
 * Walks through Synapse's documentation of the User Admin API of 2021 from top to bottom, as a reader with a terminal
 * would: every request it shows is sent, with the token in a header and in the query, and every field it names is
 * looked at. Twice: as clients of 2021 are answered, and as those of today are.
 */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { createAdminClient } from '@ranvier/admin-api'
import { serverMatrix } from '@ranvier/testkit'
import { createOrModifySteps, listSteps, querySteps } from './accounts-steps.ts'
import {
  deviceSteps,
  loginSteps,
  pusherSteps,
  rateLimitSteps,
  shadowBanSteps,
  usernameSteps,
} from './devices-steps.ts'
import { deleteMediaSteps, listMediaSteps } from './media-steps.ts'
import {
  adminFlagSteps,
  deactivateSteps,
  joinedRoomsSteps,
  passwordSteps,
  whoisSteps,
} from './sessions-steps.ts'
import { type Compat, Walk } from './walk.ts'

/** The page has 25 paths and methods for accounts beside `whois` in the client API. */
const CALLS = [
  'getUser',
  'putUser',
  'listUsers',
  'whois',
  'deactivateUser',
  'resetPassword',
  'getAdminFlag',
  'setAdminFlag',
  'listJoinedRooms',
  'listUserMedia',
  'deleteUserMedia',
  'loginAsUser',
  'listDevices',
  'deleteDevices',
  'getDevice',
  'renameDevice',
  'deleteDevice',
  'listPushers',
  'shadowBanUser',
  'unshadowBanUser',
  'getRateLimit',
  'setRateLimit',
  'deleteRateLimit',
  'checkUsername',
]

serverMatrix((start) => {
  for (const compat of ['2021', 'current'] satisfies Compat[]) {
    describe(`User Admin API, admin_api.compat: ${compat}`, () => {
      let walk: Walk
      const theWalk = () => walk
      before(async () => {
        const server = await start({
          configOverrides: {
            admin_api: { compat },
            allow_guest_access: true,
            enable_registration: compat === '2021',
          },
        })
        walk = new Walk(server, await server.registerAdmin(), compat)
      })

      querySteps(theWalk)
      createOrModifySteps(theWalk)
      listSteps(theWalk)
      whoisSteps(theWalk)
      deactivateSteps(theWalk)
      passwordSteps(theWalk)
      adminFlagSteps(theWalk)
      joinedRoomsSteps(theWalk)
      listMediaSteps(theWalk)
      deleteMediaSteps(theWalk)
      loginSteps(theWalk)
      deviceSteps(theWalk)
      pusherSteps(theWalk)
      shadowBanSteps(theWalk)
      rateLimitSteps(theWalk)
      usernameSteps(theWalk)

      test('"To use it, you will need to authenticate by providing an access_token for a server admin"', async () => {
        const person = await walk.person('ordinary')
        assert.deepEqual([...walk.sent.keys()].sort(), CALLS.toSorted(), 'every call of the page was made')
        for (const { method, path, body: text } of walk.sent.values()) {
          const anonymous = await walk.raw(method, path, { text })
          assert.deepEqual([anonymous.status, anonymous.body.errcode], [401, 'M_MISSING_TOKEN'], path)
          for (const way of ['header', 'query'] as const) {
            const wrong = await walk.raw(method, path, { text, way, token: 'wrong' })
            assert.deepEqual([wrong.status, wrong.body.errcode], [401, 'M_UNKNOWN_TOKEN'], path)
            const ordinary = await walk.raw(method, path, { text, way, token: person.accessToken })
            assert.deepEqual([ordinary.status, ordinary.body.errcode], [403, 'M_FORBIDDEN'], path)
          }
        }
      })

      test('The client that is made from the same descriptions understands the server', async () => {
        const client = createAdminClient({ baseUrl: walk.server.url, token: walk.admin.accessToken })
        const userId = walk.id('typed client/é')

        await assert.rejects(client.getUser({ userId }), { status: 404, errcode: 'M_NOT_FOUND' })
        const made = await client.putUser({ userId: walk.id('typed'), body: { displayname: 'Typed' } })
        const { users } = await client.listUsers({ query: { name: 'typed', not_user_type: ['bot'] } })
        assert.deepEqual(
          users.map(({ name }) => name),
          [made.name],
        )
        assert.equal((await client.getUser({ userId: made.name })).creation_ts, made.creation_ts)
        assert.deepEqual(await client.deactivateUser({ userId: made.name }), {
          id_server_unbind_result: 'success',
        })
      })
    })
  }
})
