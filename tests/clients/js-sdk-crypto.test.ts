/** The library of Element Web with its end-to-end encryption: what people's devices do with keys, through our server. */
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { serverMatrix } from '@ranvier/testkit'
import * as sdk from 'matrix-js-sdk'
import { CryptoEvent, type GeneratedSecretStorageKey } from 'matrix-js-sdk/lib/crypto-api/index.js'
import type { RoomMessageEventContent } from 'matrix-js-sdk/lib/types.js'
import { clientOf, logIn, membershipIn, register, stopClients, texts, until } from './sdk-client.ts'
import {
  assertStoredEncrypted,
  compareSymbols,
  listen,
  makeCrossSigningKeys,
  meet,
  reads,
  trusts,
  untilKnowsDevices,
  untilKnowsOwnKeys,
  untilTrusts,
  withSecretStorage,
} from './sdk-crypto.ts'

serverMatrix((start) => {
  describe('people who encrypt', async () => {
    let url: string
    after(stopClients)
    const encrypting = { encrypts: true }
    test('the server starts', async () => {
      url = (await start()).url
    })

    test('write, react, edit and answer in threads where only they can read', async () => {
      const alice = await register(url, 'alice', encrypting)
      const bob = await register(url, 'bob', encrypting)
      const roomId = await meet(alice, bob)

      const { event_id: eventId } = await alice.sendTextMessage(roomId, 'hello')
      await reads(bob, roomId, ['hello'])
      await assertStoredEncrypted(bob, roomId, eventId)

      await bob.sendEvent(roomId, sdk.EventType.Reaction, {
        'm.relates_to': { rel_type: sdk.RelationType.Annotation, event_id: eventId, key: '👍' },
      })
      const reactions = () =>
        alice
          .getRoom(roomId)!
          .relations.getChildEventsForEvent(eventId, sdk.RelationType.Annotation, sdk.EventType.Reaction)
          ?.getSortedAnnotationsByKey()
          ?.map(([key, events]) => [key, events.size])
      await until(() => reactions() !== undefined, alice, sdk.RoomEvent.Timeline)
      assert.deepEqual(reactions(), [['👍', 1]])

      await alice.sendMessage(roomId, {
        msgtype: sdk.MsgType.Text,
        body: '* hello you',
        'm.new_content': { msgtype: sdk.MsgType.Text, body: 'hello you' },
        'm.relates_to': { rel_type: sdk.RelationType.Replace, event_id: eventId },
      } as RoomMessageEventContent)
      const original = () => bob.getRoom(roomId)!.findEventById(eventId)!
      await until(() => original().getContent()['body'] === 'hello you', bob, sdk.MatrixEventEvent.Replaced)

      await bob.sendMessage(roomId, {
        msgtype: sdk.MsgType.Text,
        body: 'in a thread',
        'm.relates_to': { rel_type: sdk.RelationType.Thread, event_id: eventId },
      } as RoomMessageEventContent)
      await until(() => texts(alice, roomId).includes('in a thread'), alice, sdk.MatrixEventEvent.Decrypted)
      const answer = alice.getRoom(roomId)!.getLiveTimeline().getEvents().at(-1)!
      assert.equal(answer.threadRootId, eventId)
    })

    test('read on all their devices, and not on one that logged out', async () => {
      const carol = await register(url, 'carol', encrypting)
      const dave = await register(url, 'dave', encrypting)
      const roomId = await meet(carol, dave)
      const phone = await logIn(url, 'dave', encrypting)
      await untilKnowsDevices(carol, dave.getUserId()!, 2)
      await carol.sendTextMessage(roomId, 'to both of you')
      await reads(dave, roomId, ['to both of you'])
      await reads(phone, roomId, ['to both of you'])

      await phone.logout(true)
      await untilKnowsDevices(carol, dave.getUserId()!, 1)
      await carol.sendTextMessage(roomId, 'to the one left')
      await reads(dave, roomId, ['to both of you', 'to the one left'])
      const later = await logIn(url, 'dave', encrypting)
      await until(() => membershipIn(later, roomId) === 'join', later, sdk.ClientEvent.Sync)
      await untilKnowsDevices(carol, dave.getUserId()!, 2)
      await carol.sendTextMessage(roomId, 'welcome back')
      await reads(later, roomId, ['welcome back'])
      const events = later.getRoom(roomId)!.getLiveTimeline().getEvents()
      assert.equal(events.filter((event) => event.isEncrypted()).length, 3)
    })

    test('sign their devices: replacing the keys takes the password', async () => {
      const erin = await register(url, 'erin', encrypting)
      assert.equal(await makeCrossSigningKeys(erin), false)
      assert.equal(await erin.getCrypto()!.isCrossSigningReady(), true)
      const before = await erin.getCrypto()!.getCrossSigningKeyId()

      await assert.rejects(makeCrossSigningKeys(erin, { again: true, password: 'wrong' }), {
        httpStatus: 401,
      })
      assert.equal(await makeCrossSigningKeys(erin, { again: true }), true)
      assert.notEqual(await erin.getCrypto()!.getCrossSigningKeyId(), before)
      await untilTrusts(erin, erin)
    })

    test('verify a second device of their own, which is given the secrets', async () => {
      const fay = listen(await register(url, 'fay', encrypting))
      await makeCrossSigningKeys(fay)
      await fay.getCrypto()!.resetKeyBackup()
      const phone = listen(await logIn(url, 'fay', encrypting))
      await untilKnowsOwnKeys(phone)
      // A device passes over requests of devices it has not heard of.
      await untilKnowsDevices(fay, fay.getUserId()!, 2)
      assert.equal(await trusts(fay, fay.getUserId()!, phone.getDeviceId()!), false)

      await compareSymbols(await phone.getCrypto()!.requestOwnUserVerification(), fay)

      await untilTrusts(fay, phone)
      await untilTrusts(phone, fay)
      const backupKey = await fay.getCrypto()!.getSessionBackupPrivateKey()
      await until(
        async () => (await phone.getCrypto()!.getSessionBackupPrivateKey()) !== null,
        phone,
        CryptoEvent.KeyBackupDecryptionKeyCached,
      )
      assert.deepEqual(await phone.getCrypto()!.getSessionBackupPrivateKey(), backupKey)
      await until(
        () => phone.getCrypto()!.isCrossSigningReady(),
        phone,
        CryptoEvent.KeysChanged,
        sdk.ClientEvent.Sync,
      )
    })

    test('verify each other in their room, and then trust each other’s devices', async () => {
      const gus = listen(await register(url, 'gus', encrypting))
      const hana = listen(await register(url, 'hana', encrypting))
      await makeCrossSigningKeys(gus)
      await makeCrossSigningKeys(hana)
      const roomId = await meet(gus, hana)

      await compareSymbols(await gus.getCrypto()!.requestVerificationDM(hana.getUserId()!, roomId), hana)

      await untilTrusts(gus, hana)
      await untilTrusts(hana, gus)
      const status = await gus.getCrypto()!.getUserVerificationStatus(hana.getUserId()!)
      assert.ok(status.isCrossSigningVerified())
    })

    test('log out, log in and restore from the backup what they had read', async () => {
      const holder: { key?: GeneratedSecretStorageKey } = {}
      const options = { ...encrypting, cryptoCallbacks: withSecretStorage(holder) }
      const ivy = await register(url, 'ivy', options)
      const jon = await register(url, 'jon', encrypting)
      const crypto = ivy.getCrypto()!
      await makeCrossSigningKeys(ivy)
      await crypto.bootstrapSecretStorage({
        createSecretStorageKey: async () => (holder.key = await crypto.createRecoveryKeyFromPassphrase()),
        setupNewKeyBackup: true,
      })
      assert.equal(await crypto.getActiveSessionBackupVersion(), '1')
      const roomId = await meet(ivy, jon)
      await ivy.sendTextMessage(roomId, 'from ivy')
      await jon.sendTextMessage(roomId, 'from jon')
      await reads(ivy, roomId, ['from ivy', 'from jon'])
      const isBackedUp = async () => (await crypto.checkKeyBackupAndEnable())?.backupInfo.count === 2
      await until(isBackedUp, ivy, CryptoEvent.KeyBackupSessionsRemaining)
      await ivy.logout(true)

      const again = await logIn(url, 'ivy', options)
      await again.getCrypto()!.loadSessionBackupPrivateKeyFromSecretStorage()
      const restored = await again.getCrypto()!.restoreKeyBackup()
      assert.deepEqual({ total: restored.total, imported: restored.imported }, { total: 2, imported: 2 })
      await reads(again, roomId, ['from ivy', 'from jon'])
      await untilKnowsOwnKeys(again)
      await makeCrossSigningKeys(again)
      assert.equal(await again.getCrypto()!.isCrossSigningReady(), true)
    })

    test('read what was written while no device of theirs was logged in', async () => {
      const holder: { key?: GeneratedSecretStorageKey } = {}
      const options = { ...encrypting, cryptoCallbacks: withSecretStorage(holder) }
      const quin = await register(url, 'quin', options)
      const rob = await register(url, 'rob', encrypting)
      const crypto = quin.getCrypto()!
      await makeCrossSigningKeys(quin)
      await crypto.bootstrapSecretStorage({
        createSecretStorageKey: async () => (holder.key = await crypto.createRecoveryKeyFromPassphrase()),
      })
      assert.equal(await crypto.isDehydrationSupported(), true)
      await crypto.startDehydration()
      const roomId = await meet(quin, rob, { devices: 2 })
      await quin.logout(true)
      await untilKnowsDevices(rob, quin.getUserId()!, 1)

      await rob.sendTextMessage(roomId, 'while you were out')
      const again = await logIn(url, 'quin', options)
      await untilKnowsOwnKeys(again)
      await makeCrossSigningKeys(again)
      await again.getCrypto()!.startDehydration()

      await until(() => membershipIn(again, roomId) === 'join', again, sdk.ClientEvent.Sync)
      await reads(again, roomId, ['while you were out'])
    })

    test('send encrypted messages from device to device', async () => {
      const kim = await register(url, 'kim', encrypting)
      const leo = await register(url, 'leo', encrypting)
      await meet(kim, leo)
      const received: unknown[] = []
      leo.on(sdk.ClientEvent.ReceivedToDeviceMessage, ({ message, encryptionInfo }) => {
        if (message.type === 'org.example.ping') received.push([message.content, encryptionInfo?.sender])
      })

      await kim.encryptAndSendToDevice(
        'org.example.ping',
        [{ userId: leo.getUserId()!, deviceId: leo.getDeviceId()! }],
        { count: 1 },
      )

      await until(() => received.length > 0, leo, sdk.ClientEvent.ReceivedToDeviceMessage)
      assert.deepEqual(received, [[{ count: 1 }, kim.getUserId()]])
    })

    test('share files that only people with an account can download', async () => {
      const mia = await register(url, 'mia', encrypting)
      const bytes = new Uint8Array([1, 2, 3, 250])
      const { content_uri: mxc } = await mia.uploadContent(Buffer.from(bytes), {
        name: 'ä.bin',
        type: 'application/octet-stream',
      })
      const address = mia.mxcUrlToHttp(mxc, undefined, undefined, undefined, undefined, undefined, true)!

      assert.equal((await fetch(address)).status, 401)
      const answer = await fetch(address, { headers: { authorization: `Bearer ${mia.getAccessToken()}` } })
      assert.deepEqual(new Uint8Array(await answer.arrayBuffer()), bytes)
      assert.match(answer.headers.get('content-disposition')!, /filename\*=(utf-8|UTF-8)''%C3%A4\.bin/)
    })

    test('are told of what they have not read, by the rules they chose', async () => {
      const nia = await register(url, 'nia', encrypting)
      const ole = await register(url, 'ole')
      const rules = await nia.getPushRules()
      assert.ok(rules.global.override?.some((rule) => rule.rule_id === '.m.rule.is_user_mention'))
      await nia.addPushRule('global', sdk.PushRuleKind.ContentSpecific, 'cake', {
        pattern: 'cake',
        actions: [sdk.PushRuleActionName.Notify, { set_tweak: sdk.TweakName.Highlight, value: true }],
      })

      const { room_id: roomId } = await ole.createRoom({ preset: sdk.Preset.PublicChat })
      await nia.joinRoom(roomId)
      await until(() => membershipIn(nia, roomId) === 'join', nia, sdk.RoomEvent.MyMembership)
      await ole.sendTextMessage(roomId, 'there is tea')
      await ole.sendTextMessage(roomId, 'there is cake')

      const room = nia.getRoom(roomId)!
      const count = (type: sdk.NotificationCountType) => room.getUnreadNotificationCount(type)
      await until(() => count(sdk.NotificationCountType.Total) === 2, room, sdk.RoomEvent.UnreadNotifications)
      await until(() => texts(nia, roomId).length === 2, nia, sdk.RoomEvent.Timeline)
      assert.equal(count(sdk.NotificationCountType.Highlight), 1)
      await nia.sendReadReceipt(room.getLiveTimeline().getEvents().at(-1)!)
      await until(() => count(sdk.NotificationCountType.Total) === 0, room, sdk.RoomEvent.UnreadNotifications)
    })

    test('lose a session for good when they log out', async () => {
      const pia = await register(url, 'pia', encrypting)
      const token = pia.getAccessToken()!
      await pia.logout(true)
      const old = clientOf(url, { access_token: token, user_id: pia.getUserId()!, device_id: 'x' })
      await assert.rejects(old.whoami(), { errcode: 'M_UNKNOWN_TOKEN' })
    })
  })
})
