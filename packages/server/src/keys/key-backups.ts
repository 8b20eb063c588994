import type { UserId } from '@ranvier/protocol/ids/brands'
import type { JsonObject } from '@ranvier/protocol/json'
import type { KeyBackup, Storage } from '@ranvier/storage'
import type { Clock } from '../clock.ts'
import { invalidParam, notFound } from '../errors.ts'
import { enqueueDeletion } from './delete-backup-job.ts'

/** What a backup is encrypted with. */
export interface BackupConfig {
  algorithm: string
  authData: JsonObject
}

/** Versions of a user's backup of room keys. Versions are opaque texts to clients. Spec: CS API §Server-side key backups */
export interface KeyBackups {
  /** Begins a new backup, which becomes the current one; its version. */
  create(userId: UserId, config: BackupConfig): Promise<string>
  /** The current one. 404 `M_NOT_FOUND` if there is none. */
  current(userId: UserId): Promise<KeyBackup>
  /** 404 for an unknown or deleted version. */
  get(userId: UserId, version: string): Promise<KeyBackup>
  /** Changes `authData`. 400 for another algorithm, 404 for an unknown version. */
  update(userId: UserId, version: string, config: BackupConfig): Promise<void>
  /** Deletes a version with all its keys. 404 if it never was; one that is deleted is deleted. */
  delete(userId: UserId, version: string): Promise<void>
}

export function keyBackups({
  storage,
  clock,
}: {
  storage: Pick<Storage, 'read' | 'write'>
  clock: Clock
}): KeyBackups {
  return {
    async create(userId, { algorithm, authData }) {
      const text = JSON.stringify(authData)
      return String(await storage.write((tx) => tx.keyBackups.create(userId, algorithm, text)))
    },
    async current(userId) {
      const backup = await storage.read.keyBackups.newest(userId)
      if (backup === undefined) throw notFound('Current backup version')
      return backup
    },
    get: (userId, version) => getBackup(storage.read.keyBackups, userId, version),
    async update(userId, version, { algorithm, authData }) {
      await storage.write(async (tx) => {
        const backup = await getBackup(tx.keyBackups, userId, version)
        if (backup.algorithm !== algorithm) throw invalidParam('Algorithm does not match')
        await tx.keyBackups.setAuthData(userId, backup.version, JSON.stringify(authData))
      })
    },
    async delete(userId, version) {
      const number = parseVersion(version)
      await storage.write(async (tx) => {
        if (number === undefined || !(await tx.keyBackups.isKnown(userId, number))) throw unknownVersion()
        if (await tx.keyBackups.markDeleted(userId, number))
          await enqueueDeletion(tx, { userId, version: number }, clock.nowMs())
      })
    },
  }
}

/** 404 `M_NOT_FOUND` for an unknown or deleted version. */
export async function getBackup(
  backups: Pick<Storage['read']['keyBackups'], 'find'>,
  userId: UserId,
  version: string,
): Promise<KeyBackup> {
  const number = parseVersion(version)
  const backup = number === undefined ? undefined : await backups.find(userId, number)
  if (backup === undefined) throw unknownVersion()
  return backup
}

function parseVersion(version: string): number | undefined {
  return /^[1-9][0-9]{0,14}$/.test(version) ? Number(version) : undefined
}

const unknownVersion = () => notFound('Backup version')
