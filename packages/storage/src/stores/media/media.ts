import type { UserId } from '@ranvier/protocol/ids/brands'
import type { AuditNotes } from '../../audit/notes.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import { ConflictError } from '../../errors.ts'
import { type LocalMedia, listMediaOf, type MediaPage, type MediaRow, toLocalMedia } from './list.ts'
import { addUploaded } from './uploaders.ts'

/** A change of a file's quarantine, in the order they happened. */
export interface QuarantineChange {
  id: number
  mediaId: string
  quarantined: boolean
}

/** Files uploaded to this server. Those announced and not yet uploaded are in `MediaReservationReader`. */
export class MediaReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** The file with this id, quarantined or not. */
  async find(mediaId: string): Promise<LocalMedia | undefined> {
    const row = await this.db.get<MediaRow>('SELECT * FROM local_media WHERE media_id = ?', mediaId)
    return row && toLocalMedia(row)
  }

  async listOfUser(userId: string, page: MediaPage): Promise<LocalMedia[]> {
    return listMediaOf(this.db, userId, page, (await this.totalsOf(userId)).files)
  }

  /** How many files a user has uploaded, and their bytes together. Zeros for unknown users. */
  async totalsOf(userId: string): Promise<{ files: number; bytes: number }> {
    const sql = 'SELECT files, bytes FROM user_media_totals WHERE user_id = ?'
    const row = await this.db.get<{ files: number; bytes: number }>(sql, userId)
    return { files: row?.files ?? 0, bytes: row?.bytes ?? 0 }
  }

  /** Contents (SHA-256) of deleted files that may still be in the media store. */
  async listRemovals(limit: number): Promise<string[]> {
    const rows = await this.db.all<{ sha256: string }>('SELECT sha256 FROM media_removals LIMIT ?', limit)
    return rows.map((row) => row.sha256)
  }

  /** Of these contents (SHA-256), those that belong to a file. */
  async knownHashes(hashes: readonly string[]): Promise<Set<string>> {
    if (hashes.length === 0) return new Set()
    const rows = await this.db.all<{ sha256: string }>(
      'SELECT DISTINCT sha256 FROM local_media WHERE sha256 = ANY(?)',
      hashes,
    )
    return new Set(rows.map((row) => row.sha256))
  }

  async isHashQuarantined(sha256: string): Promise<boolean> {
    const row = await this.db.get(
      'SELECT 1 AS found FROM local_media WHERE sha256 = ? AND quarantined_by IS NOT NULL LIMIT 1',
      sha256,
    )
    return row !== undefined
  }

  /** Ids of files of a user that a quarantine would reach: neither protected nor quarantined. */
  async listQuarantinable(userId: string, limit: number): Promise<string[]> {
    const rows = await this.db.all<{ media_id: string }>(
      `SELECT media_id FROM local_media WHERE user_id = ? AND quarantined_by IS NULL AND safe_from_quarantine = 0
       ORDER BY media_id LIMIT ?`,
      userId,
      limit,
    )
    return rows.map((row) => row.media_id)
  }

  /**
   * Files larger than `sizeGt` bytes last used (or, never used, uploaded) before a time, neither quarantined nor
   * protected; those used longest ago first. `after` is the last one of the page before.
   */
  async listUnusedSince(
    beforeTs: number,
    sizeGt: number,
    page: { after?: Pick<LocalMedia, 'mediaId' | 'createdTs' | 'lastAccessTs'>; limit: number },
  ): Promise<LocalMedia[]> {
    const { after } = page
    const afterTs = after === undefined ? -1 : (after.lastAccessTs ?? after.createdTs)
    const rows = await this.db.all<MediaRow>(
      `SELECT * FROM local_media
       WHERE COALESCE(last_access_ts, created_ts) >= ? AND COALESCE(last_access_ts, created_ts) < ?
         AND (COALESCE(last_access_ts, created_ts), media_id) > (?, ?)
         AND media_length > ? AND quarantined_by IS NULL AND safe_from_quarantine = 0
       ORDER BY COALESCE(last_access_ts, created_ts), media_id LIMIT ?`,
      afterTs,
      beforeTs,
      afterTs,
      after?.mediaId ?? '',
      sizeGt,
      page.limit,
    )
    return rows.map(toLocalMedia)
  }

  /** The changes after the one with this id, oldest first. */
  async quarantineChanges(afterId: number, limit: number): Promise<QuarantineChange[]> {
    const rows = await this.db.all<{ id: number; media_id: string; quarantined: number }>(
      'SELECT id, media_id, quarantined FROM media_quarantine_changes WHERE id > ? ORDER BY id LIMIT ?',
      afterId,
      limit,
    )
    return rows.map(({ id, media_id, quarantined }) => ({
      id,
      mediaId: media_id,
      quarantined: quarantined === 1,
    }))
  }

  /** The id of the newest change of quarantine; 0 if there was none. */
  async lastQuarantineChange(): Promise<number> {
    const sql = 'SELECT MAX(id) AS id FROM media_quarantine_changes'
    return (await this.db.get<{ id: number | null }>(sql))?.id ?? 0
  }
}

export class MediaWriter extends MediaReader {
  readonly #db: WriteHandle
  readonly #audit: AuditNotes
  constructor(tx: { db: WriteHandle; audit: AuditNotes }) {
    super(tx.db)
    this.#db = tx.db
    this.#audit = tx.audit
  }

  /** Adds a file whose content is in the media store already. Throws `ConflictError` when the id is taken. */
  async add(media: LocalMedia): Promise<void> {
    const added = await this.#db.run(
      `INSERT INTO local_media (media_id, user_id, media_type, media_length, upload_name, created_ts, last_access_ts,
         quarantined_by, safe_from_quarantine, authenticated, sha256, url_cache)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (media_id) DO NOTHING`,
      media.mediaId,
      media.userId,
      media.mediaType,
      media.mediaLength,
      media.uploadName,
      media.createdTs,
      media.lastAccessTs,
      media.quarantinedBy,
      media.safeFromQuarantine ? 1 : 0,
      media.authenticated ? 1 : 0,
      media.sha256,
      media.urlCache,
    )
    if (added === 0) throw new ConflictError(`the media id ${media.mediaId} is taken`)
    await addUploaded(this.#db, media.userId, { files: 1, bytes: media.mediaLength })
    if (media.quarantinedBy !== null) await this.#noteChanges([media.mediaId], true)
  }

  /** Moves the time of last use forward. Nothing happens if the file is gone. */
  async touch(mediaId: string, accessTs: number): Promise<void> {
    await this.#db.send(
      'UPDATE local_media SET last_access_ts = ? WHERE media_id = ? AND (last_access_ts IS NULL OR last_access_ts < ?)',
      accessTs,
      mediaId,
      accessTs,
    )
  }

  /** Quarantines these files and all of the same content, but for protected ones; how many it reached. */
  async quarantine(mediaIds: readonly string[], by: string): Promise<number> {
    const changed = await this.#db.all<{ media_id: string }>(
      `UPDATE local_media SET quarantined_by = ?
       WHERE sha256 IN (SELECT sha256 FROM local_media WHERE media_id = ANY(?))
         AND quarantined_by IS NULL AND safe_from_quarantine = 0 RETURNING media_id`,
      by,
      mediaIds,
    )
    for (const { media_id } of changed)
      this.#audit.updated('media', media_id, { quarantined_by: null }, { quarantined_by: by })
    return this.#noteChanges(
      changed.map((row) => row.media_id),
      true,
    )
  }

  /** Lifts the quarantine of these files and of all of the same content; how many it reached. */
  async unquarantine(mediaIds: readonly string[]): Promise<number> {
    const changed = await this.#db.all<{ media_id: string }>(
      `UPDATE local_media SET quarantined_by = NULL
       WHERE sha256 IN (SELECT sha256 FROM local_media WHERE media_id = ANY(?))
         AND quarantined_by IS NOT NULL RETURNING media_id`,
      mediaIds,
    )
    for (const { media_id } of changed)
      this.#audit.updated('media', media_id, { quarantined: true }, { quarantined: false })
    return this.#noteChanges(
      changed.map((row) => row.media_id),
      false,
    )
  }

  /** Makes a file safe from quarantine, or no longer. False if there is none with this id. */
  async setProtected(mediaId: string, safe: boolean): Promise<boolean> {
    const sql = 'UPDATE local_media SET safe_from_quarantine = ? WHERE media_id = ?'
    const before = this.#audit.isRecording ? await this.find(mediaId) : undefined
    if (before !== undefined)
      this.#audit.updated('media', mediaId, { protected: before.safeFromQuarantine }, { protected: safe })
    return (await this.#db.run(sql, safe ? 1 : 0, mediaId)) === 1
  }

  /**
   * Forgets these files; those that were there. Their contents are noted as to be removed from the media store, where
   * `knownHashes` says whether another file has the same.
   */
  async delete(mediaIds: readonly string[]): Promise<LocalMedia[]> {
    const rows = await this.#db.all<MediaRow>(
      'DELETE FROM local_media WHERE media_id = ANY(?) RETURNING *',
      mediaIds,
    )
    for (const { media_id, user_id, media_length } of rows)
      this.#audit.changed({ kind: 'media', id: media_id, before: { user_id, media_length } })
    const totals = new Map<UserId, { files: number; bytes: number }>()
    for (const { user_id, media_length } of rows) {
      const { files, bytes } = totals.get(user_id) ?? { files: 0, bytes: 0 }
      totals.set(user_id, { files: files + 1, bytes: bytes + media_length })
    }
    for (const [userId, { files, bytes }] of totals)
      await addUploaded(this.#db, userId, { files: -files, bytes: -bytes })
    for (const sha256 of new Set(rows.map((row) => row.sha256)))
      await this.#db.send(
        'INSERT INTO media_removals (sha256) VALUES (?) ON CONFLICT (sha256) DO NOTHING',
        sha256,
      )
    return rows.map(toLocalMedia)
  }

  /** These contents are off the disk, or belong to a file again. */
  async forgetRemovals(hashes: readonly string[]): Promise<void> {
    await this.#db.send('DELETE FROM media_removals WHERE sha256 = ANY(?)', hashes)
  }

  async #noteChanges(mediaIds: readonly string[], quarantined: boolean): Promise<number> {
    let id = mediaIds.length === 0 ? 0 : await this.lastQuarantineChange()
    for (const mediaId of mediaIds) {
      await this.#db.send(
        'INSERT INTO media_quarantine_changes (id, media_id, quarantined) VALUES (?, ?, ?)',
        ++id,
        mediaId,
        quarantined ? 1 : 0,
      )
    }
    return mediaIds.length
  }
}
