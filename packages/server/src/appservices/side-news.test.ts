import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { ReceiptRow } from '@ranvier/storage'
import type { Appservice } from './appservice.ts'
import { Interest } from './interest.ts'
import { SideNews, type SideNewsParts } from './side-news.ts'

const ROOM = '!room:test' as RoomId

test('what a transaction was not made of comes with the next, with what is newer in its place', async () => {
  const appservice = {
    id: 'irc',
    sender: '@irc:test' as UserId,
    rooms: [{ pattern: /./, exclusive: false }],
    receivesEphemeral: true,
  } as unknown as Appservice
  let fails = true
  const typing = {
    usersIn: (): UserId[] => {
      if (fails) throw new Error('nobody knows')
      return ['@carol:test' as UserId]
    },
  }
  // With every room its own, and no messages to devices, it asks nothing else.
  const parts = { typing } as unknown as SideNewsParts
  const news = new SideNews(parts, appservice, new Interest(parts.storage, appservice))
  const receipt = (eventId: string, ts: number) => {
    const detail = { roomId: ROOM, userId: '@carol:test', threadId: null, type: 'm.read', eventId, ts }
    const row = detail as unknown as ReceiptRow
    news.note([{ stream: 'receipts', position: ts, key: ROOM, change: 'receipt', detail: row }])
  }
  news.noteTyping(ROOM)
  receipt('$old', 1)

  await assert.rejects(news.take([]), /nobody knows/)
  receipt('$new', 2)
  news.giveBack()
  fails = false
  assert.ok(news.hasNews)
  const { text } = await news.take([])

  assert.match(text, /"type":"m.typing","room_id":"!room:test","content":{"user_ids":\["@carol:test"\]}/)
  assert.match(text, /\$new/)
  assert.doesNotMatch(text, /\$old/)
  assert.ok(!news.hasNews)
})
