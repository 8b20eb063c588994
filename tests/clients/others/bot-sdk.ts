import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createRequire, registerHooks } from 'node:module'
import { join } from 'node:path'
import { Client, type Ranvier } from '@ranvier/testkit'

/** What is used here of matrix-bot-sdk, which is not a dependency. */
interface BotClient extends NodeJS.EventEmitter {
  start(): Promise<void>
  stop(): void
  getUserId(): Promise<string>
  getJoinedRooms(): Promise<string[]>
  getJoinedRoomMembers(roomId: string): Promise<string[]>
  getRoomStateEvent(roomId: string, type: string, stateKey: string): Promise<Record<string, unknown>>
  getEvent(roomId: string, eventId: string): Promise<{ content: Record<string, unknown> }>
  getRelationsForEvent(
    roomId: string,
    eventId: string,
    relType: string,
  ): Promise<{ chunk: { type: string }[] }>
  getAccountData<T>(type: string): Promise<T>
  setAccountData(type: string, content: object): Promise<void>
  setPresenceStatus(presence: string, message: string): Promise<void>
  setDisplayName(name: string): Promise<void>
  createRoomAlias(alias: string, roomId: string): Promise<void>
  resolveRoom(alias: string): Promise<string>
  createSpace(
    options: object,
  ): Promise<{ addChildRoom(roomId: string): Promise<void>; getChildEntities(): Promise<object> }>
  userHasPowerLevelFor(userId: string, roomId: string, type: string, isState: boolean): Promise<boolean>
  setTyping(roomId: string, typing: boolean, timeoutMs: number): Promise<void>
  sendReadReceipt(roomId: string, eventId: string): Promise<void>
  sendMessage(roomId: string, content: object): Promise<string>
  sendEvent(roomId: string, type: string, content: object): Promise<string>
  replyNotice(roomId: string, event: object, text: string): Promise<string>
  redactEvent(roomId: string, eventId: string): Promise<string>
  uploadContent(data: Buffer, contentType: string, name: string): Promise<string>
  downloadContent(mxc: string): Promise<{ data: Buffer; contentType: string }>
  leaveRoom(roomId: string): Promise<void>
}
interface BotSdk {
  MatrixAuth: new (url: string) => { passwordLogin(user: string, password: string): Promise<BotClient> }
  MatrixClient: new (url: string, token: string, storage: object) => BotClient
  SimpleFsStorageProvider: new (file: string) => object
  AutojoinRoomsMixin: { setupOnClient(client: BotClient): void }
  LogService: { setLogger(logger: object): void }
}

/** The package without its native part, which the registry does not carry: the bot does not encrypt. */
function load(folder: string): BotSdk {
  const NATIVE = '@matrix-org/matrix-sdk-crypto-nodejs'
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === NATIVE ? { url: 'ranvier:no-crypto', shortCircuit: true } : next(specifier, context),
    load: (url, context, next) =>
      url === 'ranvier:no-crypto'
        ? { format: 'commonjs', source: 'module.exports = {}', shortCircuit: true }
        : next(url, context),
  })
  return createRequire(join(folder, 'package.json'))('matrix-bot-sdk') as BotSdk
}

/** The bot of the library's manual, which joins where it is invited and answers `!hello`, and what more bots do. */
export async function runBot(server: Ranvier, folder: string): Promise<void> {
  const sdk = load(folder)
  const quiet = () => {}
  sdk.LogService.setLogger({ info: quiet, warn: quiet, error: quiet, debug: quiet, trace: quiet })
  const account = await server.register('bot')
  const storage = new sdk.SimpleFsStorageProvider(join(server.folder, 'bot.json'))
  const bot = new sdk.MatrixClient(server.url, account.accessToken, storage)
  sdk.AutojoinRoomsMixin.setupOnClient(bot)
  const botId = await bot.getUserId()
  const failures: unknown[] = []
  bot.on('room.message', (roomId: string, event: { sender: string; content?: { body?: string } }) => {
    if (event.sender === botId || event.content?.body?.startsWith('!hello') !== true) return
    bot.replyNotice(roomId, event, 'Hello world!').catch((error: unknown) => failures.push(error))
  })
  await bot.start()
  const joined = once(bot, 'room.join')
  const alice = await Client.register(server.url, 'botherd')
  const roomId = await alice.createRoom({ invite: [botId], name: 'Bots' })
  await joined
  const answered = once(bot, 'room.event_answer')
  bot.on('room.message', (_room: string, event: { sender: string; event_id: string }) => {
    if (event.sender === botId) bot.emit('room.event_answer', event.event_id)
  })
  const asked = await alice.send(roomId, '!hello')
  const [answer] = (await answered) as [string]
  const reply = (await alice.event(roomId, answer)).content
  assert.deepEqual(reply['m.relates_to'], { 'm.in_reply_to': { event_id: asked } })
  assert.equal(reply['msgtype'], 'm.notice')

  await check(bot, alice, roomId, asked)
  bot.stop()
  assert.deepEqual(failures, [])
  console.log('matrix-bot-sdk: everything worked')
}

async function check(bot: BotClient, alice: Client, roomId: string, asked: string): Promise<void> {
  const botId = await bot.getUserId()
  await bot.setDisplayName('Robot')
  await bot.setPresenceStatus('online', 'beep')
  await bot.setTyping(roomId, true, 1_000)
  await bot.sendReadReceipt(roomId, asked)
  assert.deepEqual(await bot.getJoinedRooms(), [roomId])
  assert.deepEqual((await bot.getJoinedRoomMembers(roomId)).sort(), [alice.userId, botId].sort())
  assert.deepEqual(await bot.getRoomStateEvent(roomId, 'm.room.name', ''), { name: 'Bots' })
  assert.equal((await bot.getRoomStateEvent(roomId, 'm.room.member', botId))['displayname'], 'Robot')
  assert.equal(await bot.userHasPowerLevelFor(botId, roomId, 'm.room.name', true), false)
  await bot.setAccountData('org.example.bot', { remembers: [1, 2] })
  assert.deepEqual(await bot.getAccountData('org.example.bot'), { remembers: [1, 2] })

  const reaction = { 'm.relates_to': { rel_type: 'm.annotation', event_id: asked, key: '🤖' } }
  const reacted = await bot.sendEvent(roomId, 'm.reaction', reaction)
  const { chunk } = await bot.getRelationsForEvent(roomId, asked, 'm.annotation')
  assert.deepEqual(
    chunk.map((event) => event.type),
    ['m.reaction'],
  )
  await bot.redactEvent(roomId, reacted)
  assert.deepEqual((await bot.getEvent(roomId, reacted)).content, {})

  const data = Buffer.from([0, 1, 2, 255])
  const mxc = await bot.uploadContent(data, 'application/octet-stream', 'data.bin')
  assert.deepEqual(Buffer.from((await bot.downloadContent(mxc)).data), data)

  const space = await bot.createSpace({ name: 'Bots', isPublic: true, localpart: 'all-bots' })
  await space.addChildRoom(roomId)
  assert.deepEqual(Object.keys(await space.getChildEntities()), [roomId])
  const alias = `#bots:${botId.split(':')[1]}`
  await bot.createRoomAlias(alias, roomId)
  assert.equal(await bot.resolveRoom(alias), roomId)
  await bot.leaveRoom(roomId)
  assert.ok(!(await bot.getJoinedRooms()).includes(roomId))
}
