import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBase64, encodeBase64, unpadded } from './base64.ts'

test('the examples of the specification come out unpadded', () => {
  const examples = {
    '': '',
    f: 'Zg',
    fo: 'Zm8',
    foo: 'Zm9v',
    foob: 'Zm9vYg',
    fooba: 'Zm9vYmE',
    foobar: 'Zm9vYmFy',
  }
  for (const [plain, encoded] of Object.entries(examples))
    assert.equal(encodeBase64(Buffer.from(plain)), encoded)
})

test('padding is accepted and not produced', () => {
  assert.deepEqual(decodeBase64('Zg=='), Buffer.from('f'))
  assert.deepEqual(decodeBase64('Zg'), Buffer.from('f'))
  assert.equal(unpadded('Zg=='), 'Zg')
})

test('what is not standard base64 is refused', () => {
  for (const text of ['Z', 'Zg===', 'Z=g', 'Zm9v\n', 'a-_b', 'ZZZZZ', 'é'])
    assert.equal(decodeBase64(text), undefined, text)
})

test('bytes survive the round trip, also those of a part of a buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(5), (bytes, skip) => {
      const part = bytes.subarray(skip)

      assert.deepEqual(new Uint8Array(decodeBase64(encodeBase64(part))!), new Uint8Array(part))
    }),
  )
})
