import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UserId } from '@ranvier/protocol/ids/brands'
import { databaseMatrix } from '@ranvier/testkit/databases'
import fc from 'fast-check'
import { openStorage } from '../../open.ts'
import type { KeyClaim } from './one-time-keys.ts'

const ALGORITHMS = ['signed_curve25519', 'other'] as const
const DEVICES = ['A', 'B'] as const

/** One round: what is uploaded first, and then claimed all at once, in requests of one or more claims. */
interface Round {
  uploads: { device: string; algorithm: string; count: number }[]
  fallbacks: { device: string; algorithm: string }[]
  requests: { device: string; algorithm: string }[][]
}

const place = { device: fc.constantFrom(...DEVICES), algorithm: fc.constantFrom(...ALGORITHMS) }
const rounds: fc.Arbitrary<Round[]> = fc.array(
  fc.record({
    uploads: fc.array(fc.record({ ...place, count: fc.integer({ min: 1, max: 8 }) }), { maxLength: 4 }),
    fallbacks: fc.array(fc.record(place), { maxLength: 2 }),
    requests: fc.array(fc.array(fc.record(place), { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
  }),
  { minLength: 1, maxLength: 4 },
)

/** What a device has of one algorithm: the key ids of each upload that are left, oldest upload first. */
interface Shelf {
  batches: Set<string>[]
  fallback: string | undefined
}

databaseMatrix((open, dialect) => {
  test('whatever is uploaded and claimed at once, each one-time key goes to one and the oldest go first', async () => {
    const options = await open.options()
    await using first = await openStorage(options)
    // A second process, where the database can have one.
    await using second = dialect === 'postgres' ? await openStorage(options) : null
    const processes = [first, second ?? first]
    let user = 0
    const property = async (history: Round[]) => {
      const userId = `@user${user++}:test` as UserId
      const shelves = new Map<string, Shelf>()
      const shelf = (device: string, algorithm: string): Shelf => {
        const name = `${device} ${algorithm}`
        const known = shelves.get(name) ?? { batches: [], fallback: undefined }
        shelves.set(name, known)
        return known
      }
      let serial = 0
      const newKey = (algorithm: string) => {
        const keyId = String(serial++).padStart(4, '0')
        return { algorithm, keyId, key: `{"key":"${keyId}"}` }
      }
      for (const { uploads, fallbacks, requests } of history) {
        for (const { device, algorithm, count } of uploads) {
          const keys = Array.from({ length: count }, () => newKey(algorithm))
          await first.write((tx) => tx.oneTimeKeys.add(userId, device, keys))
          shelf(device, algorithm).batches.push(new Set(keys.map((key) => key.keyId)))
        }
        for (const { device, algorithm } of fallbacks) {
          const key = newKey(algorithm)
          await first.write((tx) => tx.oneTimeKeys.setFallback(userId, device, key))
          shelf(device, algorithm).fallback = key.keyId
        }

        const given = await Promise.all(
          requests.map((request, i) => {
            const claims = request.map(
              ({ device, algorithm }): KeyClaim => ({ userId, deviceId: device, algorithm }),
            )
            return processes[i % 2]!.write((tx) => tx.oneTimeKeys.claim(claims))
          }),
        )

        const got = new Map<string, string[]>()
        requests.forEach((request, i) => {
          request.forEach(({ device, algorithm }, j) => {
            const key = given[i]![j]
            if (key !== undefined) assert.equal(key.algorithm, algorithm)
            const name = `${device} ${algorithm}`
            got.set(name, [...(got.get(name) ?? []), key?.keyId ?? 'none'])
          })
        })
        for (const [name, keyIds] of got) {
          const [device, algorithm] = name.split(' ') as [string, string]
          takeFrom(shelf(device, algorithm), keyIds)
        }
      }
      for (const device of DEVICES) {
        const counts = await first.read.oneTimeKeys.counts(userId, device)
        for (const algorithm of ALGORITHMS) {
          const left = shelf(device, algorithm).batches.reduce((sum, batch) => sum + batch.size, 0)
          assert.equal(counts[algorithm] ?? 0, left)
        }
      }
    }
    await fc.assert(fc.asyncProperty(rounds, property), { numRuns: 25 })
  })
})

/** Takes what was given out at once: all of the oldest uploads before any of a newer one, then the fallback key. */
function takeFrom(shelf: Shelf, keyIds: readonly string[]): void {
  const left = new Set(keyIds)
  const oneTime = keyIds.filter((keyId) => keyId !== shelf.fallback && keyId !== 'none')
  assert.equal(new Set(oneTime).size, oneTime.length, 'a key was given out twice')
  let wanted = keyIds.length
  for (const batch of shelf.batches) {
    const taken = [...batch].filter((keyId) => left.has(keyId))
    assert.equal(taken.length, Math.min(batch.size, wanted), 'a newer key went before an older one')
    wanted -= taken.length
    for (const keyId of taken) batch.delete(keyId)
  }
  assert.equal(oneTime.length, keyIds.length - wanted, 'a key was given out that there is not')
  const rest = keyIds.filter((keyId) => keyId === (shelf.fallback ?? 'none'))
  assert.equal(rest.length, wanted, 'the fallback key is for when nothing is left')
}
