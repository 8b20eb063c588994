import { Readable } from 'node:stream'
import type { BackupSession } from '@ranvier/storage'
import { bytes, type HttpAnswer, JSON_TYPE } from '../../answer.ts'

/** The key as JSON text. */
export function sessionText(session: BackupSession): string {
  const { firstMessageIndex, forwardedCount, isVerified, sessionData } = session
  return `{"first_message_index":${firstMessageIndex},"forwarded_count":${forwardedCount},"is_verified":${isVerified},"session_data":${sessionData}}`
}

/** `{"sessions":{…}}`, sent as it is read: a backup may be larger than memory should be. */
export function roomSessionsAnswer(pages: AsyncIterable<BackupSession[]>): HttpAnswer {
  return streamed(roomSessionsText(pages))
}

/** `{"rooms":{…}}`, sent as it is read. Sessions of one room come one after another. */
export function allSessionsAnswer(pages: AsyncIterable<BackupSession[]>): HttpAnswer {
  return streamed(allSessionsText(pages))
}

function streamed(text: AsyncGenerator<string>): HttpAnswer {
  return bytes(Readable.from(text, { objectMode: false }), { 'content-type': JSON_TYPE })
}

async function* roomSessionsText(pages: AsyncIterable<BackupSession[]>): AsyncGenerator<string> {
  let separator = '{"sessions":{'
  for await (const page of pages) {
    yield separator + page.map(memberText).join(',')
    separator = ','
  }
  yield separator === ',' ? '}}' : '{"sessions":{}}'
}

async function* allSessionsText(pages: AsyncIterable<BackupSession[]>): AsyncGenerator<string> {
  yield '{"rooms":{'
  let roomId: string | undefined
  for await (const page of pages) {
    let text = ''
    for (const session of page) {
      if (session.roomId === roomId) text += ','
      else {
        if (roomId !== undefined) text += '}},'
        roomId = session.roomId
        text += `${JSON.stringify(roomId)}:{"sessions":{`
      }
      text += memberText(session)
    }
    yield text
  }
  yield roomId === undefined ? '}}' : '}}}}'
}

function memberText(session: BackupSession): string {
  return `${JSON.stringify(session.sessionId)}:${sessionText(session)}`
}
