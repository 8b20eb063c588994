import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { SqliteDatabase } from '@ranvier/storage/db/sqlite'
import { serverMatrix } from '@ranvier/testkit'
import { findInconsistencies } from './database.ts'
import { type Operation, readOperations } from './document.ts'
import type { FuzzRequest } from './generate.ts'
import { findFault } from './oracle.ts'

const getFlag = readOperations().find(({ id }) => id === 'getAdminFlag') as Operation
const administrator = { name: 'administrator', headers: [], query: '', refusal: undefined, mayBeGone: false }
const nobody = { ...administrator, name: 'nobody', refusal: { status: 401, errcode: 'M_MISSING_TOKEN' } }

function faultOf(status: number, answer: unknown, changes: Partial<FuzzRequest> = {}): string | undefined {
  const request = {
    method: 'GET',
    path: '/x',
    headers: [],
    body: undefined,
    caller: administrator,
    ...changes,
  }
  return findFault(getFlag, request, { status, text: JSON.stringify(answer) })
}

const error = (errcode: unknown, text: unknown = 'Because') => ({ errcode, error: text })

test('an answer that is as documented has no fault', () => {
  assert.equal(faultOf(200, { admin: false }), undefined)
  assert.equal(faultOf(400, error('M_INVALID_PARAM')), undefined)
  assert.equal(faultOf(401, error('M_MISSING_TOKEN'), { caller: nobody }), undefined)
})

test('an answer that is not as documented has a fault', () => {
  assert.match(faultOf(500, error('M_UNKNOWN'))!, /500/)
  assert.match(faultOf(200, {})!, /lacks admin/)
  assert.match(faultOf(200, { admin: 1 })!, /not boolean/)
  assert.match(faultOf(404, error('M_NOT_FOUND'))!, /not documented/)
  assert.match(faultOf(400, error('M_TOO_LARGE'))!, /errcode is "M_TOO_LARGE"/)
  assert.match(faultOf(400, error(7))!, /without an errcode/)
  assert.match(faultOf(400, error('M_INVALID_PARAM', ''))!, /without an error text/)
})

test('who may not call is told so before anything else', () => {
  assert.match(faultOf(200, { admin: true }, { caller: nobody })!, /“nobody” with 200/)
  assert.match(faultOf(400, error('M_INVALID_PARAM'), { caller: nobody })!, /not 401 M_MISSING_TOKEN/)
  assert.match(faultOf(401, error('M_UNKNOWN_TOKEN'), { caller: nobody })!, /not 401 M_MISSING_TOKEN/)
  assert.match(faultOf(401, error('M_MISSING_TOKEN'))!, /refuses the administrator/)
})

serverMatrix((start, dialect) => {
  if (dialect !== 'sqlite') return
  let file: string
  before(async () => {
    const server = await start()
    await server.register('alice')
    await server.stop()
    assert.deepEqual(await findInconsistencies(server.storageOptions), [])
    file = (server.storageOptions as { file: string }).file
  })

  const problemsAfter = async (sql: string): Promise<string> => {
    {
      await using database = new SqliteDatabase(file)
      await database.transaction((db) => db.run(sql))
    }
    return (await findInconsistencies({ dialect: 'sqlite', file })).join('\n')
  }

  test('a number that is wrong and a row that is left over are found in the database', async () => {
    assert.match(await problemsAfter('UPDATE user_kinds SET accounts = accounts + 1'), /number of accounts/)
    assert.match(await problemsAfter('DELETE FROM devices'), /access_tokens has a row without its device/)
    assert.match(await problemsAfter('DELETE FROM users'), /access_tokens has a row without its account/)
  })
})
