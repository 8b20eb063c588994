/** The library of Element Web talks to a real server, as a person's client would. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { serverMatrix } from '@ranvier/testkit'
import * as sdk from 'matrix-js-sdk'
import { clientOf, logIn, membershipIn, register, stopClients, texts, until } from './sdk-client.ts'

async function seesTexts(client: sdk.MatrixClient, roomId: string, expected: string[]): Promise<void> {
  await until(() => texts(client, roomId).length >= expected.length, client, sdk.RoomEvent.Timeline)
  assert.deepEqual(texts(client, roomId), expected)
}

serverMatrix((start) => {
  describe('two people', () => {
    after(stopClients)

    test('meet in a room, write, type, read, use a second device and log out', async () => {
      const { url } = await start()
      const alice = await register(url, 'alice')
      const bob = await register(url, 'bob')
      const bobId = bob.getUserId()!

      const { room_id: roomId } = await alice.createRoom({
        name: 'Tea',
        topic: 'Cakes',
        preset: sdk.Preset.PrivateChat,
      })
      await alice.invite(roomId, bobId)
      await until(() => membershipIn(bob, roomId) === 'invite', bob, sdk.RoomEvent.MyMembership)
      await bob.joinRoom(roomId)
      await until(() => membershipIn(bob, roomId) === 'join', bob, sdk.RoomEvent.MyMembership)
      assert.equal(bob.getRoom(roomId)!.name, 'Tea')

      await alice.sendTextMessage(roomId, 'hello')
      await seesTexts(bob, roomId, ['hello'])
      await bob.sendTextMessage(roomId, 'hello yourself')
      await seesTexts(alice, roomId, ['hello', 'hello yourself'])

      await bob.sendTyping(roomId, true, 20_000)
      await until(
        () => alice.getRoom(roomId)!.getMember(bobId)?.typing === true,
        alice,
        sdk.RoomMemberEvent.Typing,
      )

      const last = bob.getRoom(roomId)!.getLiveTimeline().getEvents().at(-1)!
      const aliceLast = alice.getRoom(roomId)!.findEventById(last.getId()!)!
      await alice.sendReadReceipt(aliceLast)
      await until(
        () => bob.getRoom(roomId)!.getEventReadUpTo(alice.getUserId()!, true) === last.getId(),
        bob,
        sdk.RoomEvent.Receipt,
      )

      const phone = await logIn(url, 'bob')
      await until(() => membershipIn(phone, roomId) === 'join', phone, sdk.ClientEvent.Sync)
      assert.notEqual(phone.getDeviceId(), bob.getDeviceId())
      assert.deepEqual(texts(phone, roomId), ['hello', 'hello yourself'])
      await phone.sendTextMessage(roomId, 'from the train')
      await seesTexts(alice, roomId, ['hello', 'hello yourself', 'from the train'])
      await seesTexts(bob, roomId, ['hello', 'hello yourself', 'from the train'])
      const { devices } = await bob.getDevices()
      assert.equal(devices.length, 2)

      const token = phone.getAccessToken()!
      await phone.logout(true)
      await assert.rejects(clientOf(url, { access_token: token, user_id: bobId, device_id: 'x' }).whoami(), {
        errcode: 'M_UNKNOWN_TOKEN',
      })
      assert.equal((await bob.getDevices()).devices.length, 1)
      assert.equal((await bob.whoami()).user_id, bobId)
    })
  })
})
