import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, checkConfig } from './problems.ts'
import { resolveAutoJoin, resolvePowerLevels } from './room-defaults.ts'
import { parseDurationMs } from './units.ts'

const raw = (settings: Record<string, unknown>) => checkConfig({ server_name: 'test', ...settings }).raw
const problem = (pattern: RegExp) => (error: unknown) =>
  error instanceof ConfigError && pattern.test(error.message)

test('rooms everybody joins are named by aliases, and private ones need somebody who invites', () => {
  const autoJoin = (settings: Record<string, unknown>) => resolveAutoJoin(raw(settings))

  assert.deepEqual(autoJoin({ auto_join_rooms: ['#a:test', '#b:other'] }), ['#a:test', '#b:other'])
  assert.throws(() => autoJoin({ auto_join_rooms: ['welcome'] }), problem(/auto_join_rooms: "welcome"/))
  const closed = { auto_join_rooms: ['#a:test'], autocreate_auto_join_room_preset: 'private_chat' }
  assert.throws(() => autoJoin(closed), problem(/^auto_join_mxid_localpart: is needed/))
  assert.deepEqual(autoJoin({ ...closed, auto_join_mxid_localpart: 'system' }), ['#a:test'])
  assert.deepEqual(autoJoin({ ...closed, autocreate_auto_join_rooms: false }), ['#a:test'])
  assert.deepEqual(autoJoin({ autocreate_auto_join_room_preset: 'private_chat' }), [])
})

test('power levels are given by preset, as what can stand in an event', () => {
  const levels = { events: { 'm.room.topic': 0 } }
  assert.deepEqual(resolvePowerLevels({ public_chat: levels, private_chat: null }), { public_chat: levels })
  assert.throws(() => resolvePowerLevels({ public: {} }), problem(/override\.public: is not a preset/))
  assert.throws(() => resolvePowerLevels({ public_chat: 50 }), problem(/override\.public_chat: must be keys/))
  assert.throws(() => resolvePowerLevels({ public_chat: { ban: 1.5 } }), problem(/whole numbers/))
})

test('without a period redacted events are kept seven days, with null for ever', () => {
  const years = (period: unknown) =>
    parseDurationMs(raw({ redaction_retention_period: period }).redaction_retention_period)! /
    (365 * 86_400_000)
  assert.ok(Math.abs(years(undefined) - 7 / 365) < 0.001)
  assert.equal(years('1y'), 1)
  assert.ok(years(null) > 1_000)
})
