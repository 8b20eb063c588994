import type { RoomId, UserId } from '@ranvier/protocol/ids/brands'
import type { BackupSession, KeyBackup, SessionRank, Storage, Transaction } from '@ranvier/storage'
import { notFound, wrongRoomKeysVersion } from '../errors.ts'
import { getBackup } from './key-backups.ts'

/** The keys in a backup. Every verb throws 404 `M_NOT_FOUND` for an unknown or deleted version. */
export interface BackupSessions {
  /**
   * Stores keys; one that is not better than what is kept is passed over. The backup as it is then. 403
   * `M_WRONG_ROOM_KEYS_VERSION` unless it is the current one.
   */
  put(userId: UserId, version: string, sessions: readonly BackupSession[]): Promise<KeyBackup>
  /** 404 also if there is no such key. */
  get(userId: UserId, version: string, roomId: RoomId, sessionId: string): Promise<BackupSession>
  /** The keys of one room, or with null of all rooms, in the order of rooms and piece by piece. */
  list(userId: UserId, version: string, roomId: RoomId | null): Promise<AsyncIterable<BackupSession[]>>
  /** Deletes one key, the keys of a room, or all: what is null is any. The backup as it is then. */
  delete(
    userId: UserId,
    version: string,
    which: { roomId: RoomId | null; sessionId: string | null },
  ): Promise<KeyBackup>
}

const SESSIONS_PER_STEP = 500

export function backupSessions({ storage }: { storage: Pick<Storage, 'read' | 'write'> }): BackupSessions {
  const { read } = storage
  return {
    async put(userId, version, sessions) {
      let at = 0
      let backup: KeyBackup
      // At least once: a wrong version is told of also when there is nothing to store.
      do {
        const batch = sessions.slice(at, at + SESSIONS_PER_STEP)
        backup = await storage.write((tx) => putBatch(tx, userId, version, batch))
        at += SESSIONS_PER_STEP
      } while (at < sessions.length)
      return backup
    },

    async get(userId, version, roomId, sessionId) {
      const backup = await getBackup(read.keyBackups, userId, version)
      const session = await read.backupSessions.find(userId, backup.version, roomId, sessionId)
      if (session === undefined) throw notFound('Key')
      return session
    },

    async list(userId, version, roomId) {
      const backup = await getBackup(read.keyBackups, userId, version)
      return roomId === null
        ? pages((last) => readPage(userId, backup.version, last))
        : pages((last) => readRoomPage(userId, backup.version, roomId, last))
    },

    async delete(userId, version, { roomId, sessionId }) {
      for (;;) {
        const { backup, isDone } = await storage.write((tx) =>
          deleteBatch(tx, userId, version, { roomId, sessionId }),
        )
        if (isDone) return backup
      }
    },
  }

  function readPage(userId: UserId, version: number, last: BackupSession | undefined) {
    const after = last ?? { roomId: '', sessionId: '' }
    return read.backupSessions.page(userId, version, { after, limit: SESSIONS_PER_STEP })
  }

  function readRoomPage(userId: UserId, version: number, roomId: RoomId, last: BackupSession | undefined) {
    const range = { afterSessionId: last?.sessionId ?? '', limit: SESSIONS_PER_STEP }
    return read.backupSessions.pageOfRoom(userId, version, roomId, range)
  }
}

async function* pages(
  readPage: (last: BackupSession | undefined) => Promise<BackupSession[]>,
): AsyncGenerator<BackupSession[]> {
  let last: BackupSession | undefined
  for (;;) {
    const page = await readPage(last)
    if (page.length > 0) yield page
    if (page.length < SESSIONS_PER_STEP) return
    last = page.at(-1)
  }
}

async function putBatch(
  tx: Transaction,
  userId: UserId,
  version: string,
  sessions: readonly BackupSession[],
): Promise<KeyBackup> {
  const backup = await lockBackup(tx, userId, version)
  const current = await tx.keyBackups.newest(userId)
  if (current !== undefined && current.version !== backup.version)
    throw wrongRoomKeysVersion(String(current.version))
  const better: BackupSession[] = []
  let added = 0
  for (const [roomId, ofRoom] of Map.groupBy(sessions, (session) => session.roomId)) {
    const ids = ofRoom.map((session) => session.sessionId)
    const kept = new Map(
      (await tx.backupSessions.ranks(userId, backup.version, roomId, ids)).map((rank) => [
        rank.sessionId,
        rank,
      ]),
    )
    for (const session of ofRoom) {
      const old = kept.get(session.sessionId)
      if (old === undefined) added++
      if (old === undefined || isBetter(session, old)) better.push(session)
    }
  }
  if (better.length === 0) return backup
  await tx.backupSessions.put(userId, backup.version, better)
  return tx.keyBackups.recordChange(userId, backup.version, added)
}

/** Spec: CS API §Server-side key backups, Backup algorithm: which of two keys of a session is kept. */
function isBetter(key: SessionRank, than: SessionRank): boolean {
  if (key.isVerified !== than.isVerified) return key.isVerified
  if (key.firstMessageIndex !== than.firstMessageIndex) return key.firstMessageIndex < than.firstMessageIndex
  return key.forwardedCount < than.forwardedCount
}

async function deleteBatch(
  tx: Transaction,
  userId: UserId,
  version: string,
  { roomId, sessionId }: { roomId: RoomId | null; sessionId: string | null },
): Promise<{ backup: KeyBackup; isDone: boolean }> {
  const backup = await lockBackup(tx, userId, version)
  let deleted: number
  if (roomId !== null && sessionId !== null)
    deleted = (await tx.backupSessions.delete(userId, backup.version, roomId, sessionId)) ? 1 : 0
  else
    deleted = await tx.backupSessions.deleteSome(userId, backup.version, { roomId, limit: SESSIONS_PER_STEP })
  if (deleted === 0) return { backup, isDone: true }
  return {
    backup: await tx.keyBackups.recordChange(userId, backup.version, -deleted),
    isDone: deleted < SESSIONS_PER_STEP,
  }
}

/** The backup, which nobody else changes while this transaction lasts. */
async function lockBackup(tx: Transaction, userId: UserId, version: string): Promise<KeyBackup> {
  const found = await getBackup(tx.keyBackups, userId, version)
  return (await tx.keyBackups.lock(userId, found.version)) ?? getBackup(tx.keyBackups, userId, version)
}
