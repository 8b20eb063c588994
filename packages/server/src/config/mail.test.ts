import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveAccountValidity, resolveMail } from './mail.ts'
import { ConfigError, checkConfig } from './problems.ts'

const read = (settings: Record<string, unknown>) => checkConfig({ server_name: 'test', ...settings }).raw
const FROM = { notif_from: 'Your %(app)s homeserver <noreply@test>' }

test('mail is off unless it is set up, and has the usual defaults', () => {
  const mail = resolveMail(read({ email: FROM }))

  assert.equal(resolveMail(read({})), null)
  assert.deepEqual(mail?.smtp, { host: 'localhost', port: 25, auth: null, tls: 'offered', tlsName: null })
  assert.equal(mail?.from, 'Your Matrix homeserver <noreply@test>')
  assert.equal(mail?.validationTokenLifetimeMs, 3_600_000)
  assert.equal(mail?.subjects.passwordReset, '[test] Password reset')
})

test('how the connection is made safe', () => {
  const smtp = (more: Record<string, unknown>) => resolveMail(read({ email: { ...FROM, ...more } }))?.smtp

  assert.deepEqual([smtp({ force_tls: true })?.tls, smtp({ force_tls: true })?.port], ['always', 465])
  assert.equal(smtp({ require_transport_security: true })?.tls, 'required')
  assert.equal(smtp({ enable_tls: false })?.tls, 'never')
  assert.deepEqual(smtp({ smtp_user: 'u', smtp_pass: 'p' })?.auth, { user: 'u', pass: 'p' })
})

test('what cannot work is refused by name', () => {
  const refused = (settings: Record<string, unknown>, text: RegExp) =>
    assert.throws(
      () => {
        const raw = read(settings)
        resolveMail(raw)
        resolveAccountValidity(raw)
      },
      (error: Error) => error instanceof ConfigError && text.test(error.message),
    )

  refused({ email: {} }, /email\.notif_from/)
  refused({ email: { notif_from: 'nobody' } }, /email\.notif_from/)
  refused({ email: { ...FROM, smtp_user: 'u' } }, /smtp_pass/)
  refused({ account_validity: { enabled: true } }, /account_validity\.period/)
  refused({ account_validity: { enabled: true, period: '1w', renew_at: '1d' } }, /renew_at/)
})

test('accounts expire only where that is on', () => {
  assert.equal(resolveAccountValidity(read({ account_validity: { period: '1w' } })), null)
  assert.deepEqual(resolveAccountValidity(read({ account_validity: { enabled: true, period: '1w' } })), {
    periodMs: 604_800_000,
    renewAtMs: null,
    renewSubject: 'Renew your Matrix account',
  })
})
