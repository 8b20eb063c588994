import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { eventually } from '@ranvier/testkit/eventually'
import { linksIn, type ReceivedMail, type TestSmtp, testSmtp } from '@ranvier/testkit/smtp'
import { type MailServer, mailServer } from '../account/mail-server.ts'

const MINUTE_MS = 60_000
const NOTIFYING = { email: { enable_notifs: true, client_base_url: 'https://chat.test/' } }
const PUSHER = {
  kind: 'email',
  app_id: 'm.email',
  pushkey: 'bob@mail.test',
  app_display_name: 'Email Notifications',
  device_display_name: 'bob@mail.test',
  lang: 'en',
  data: {},
}

/** Alice and Bob in a room of this name; Bob wants mail. */
async function twoInARoom(server: MailServer, name?: string) {
  const [alice, bob] = [await server.register('alice'), await server.register('bob')]
  await server.giveAddress('bob')
  await server.ok(bob, 'POST', '/pushers/set', PUSHER)
  const { room_id: roomId } = await server.ok(alice, 'POST', '/createRoom', { preset: 'public_chat', name })
  await server.ok(bob, 'POST', `/join/${roomId}`, {})
  let txn = 0
  const say = async (body: string): Promise<string> => {
    const path = `/rooms/${roomId}/send/m.room.message/t${++txn}`
    return (await server.ok(alice, 'PUT', path, { msgtype: 'm.text', body })).event_id
  }
  return { alice, bob, roomId, say }
}

/** Lets time go by, minute by minute, until a mail comes: the mail, and after what time it was due. */
async function mailWithin(server: MailServer, smtp: TestSmtp, maxMs: number) {
  const startMs = server.clock.nowMs()
  while (server.clock.nowMs() - startMs <= maxMs) {
    // What goes on by itself asks the database a few times: it comes to its end before time goes on.
    for (let i = 0; i < 8; i++) {
      await server.storage.write(async (tx) => void (await tx.accounts.find('@nobody:test')))
      await nextTurn()
    }
    // The mail server takes its own time: the clock stands still meanwhile.
    await eventually(async () => !(await hasMailToSend(server)))
    const mail = smtp.received.shift()
    if (mail !== undefined) {
      const dueMs = await lastDueMs(server)
      return { mail, dueMs, passedMs: dueMs - startMs }
    }
    server.clock.advance(MINUTE_MS)
  }
  return undefined
}

async function hasMailToSend({ storage, clock }: MailServer): Promise<boolean> {
  const due = { name: 'send-mail', statuses: ['scheduled', 'active'], maxDueTs: clock.nowMs() } as const
  return (await storage.read.jobs.list(due, 1)).length > 0
}

/** The mail server takes its own time: what counts is when the mail was put into the outbox. */
async function lastDueMs(server: MailServer): Promise<number> {
  const jobs = await server.storage.read.jobs.list({ name: 'send-mail' }, 100)
  return Math.max(...jobs.map(({ createdTs }) => createdTs))
}

function near(actualMs: number, expectedMs: number): void {
  assert.ok(Math.abs(actualMs - expectedMs) <= 5 * MINUTE_MS, `${actualMs / MINUTE_MS} minutes`)
}

const unsubscribeLinkOf = (mail: ReceivedMail) =>
  linksIn(mail).find((link) => link.includes('/unsubscribe?'))!

databaseMatrix((open) => {
  test('what is not read within ten minutes is in one mail', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp, NOTIFYING)
    const { roomId, say } = await twoInARoom(server, 'Kitchen')
    await say('dinner <b>is</b> ready')
    await say('really')

    const { mail, passedMs } = (await mailWithin(server, smtp, 30 * MINUTE_MS))!

    near(passedMs, 10 * MINUTE_MS)
    assert.deepEqual([mail.recipients, mail.subject], [['bob@mail.test'], '[Matrix] Messages in Kitchen'])
    assert.match(mail.text!, /Kitchen\s+https:\/\/chat\.test\/#\/room\//)
    assert.match(mail.text!, /alice: dinner <b>is<\/b> ready/)
    assert.match(mail.text!, /alice: really/)
    assert.doesNotMatch(mail.html!, /<b>is<\/b>/)
    assert.ok(linksIn(mail)[0]!.endsWith(encodeURIComponent(roomId)))
    assert.equal(await mailWithin(server, smtp, 30 * MINUTE_MS), undefined, 'and in no other')
  })

  test('what is read in time, or is nothing to notify of, is in no mail', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp, NOTIFYING)
    const { alice, bob, roomId, say } = await twoInARoom(server)
    const eventId = await say('hello')
    const notice = { msgtype: 'm.notice', body: 'a notice' }
    await server.ok(alice, 'PUT', `/rooms/${roomId}/send/m.room.message/n`, notice)
    await server.ok(bob, 'POST', `/rooms/${roomId}/receipt/m.read/${eventId}`, {})

    assert.equal(await mailWithin(server, smtp, 30 * MINUTE_MS), undefined)
    await say('and this?')
    const { mail } = (await mailWithin(server, smtp, 30 * MINUTE_MS))!
    assert.equal(mail.subject, '[Matrix] A message from alice')
    assert.doesNotMatch(mail.text!, /hello|a notice/)
  })

  test('a room is the reason of a mail less and less often', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp, NOTIFYING)
    const { say } = await twoInARoom(server)

    await say('one')
    near((await mailWithin(server, smtp, 60 * MINUTE_MS))!.passedMs, 10 * MINUTE_MS)
    await say('two')
    const second = (await mailWithin(server, smtp, 60 * MINUTE_MS))!
    near(second.passedMs, 10 * MINUTE_MS)
    await say('three')
    assert.equal(await mailWithin(server, smtp, 60 * MINUTE_MS), undefined)
    server.clock.advance(22 * 60 * MINUTE_MS)
    const { mail, dueMs } = (await mailWithin(server, smtp, 3 * 60 * MINUTE_MS))!

    near(dueMs - second.dueMs, 24 * 60 * MINUTE_MS)
    assert.match(mail.text!, /three/)
    assert.doesNotMatch(mail.text!, /two/)
  })

  test('an invite is told of, and a restart forgets nothing that waits', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    {
      await using server = await mailServer(storage, smtp, NOTIFYING)
      const { alice, say } = await twoInARoom(server)
      await say('before')
      await server.ok(alice, 'POST', '/createRoom', { name: 'Garden', invite: ['@bob:test'] })
    }
    await using again = await mailServer(storage, smtp, NOTIFYING)

    const { mail } = (await mailWithin(again, smtp, 60 * MINUTE_MS))!

    assert.match(mail.text!, /alice: before/)
    assert.match(mail.text!, /Garden[\s\S]*alice: has invited you/)
  })

  test('the link in the mail ends it, after a question; a mail program ends it at once', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp, NOTIFYING)
    const { bob, say } = await twoInARoom(server)
    await say('hello')
    const { mail } = (await mailWithin(server, smtp, 60 * MINUTE_MS))!
    const link = unsubscribeLinkOf(mail)
    const header = (name: string) => mail.headers.find(({ key }) => key === name)?.value
    assert.equal(header('list-unsubscribe'), `<${link}>`)
    assert.equal(header('list-unsubscribe-post'), 'List-Unsubscribe=One-Click')
    const pushers = async () => (await server.ok(bob, 'GET', '/pushers')).pushers.length

    assert.match((await server.page(link)).text, /<form method="post">/)
    assert.equal(await pushers(), 1)
    const forged = await server.page(link.replace('bob%40', 'eve%40'), {})
    assert.deepEqual([forged.status, await pushers()], [403, 1])
    assert.equal((await server.page(link, { 'List-Unsubscribe': 'One-Click' })).status, 200)
    assert.equal(await pushers(), 0)
    await say('more')
    assert.equal(await mailWithin(server, smtp, 60 * MINUTE_MS), undefined)
  })

  test('who registers with an address gets mail, unless that is not wanted; who loses it gets none', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp, NOTIFYING)
    const creds = await server.prove('/register', 'carol@mail.test')
    const auth = { type: 'm.login.email.identity', threepid_creds: creds }
    const carol = (await server.ok(null, 'POST', '/register', { username: 'carol', password: 'pw', auth }))
      .access_token
    const kinds = async () =>
      (await server.ok(carol, 'GET', '/pushers')).pushers.map((each: { kind: string }) => each.kind)

    assert.deepEqual(await kinds(), ['email'])
    await server.ok(carol, 'POST', '/account/3pid/delete', { medium: 'email', address: 'carol@mail.test' })
    assert.deepEqual(await kinds(), [])
  })

  test('whom an administrator makes with an address gets mail; an account that has expired gets none', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp, {
      ...NOTIFYING,
      account_validity: { enabled: true, period: '1y' },
    })
    const root = await server.register('root')
    await storage.write((tx) => tx.accounts.update('@root:test' as UserId, { admin: true }))
    const threepids = [{ medium: 'email', address: 'Dave@mail.test' }]
    await server.ok(root, 'PUT', '/_synapse/admin/v2/users/@dave:test', { password: 'pw', threepids })
    const { pushers } = await server.ok(root, 'GET', '/_synapse/admin/v1/users/@dave:test/pushers')
    assert.deepEqual(
      pushers.map((each: { kind: string; pushkey: string }) => [each.kind, each.pushkey]),
      [['email', 'dave@mail.test']],
    )
    const expires = (expiration_ts: number) =>
      server.ok(root, 'POST', '/_synapse/admin/v1/account_validity/validity', {
        user_id: '@dave:test',
        expiration_ts,
      })

    await expires(1)
    await server.ok(root, 'POST', '/createRoom', { name: 'One', invite: ['@dave:test'] })
    assert.equal(await mailWithin(server, smtp, 30 * MINUTE_MS), undefined)
    await expires(server.clock.nowMs() + 1_000 * MINUTE_MS)
    await server.ok(root, 'POST', '/createRoom', { name: 'Two', invite: ['@dave:test'] })
    const { mail } = (await mailWithin(server, smtp, 30 * MINUTE_MS))!
    assert.match(mail.subject!, /root invites you to Two/)
  })

  test('where no such mail is sent, pushers are kept and nothing comes', async () => {
    await using storage = await open()
    await using smtp = await testSmtp()
    await using server = await mailServer(storage, smtp)
    const { bob, say } = await twoInARoom(server)
    await say('hello')

    assert.equal(await mailWithin(server, smtp, 60 * MINUTE_MS), undefined)
    assert.equal((await server.ok(bob, 'GET', '/pushers')).pushers.length, 1)
  })
})
