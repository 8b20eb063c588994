import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errcodes, isErrcode } from './errcode.ts'

// Unstable codes carry the number of their proposal.
test('every code is listed once, in the form the specification uses', () => {
  assert.equal(new Set(errcodes).size, errcodes.length)
  for (const code of errcodes)
    assert.match(code, /^((IO\.ELEMENT\.MSC\d+\.)?M_[A-Z_]+|(ORG_MATRIX|IO_ELEMENT)_[A-Z0-9_]+)$/)
})

test('codes of other servers are told from known ones', () => {
  assert.equal(isErrcode('M_FORBIDDEN'), true)
  for (const value of ['M_MADE_UP', 'forbidden', '', undefined, 403]) assert.equal(isErrcode(value), false)
})
