import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerReader } from './answer-reader.ts'

/** The answer in pieces of `size` bytes: what was read, and whether it was complete with the last piece and not before. */
function readInPieces(text: string, size: number, keepsBody = true) {
  const bytes = Buffer.from(text)
  const reader = new AnswerReader()
  reader.begin(keepsBody)
  const ends: boolean[] = []
  for (let at = 0; at < bytes.length; at += size) ends.push(reader.read(bytes.subarray(at, at + size)))
  return { reader, isRight: ends.pop() === true && !ends.includes(true) }
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'

const ANSWERS: [string, string, string][] = [
  ['a length', `${HEAD}Content-Length: 11\r\n\r\n{"a":"bäc"}`.replace('11', '12'), '{"a":"bäc"}'],
  ['no bytes', `${HEAD}content-length: 0\r\n\r\n`, ''],
  [
    'chunks',
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\nA;x=y\r\n":"\r\n12345\r\n2\r\n"}\r\n0\r\n\r\n`,
    '{"a":"\r\n12345"}',
  ],
  ['a trailer', `${HEAD}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 1\r\n\r\n`, '{}'],
  ['a head before', `HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n${HEAD}content-length: 2\r\n\r\n{}`, '{}'],
]

for (const [name, text, body] of ANSWERS)
  test(`an answer with ${name} is read in one piece and in any number of them`, () => {
    for (const size of [1, 2, 3, 7, 50, 1_000]) {
      const { reader, isRight } = readInPieces(text, size)
      assert.ok(isRight, `${size} bytes at a time`)
      assert.deepEqual([reader.status, reader.body.toString(), reader.isKept], [200, body, true])
    }
  })

test('one answer follows another', () => {
  const reader = new AnswerReader()
  for (const body of ['{"n":1}', '{}']) {
    reader.begin(true)
    assert.ok(reader.read(Buffer.from(`${HEAD}content-length: ${body.length}\r\n\r\n${body}`)))
    assert.equal(reader.body.toString(), body)
  }
})

test('a body that nobody looks at is not kept, but that of a failure is', () => {
  assert.equal(readInPieces(`${HEAD}content-length: 2\r\n\r\n{}`, 5, false).reader.body.length, 0)
  const failed = readInPieces('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\n{}', 5, false)
  assert.deepEqual([failed.reader.status, failed.reader.body.toString()], [403, '{}'])
})

test('without a length the end of the connection is the end of the answer', () => {
  const { reader, isRight } = readInPieces(`${HEAD}Connection: close\r\n\r\n{}`, 4)
  assert.deepEqual([isRight, reader.isKept, reader.end(), reader.body.toString()], [false, false, true, '{}'])
  assert.equal(readInPieces(`${HEAD}content-length: 9\r\n\r\n{}`, 4).reader.end(), false)
})
