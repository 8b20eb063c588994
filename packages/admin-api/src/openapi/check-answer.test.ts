import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerProblems, findOperation } from './check-answer.ts'

test('operations are found by method and path', () => {
  assert.equal(findOperation('GET', '/_synapse/admin/v2/users/@a:b'), 'getUser')
  assert.equal(findOperation('PUT', '/_synapse/admin/v2/users/@a:b'), 'putUser')
  assert.equal(findOperation('GET', '/_synapse/admin/v2/users/@a:b/devices'), 'listDevices')
  assert.equal(findOperation('POST', '/_synapse/admin/v2/users/@a:b'), undefined)
})

test('an answer as described has no problems', () => {
  assert.deepEqual(answerProblems('getAdminFlag', 200, { admin: true }), [])
  assert.deepEqual(answerProblems('getAdminFlag', 403, { errcode: 'M_FORBIDDEN', error: '' }), [])
  assert.deepEqual(answerProblems('listMemberships', 200, { memberships: { '!a:b': 'join' } }), [])
})

test('wrong types, members too few and too many, other statuses and errcodes are problems', () => {
  assert.equal(answerProblems('getAdminFlag', 200, { admin: 1 }).length, 1)
  assert.equal(answerProblems('getAdminFlag', 200, {}).length, 1)
  assert.deepEqual(answerProblems('getAdminFlag', 200, { admin: true, more: 1 }), [
    'getAdminFlag: /more is not described',
  ])
  assert.equal(answerProblems('getAdminFlag', 201, { admin: true }).length, 1)
  assert.equal(answerProblems('getAdminFlag', 400, { errcode: 'M_BAD_JSON', error: '' }).length, 1)
  const [missing, extra] = answerProblems('findUserByThreepid', 200, { colour: 'red' })
  assert.match(missing!, /user_id/)
  assert.equal(extra, 'findUserByThreepid: /colour is not described')
})
