import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testSmtp } from '@ranvier/testkit/smtp'
import type { MailConfig } from '../config/config.ts'
import { JobFailedError } from '../jobs/define-job.ts'
import { link, type Mail, renderBlocks, say } from './mail.ts'
import { smtpSender } from './transport.ts'

const NEVER = new AbortController().signal
const mail: Mail = { to: 'bob@mail.test', subject: 'Grüße', text: 'Hello', html: '<p>Hello</p>' }

function configFor(server: { host: string; port: number }, smtp: Partial<MailConfig['smtp']> = {}) {
  return {
    smtp: { ...server, auth: null, tls: 'offered', tlsName: null, ...smtp },
    from: 'Ranvier <noreply@test>',
  } satisfies Pick<MailConfig, 'smtp' | 'from'>
}

test('a mail arrives in both forms, with its headers', async () => {
  await using smtp = await testSmtp()

  await smtpSender(configFor(smtp))(
    { ...mail, headers: { 'List-Unsubscribe': '<https://x>' } },
    '<1@test>',
    NEVER,
  )

  const got = await smtp.next()
  assert.deepEqual([got.recipients, got.subject, got.messageId], [['bob@mail.test'], 'Grüße', '<1@test>'])
  assert.deepEqual([got.from?.name, got.from?.address], ['Ranvier', 'noreply@test'])
  assert.match(got.text ?? '', /^Hello/)
  assert.match(got.html ?? '', /<p>Hello<\/p>/)
  assert.ok(got.headers.some(({ key, value }) => key === 'list-unsubscribe' && value === '<https://x>'))
})

test('an address with odd characters is one address and no header', async () => {
  await using smtp = await testSmtp()
  const send = smtpSender(configFor(smtp))

  await send({ ...mail, to: 'a,eve@mail.test' }, '<1@test>', NEVER)
  await assert.rejects(
    send({ ...mail, to: 'a>\r\nRCPT TO:<eve@mail.test' }, '<2@test>', NEVER),
    (error: Error) => error instanceof JobFailedError,
  )

  assert.deepEqual((await smtp.next()).recipients, ['"a,eve"@mail.test'])
  assert.deepEqual(smtp.received, [])
})

test('we log in where we are told to', async () => {
  await using smtp = await testSmtp({
    authOptional: false,
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, callback) {
      if (username === 'us' && password === 'secret') callback(null, { user: 'us' })
      else callback(new Error('no'))
    },
  })
  const login = (pass: string) => smtpSender(configFor(smtp, { auth: { user: 'us', pass } }))

  await login('secret')(mail, '<1@test>', NEVER)
  assert.equal((await smtp.next()).subject, 'Grüße')
  await assert.rejects(login('wrong pass')(mail, '<2@test>', NEVER), (error: Error) => {
    assert.ok(!(error instanceof JobFailedError), 'the operator may mend it')
    assert.doesNotMatch(error.message, /wrong pass/)
    return /EAUTH/.test(error.message)
  })
})

test('nothing is sent in the clear where TLS is required', async () => {
  await using smtp = await testSmtp()

  await assert.rejects(smtpSender(configFor(smtp, { tls: 'required' }))(mail, '<1@test>', NEVER))
  await assert.rejects(smtpSender(configFor(smtp, { tls: 'always' }))(mail, '<1@test>', NEVER))

  assert.deepEqual(smtp.received, [])
})

test('a certificate nobody vouches for is not believed', async () => {
  await using smtp = await testSmtp({ disabledCommands: [] })

  await assert.rejects(smtpSender(configFor(smtp))(mail, '<1@test>', NEVER))
  await smtpSender(configFor(smtp, { tls: 'never' }))(mail, '<2@test>', NEVER)

  assert.equal((await smtp.next()).messageId, '<2@test>')
})

test('what the mail server says for good is final, what it says for now is not; addresses are not repeated', async () => {
  await using smtp = await testSmtp()
  const send = smtpSender(configFor(smtp))

  smtp.refuseWith({ code: 550, text: 'no mailbox bob@mail.test here' })
  await assert.rejects(send(mail, '<1@test>', NEVER), (error: Error) => {
    assert.doesNotMatch(error.message, /bob@/)
    return error instanceof JobFailedError && /550/.test(error.message)
  })
  smtp.refuseWith({ code: 451, text: 'try later' })
  await assert.rejects(send(mail, '<1@test>', NEVER), (error: Error) => !(error instanceof JobFailedError))
})

test('what users write is text in both forms', () => {
  const evil = '<img src=x onerror="alert(1)">'

  const { html, text } = renderBlocks(evil, [say(evil), link(evil, 'https://x/?a=1&b="')], evil)

  assert.doesNotMatch(html, /<img/)
  assert.match(html, /href="https:\/\/x\/\?a=1&#38;b=&#34;"/)
  assert.ok(text.includes(evil))
})
