import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { Pusher, RoomRow } from '@ranvier/storage'
import type { Config, MailConfig } from '../../config/config.ts'
import { fillIn } from '../../config/fill-in.ts'
import { type Block, link, type Mail, renderBlocks, say } from '../../mail/mail.ts'
import type { DueNotification } from './find-due.ts'
import type { HttpPusherParts } from './http-pusher.ts'
import { unsubscribeUrl } from './unsubscribe.ts'

/** What mails about events need to know of the configuration. */
export interface NotificationMails {
  config: Pick<MailConfig, 'appName' | 'clientBaseUrl' | 'notifications'>
  /** Ends with `/`. */
  publicBaseUrl: string
  /** Links to unsubscribe are signed with it. */
  secret: string
}

/** null where no mail about events is sent. */
export function notificationMails({ mail, publicBaseUrl, secrets }: Config): NotificationMails | null {
  return mail?.notifications.enabled ? { config: mail, publicBaseUrl, secret: secrets.macaroon } : null
}

type Parts = Pick<HttpPusherParts, 'storage' | 'contexts' | 'includeContent'> & { mails: NotificationMails }

const MAX_ROOMS = 20
const MAX_MESSAGES_PER_ROOM = 20
const MAX_BODY_CHARS = 500
const MATRIX_TO = 'https://matrix.to'

interface RoomPart {
  roomId: RoomId
  /** null: it is known by who writes in it. */
  name: string | null
  messages: { who: string; when: string; text: string; isInvite: boolean }[]
  more: number
  isSpace: boolean
}

/** A mail about events the user has not read. The room of `reason` comes first. */
export async function notificationMail(
  parts: Parts,
  about: {
    pusher: Pusher
    reason: DueNotification
    notifications: readonly DueNotification[]
    unreadCount: number
  },
): Promise<Mail> {
  const { config } = parts.mails
  const { pusher, reason, notifications, unreadCount } = about
  const rooms = await roomParts(parts, pusher.userId, [reason, ...notifications])
  const unsubscribe = unsubscribeUrl(parts.mails, pusher)
  const subject = subjectOf(config, rooms)
  const blocks: Block[] = [
    say(`You have ${unreadCount === 1 ? 'one unread notification' : `${unreadCount} unread notifications`}.`),
    ...rooms.slice(0, MAX_ROOMS).flatMap((room) => roomBlocks(config.clientBaseUrl, room)),
    ...(rooms.length > MAX_ROOMS ? [say(`… and ${rooms.length - MAX_ROOMS} more rooms`)] : []),
    link('Send me no more of these', unsubscribe),
  ]
  return {
    to: pusher.pushkey,
    subject,
    ...renderBlocks(subject, blocks, config.appName),
    // RFC 8058: mail programs show a button of their own.
    headers: {
      'List-Unsubscribe': `<${unsubscribe}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
  }
}

async function roomParts(
  parts: Parts,
  userId: UserId,
  notifications: readonly DueNotification[],
): Promise<RoomPart[]> {
  const rooms = new Map<RoomId, RoomPart>()
  const seen = new Set<number>()
  for (const { loaded } of notifications.toSorted(byRoomThenTime(notifications[0]!))) {
    const { roomId, nid, sender, type, stateKey, originServerTs } = loaded.row
    if (seen.has(nid)) continue
    seen.add(nid)
    let room = rooms.get(roomId)
    if (room === undefined) {
      const row = await parts.storage.read.rooms.findRoom(roomId)
      room = { roomId, name: nameOf(row), messages: [], more: 0, isSpace: row?.roomType === 'm.space' }
      rooms.set(roomId, room)
    }
    if (room.messages.length === MAX_MESSAGES_PER_ROOM) {
      room.more++
      continue
    }
    room.messages.push({
      who: (await parts.contexts.displayName(roomId, sender)) ?? sender,
      when: `${new Date(originServerTs).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
      text: textOf(loaded.event.content, type, parts.includeContent),
      isInvite: type === 'm.room.member' && stateKey === userId,
    })
  }
  return [...rooms.values()]
}

/** The room of `first` before all others; within a room by time. */
function byRoomThenTime(first: DueNotification): (a: DueNotification, b: DueNotification) => number {
  const rank = ({ loaded }: DueNotification) => (loaded.row.roomId === first.loaded.row.roomId ? 0 : 1)
  return (a, b) => rank(a) - rank(b) || (a.loaded.row.position ?? 0) - (b.loaded.row.position ?? 0)
}

const nameOf = (row: RoomRow | undefined): string | null => row?.name ?? row?.canonicalAlias ?? null

function textOf(content: Readonly<Record<string, unknown>>, type: string, includeContent: boolean): string {
  if (type === 'm.room.member') return 'has invited you'
  if (type === 'm.room.encrypted') return 'an encrypted message'
  const body = content['body']
  if (!includeContent || typeof body !== 'string') return 'a message'
  return body.length > MAX_BODY_CHARS ? `${body.slice(0, MAX_BODY_CHARS)}…` : body
}

function roomBlocks(clientBaseUrl: string, { roomId, name, messages, more }: RoomPart): Block[] {
  const title = name ?? messages[0]?.who ?? roomId
  return [
    { kind: 'heading', text: title, url: roomUrl(clientBaseUrl, roomId) },
    { kind: 'messages', messages },
    ...(more > 0 ? [say(`… and ${more} more`)] : []),
  ]
}

/** Synapse: `email.client_base_url`. matrix.to has no `/room/` in its links. */
function roomUrl(clientBaseUrl: string, roomId: RoomId): string {
  const room = encodeURIComponent(roomId)
  return clientBaseUrl === MATRIX_TO ? `${MATRIX_TO}/#/${room}` : `${clientBaseUrl}/#/room/${room}`
}

/** Synapse: `email.subjects`. */
function subjectOf(config: NotificationMails['config'], rooms: readonly RoomPart[]): string {
  const { subjects } = config.notifications
  const [first] = rooms
  const latest = first?.messages[0]
  if (first === undefined || latest === undefined) return config.appName
  const person = latest.who
  const room = first.name ?? ''
  const fill = (subject: string) => oneLine(fillIn(subject, { person, room, space: room }))
  if (rooms.length > 1)
    return fill(first.name === null ? subjects.messagesFromPersonAndOthers : subjects.messagesInRoomAndOthers)
  if (latest.isInvite) {
    if (first.name === null) return fill(subjects.inviteFromPerson)
    return fill(first.isSpace ? subjects.inviteFromPersonToSpace : subjects.inviteFromPersonToRoom)
  }
  const isOne = first.messages.length === 1
  if (first.name === null) return fill(isOne ? subjects.messageFromPerson : subjects.messagesFromPerson)
  return fill(isOne ? subjects.messageFromPersonInRoom : subjects.messagesInRoom)
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 200)
