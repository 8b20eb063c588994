import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import { type PairQuestion, pairParams } from '../../db/pairs.ts'
import { NAMED_DEVICES } from '../sessions/named-devices.ts'
import { SIGNATURES_ON } from './cross-signing.ts'
import { NAMED_DEVICE_KEYS } from './device-keys.ts'

const ALICE = '@alice:test' as UserId
const BOB = '@bob:test' as UserId

databaseMatrix((open, dialect) => {
  test('of a user with many devices only those that are named are read', async () => {
    await using storage = await open()
    const params = pairParams(dialect, [
      [ALICE, 'A'],
      [BOB, 'B'],
    ])
    const statements: [PairQuestion, key: RegExp][] = [
      [NAMED_DEVICES, /\(user_id=\? AND device_id=\?\)|Index Cond: .*user_id = .* AND .*device_id = /],
      [NAMED_DEVICE_KEYS, /SEARCH k .*\(user_id=\? AND device_id=\?\)|Index Cond: .*device_id = wanted/],
      [SIGNATURES_ON, /signer_user_id=\? AND target_id=\?\)|Index Cond: .*target_id = wanted/],
    ]
    await storage.write(async (tx) => {
      if (dialect === 'postgres')
        for (const off of ['seqscan', 'bitmapscan', 'mergejoin', 'hashjoin'])
          await tx.db.run(`SET LOCAL enable_${off} = off`)
      for (const [question, key] of statements) {
        const explain = dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'
        const rows = await tx.db.all<Record<string, unknown>>(`${explain} ${question[dialect]}`, ...params)
        const plan = rows.map((row) => String(row['detail'] ?? row['QUERY PLAN'])).join('\n')
        assert.match(plan, key)
      }
    })
  })

  test('named devices are told from those of others, and signatures from those on other devices', async () => {
    await using storage = await open()
    await storage.write(async (tx) => {
      for (const [userId, deviceId] of [
        [ALICE, 'A'],
        [ALICE, 'B'],
        [BOB, 'A'],
      ] as const) {
        await tx.devices.ensure(userId, deviceId, `${deviceId}'s`, 1)
        await tx.deviceKeys.set(userId, deviceId, `{"of":"${userId} ${deviceId}"}`)
      }
      await tx.crossSigning.set({ userId: ALICE, usage: 'master', publicKey: 'MASTER', key: '{}' })
      await tx.crossSigning.addSignatures(
        [
          [ALICE, 'A'],
          [ALICE, 'B'],
          [ALICE, 'MASTER'],
          [BOB, 'MASTER'],
        ].map(([signer, targetId]) => ({
          targetUserId: ALICE,
          targetId: targetId!,
          signerUserId: signer as UserId,
          signerKeyId: 'ed25519:x',
          signature: 's',
        })),
      )
    })
    const { devices, deviceKeys, crossSigning } = storage.read

    const wanted = [
      { userId: ALICE, deviceId: 'B' },
      { userId: BOB, deviceId: 'A' },
      { userId: BOB, deviceId: 'B' },
    ]
    const found = await devices.existing(wanted)
    assert.deepEqual(
      found.toSorted((a, b) => (a.userId < b.userId ? -1 : 1)),
      wanted.slice(0, 2),
    )
    assert.deepEqual(await devices.existing([]), [])
    assert.deepEqual(
      await deviceKeys.listNamed([
        { userId: ALICE, deviceId: 'B' },
        { userId: ALICE, deviceId: 'C' },
      ]),
      [{ userId: ALICE, deviceId: 'B', keys: '{"of":"@alice:test B"}', displayName: "B's" }],
    )
    const signed = await crossSigning.signaturesOn(BOB, [
      { targetUserId: ALICE, targetId: 'B' },
      { targetUserId: ALICE, targetId: 'MASTER' },
    ])
    assert.deepEqual(signed.map(({ signerUserId, targetId }) => `${signerUserId} ${targetId}`).toSorted(), [
      '@alice:test B',
      '@alice:test MASTER',
      '@bob:test MASTER',
    ])
  })
})
