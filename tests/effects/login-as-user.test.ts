/** What an administrator can do with a token for somebody else, whose sessions end with whose, and who is seen. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Client, type Ranvier, serverMatrix } from '@ranvier/testkit'
import { eventually } from '@ranvier/testkit/eventually'
import { actAs, CLIENT, enc, inRoom, outcome, refusal, V1, v1User, v2User } from './cast.ts'

const WHOAMI = `${CLIENT}/account/whoami`
const ALIVE = '200'
const DEAD = '401 M_UNKNOWN_TOKEN'

serverMatrix((start) => {
  describe('logging in as a user', () => {
    let server: Ranvier
    let admin: Client
    let pia: Client
    before(async () => {
      server = await start({
        configOverrides: {
          log_level: 'debug',
          listeners: [
            {
              port: 0,
              bind_addresses: ['127.0.0.1'],
              type: 'http',
              x_forwarded: true,
              resources: [{ names: ['client'] }],
            },
          ],
        },
      })
      admin = await server.registerAdmin()
      pia = await server.register('pia')
    })

    const isAlive = (client: Client) => outcome(client.get(WHOAMI))

    test('gives a token that is the user, on no device', async () => {
      const user = await server.register('uma')
      const answer = await admin.post(v1User(user.userId, 'login'))
      assert.deepEqual(Object.keys(answer), ['access_token'])
      const puppet = new Client(server.url, {
        userId: user.userId,
        deviceId: '',
        accessToken: String(answer['access_token']),
      })

      const whoami = await puppet.get(WHOAMI)
      assert.equal(whoami['user_id'], user.userId)
      assert.equal('device_id' in whoami, false)
      const { devices } = await user.get<{ devices: { device_id: string }[] }>(`${CLIENT}/devices`)
      assert.deepEqual(
        devices.map((device) => device.device_id),
        [user.deviceId],
      )
      assert.equal((await admin.get(v2User(user.userId, 'devices')))['total'], 1)
      assert.match(await outcome(puppet.post(`${CLIENT}/keys/upload`, {})), /^4\d\d /)
      assert.equal(await outcome(puppet.sync()), '200')
    })

    test('lets others see the user, not the administrator', async () => {
      const user = await server.register('vic')
      const puppet = await actAs(admin, user)
      const roomId = await pia.createRoom({ preset: 'public_chat' })
      await puppet.join(roomId)
      const eventId = await puppet.send(roomId, 'from the puppet')
      const own = await user.send(roomId, 'from the user')

      const strip = ({ event_id, origin_server_ts, content, unsigned, ...rest }: Record<string, unknown>) =>
        rest
      const [byPuppet, byUser] = [await pia.event(roomId, eventId), await pia.event(roomId, own)]
      assert.deepEqual(strip({ ...byPuppet }), strip({ ...byUser }))
      assert.equal(byPuppet.sender, user.userId)
      const everything = JSON.stringify([await pia.get(inRoom(roomId, 'state')), await pia.history(roomId)])
      assert.ok(!everything.includes(admin.userId))
    })

    test('ends with its own log-out and the administrator’s, not with the user’s', async () => {
      const user = await server.register('wim')
      const boss = await server.registerAdmin('boss')
      const [first, second] = [await actAs(boss, user), await actAs(boss, user)]

      await first.post(`${CLIENT}/logout`)
      assert.deepEqual(
        [await isAlive(first), await isAlive(second), await isAlive(user)],
        [DEAD, ALIVE, ALIVE],
      )
      await user.post(`${CLIENT}/logout/all`)
      assert.deepEqual([await isAlive(user), await isAlive(second)], [DEAD, ALIVE])

      const again = await Client.logIn(server.url, 'wim')
      await boss.post(`${CLIENT}/logout/all`)
      assert.deepEqual(
        [await isAlive(second), await isAlive(again), await isAlive(boss)],
        [DEAD, ALIVE, DEAD],
      )
    })

    test('with /logout/all logs the user out everywhere, and goes on', async () => {
      const user = await server.register('xia')
      const puppet = await actAs(admin, user)
      await puppet.post(`${CLIENT}/logout/all`)
      assert.deepEqual(
        [await isAlive(user), await isAlive(puppet), await isAlive(admin)],
        [DEAD, ALIVE, ALIVE],
      )
      assert.equal((await admin.get(v2User(user.userId, 'devices')))['total'], 0)
    })

    test('is over when the administrator is deactivated or given a new password', async () => {
      const user = await server.register('yan')
      const one = await server.registerAdmin('one')
      const two = await server.registerAdmin('two')
      const puppets = [await actAs(one, user), await actAs(two, user)]
      await admin.post(`${V1}/deactivate/${enc(one.userId)}`)
      await admin.post(`${V1}/reset_password/${enc(two.userId)}`, { new_password: 'new' })
      assert.deepEqual(await Promise.all(puppets.map(isAlive)), [DEAD, DEAD])
      assert.equal(await isAlive(user), ALIVE)
    })

    test('works for a deactivated user, not for a locked one', async () => {
      const user = await server.register('zoe')
      const early = await actAs(admin, user)
      await admin.put(v2User(user.userId), { locked: true })
      assert.equal(await isAlive(early), '401 M_USER_LOCKED')
      await admin.put(v2User(user.userId), { locked: false })
      await admin.post(`${V1}/deactivate/${enc(user.userId)}`)
      const late = await actAs(admin, user)
      assert.deepEqual([await isAlive(early), await isAlive(late)], [ALIVE, ALIVE])
    })

    test('ends at the time given', async () => {
      const user = await server.register('tom')
      const issue = async (validUntilMs: number) => {
        const body = { valid_until_ms: validUntilMs }
        const { access_token: accessToken } = await admin.post(v1User(user.userId, 'login'), body)
        return new Client(server.url, { ...user, accessToken: String(accessToken) })
      }
      assert.equal(await isAlive(await issue(Date.now() + 3_600_000)), ALIVE)
      const body = await refusal((await issue(Date.now() - 1)).get(WHOAMI))
      assert.deepEqual([body['errcode'], body['soft_logout']], ['M_UNKNOWN_TOKEN', true])
      const wrong = admin.post(v1User(user.userId, 'login'), { valid_until_ms: 'soon' })
      assert.match(await outcome(wrong), /^400 /)
    })

    test('is seen by the administrator’s address, in whois and in the log', async () => {
      const user = await server.register('sam')
      const boss = await server.registerAdmin('chief')
      const puppet = await actAs(boss, user)
      const from = async (client: Client, ip: string) => {
        const answer = await fetch(`${server.url}${WHOAMI}?from=${ip}`, {
          headers: { authorization: `Bearer ${client.accessToken}`, 'x-forwarded-for': ip },
        })
        assert.equal(answer.status, 200)
      }
      await from(user, '192.0.2.1')
      await from(puppet, '192.0.2.2')

      const addresses = async (userId: string) => {
        const whois = await admin.get<{
          devices: Record<string, { sessions: { connections: { ip: string }[] }[] }>
        }>(`${V1}/whois/${enc(userId)}`)
        return Object.values(whois.devices).flatMap(({ sessions }) =>
          sessions.flatMap(({ connections }) => connections.map(({ ip }) => ip)),
        )
      }
      const [ofUser, ofBoss] = [await addresses(user.userId), await addresses(boss.userId)]
      assert.ok(ofUser.includes('192.0.2.1') && !ofUser.includes('192.0.2.2'), ofUser.join())
      assert.ok(ofBoss.includes('192.0.2.2'), ofBoss.join())
      // What the process writes arrives here a moment after its answer.
      await eventually(async () =>
        server.log.some((line) =>
          [boss.userId, user.userId, '192.0.2.2'].every((each) => line.includes(each)),
        ),
      )
    })

    test('gives no rights over the server but the user’s own', async () => {
      const user = await server.register('rob')
      const deputy = await server.registerAdmin('deputy')
      const path = v2User(pia.userId)
      assert.equal(await outcome((await actAs(admin, user)).get(path)), '403 M_FORBIDDEN')
      assert.equal(await outcome((await actAs(admin, deputy)).get(path)), '200')
      assert.equal(await outcome(admin.post(v1User(admin.userId, 'login'))), '400 M_UNKNOWN')
      assert.equal(await outcome(user.post(v1User(pia.userId, 'login'))), '403 M_FORBIDDEN')
    })
  })
})
