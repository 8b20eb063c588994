import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import type { AccountFilter } from '../account-list/filter.ts'
import { summaryText, type TextMember } from './summary-text.ts'

const ALL: AccountFilter = { guests: true, locked: true, notUserTypes: [] }
const MEMBERS: TextMember[] = [
  { key: 'name', member: 'userId' },
  { key: 'type "of" it\'s', member: 'userType' },
  { key: 'displayname', member: 'displayname' },
  { key: 'avatar_url', member: 'avatarUrl' },
  { key: 'created', member: 'createdTs' },
  { key: 'seen', member: 'lastSeenTs' },
  { key: 'locked', member: 'locked' },
  { key: 'erased', member: 'erased', isNumber: true },
  { key: 'admin', member: 'admin', isNumber: true },
]

databaseMatrix((open) => {
  test('the text of an account is what JSON.stringify makes of it, whatever its names are', async () => {
    await using storage = await open()
    const ascii = Array.from({ length: 0x7f }, (_, i) => String.fromCharCode(i + 1))
    const names = [
      null,
      '',
      '"',
      '\\"\\',
      "it's",
      'Zoë',
      '\u2028\u2029',
      '🦦 \u{10ffff}',
      '\ufeff\ufffd',
      'null',
      '{}',
    ]
    const all = [...names, ...ascii, ascii.join('')]
    await storage.write(async (tx) => {
      for (const [i, displayname] of all.entries())
        await tx.accounts.create({
          userId: `@${String(i).padStart(4, '0')}${i === 7 ? '"\\' : ''}:t` as UserId,
          createdTs: i * 17_000_000_000,
          displayname,
          avatarUrl: i % 2 === 0 ? null : displayname,
          userType: i % 3 === 0 ? null : displayname,
          admin: i % 5 === 0,
          locked: i % 2 === 0,
          erased: i % 3 === 0,
        })
      await tx.accounts.touch(new Map([['@0003:t', 1_700_000_000_000]]))
    })
    const page = { orderBy: 'name', dir: 'f', from: 0, limit: 1_000 } as const

    const { texts, count, total } = await storage.read.accounts.listTexts(ALL, page, summaryText(MEMBERS))

    const accounts = await storage.read.accounts.list(ALL, page)
    const items = accounts.map((account) =>
      Object.fromEntries(
        MEMBERS.map(({ key, member, isNumber }) => [
          key,
          isNumber ? Number(account[member]) : account[member],
        ]),
      ),
    )
    assert.equal(`[${texts.join()}]`, JSON.stringify(items))
    assert.equal(`[${accounts.map(summaryText(MEMBERS).write).join()}]`, JSON.stringify(items))
    assert.deepEqual([count, total], [all.length, all.length])
  })
})
