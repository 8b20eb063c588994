import type { ReadHandle, WriteHandle } from '../../db/types.ts'

/** What was found behind a URL. */
export interface UrlPreview {
  url: string
  /** JSON text of an object. */
  preview: string
  /** Its picture, if we keep one. */
  mediaId: string | null
  createdTs: number
  /** From then on the URL is to be asked again. */
  expiresTs: number
}

export class UrlPreviewReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** The preview as JSON text; `undefined` if there is none that was good at `atTs`. */
  async find(url: string, atTs: number): Promise<string | undefined> {
    const row = await this.db.get<{ preview: string }>(
      `SELECT preview FROM url_previews WHERE url = ? AND created_ts <= ? AND expires_ts > ?
       ORDER BY created_ts DESC LIMIT 1`,
      url,
      atTs,
      atTs,
    )
    return row?.preview
  }
}

export class UrlPreviewWriter extends UrlPreviewReader {
  readonly #db: WriteHandle
  constructor(tx: { db: WriteHandle }) {
    super(tx.db)
    this.#db = tx.db
  }

  /** Puts a preview beside those of before: their pictures stay for a while. */
  async set({ url, preview, mediaId, createdTs, expiresTs }: UrlPreview): Promise<void> {
    await this.#db.send(
      'UPDATE url_previews SET expires_ts = ? WHERE url = ? AND expires_ts > ?',
      createdTs,
      url,
      createdTs,
    )
    await this.#db.send(
      `INSERT INTO url_previews (url, created_ts, preview, media_id, expires_ts) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (url, created_ts) DO UPDATE SET preview = excluded.preview, media_id = excluded.media_id,
         expires_ts = excluded.expires_ts`,
      url,
      createdTs,
      preview,
      mediaId,
      expiresTs,
    )
  }

  /** Deletes up to `limit` previews that ended before `beforeTs`; the ids of their pictures. */
  async deleteExpired(beforeTs: number, limit: number): Promise<string[]> {
    const rows = await this.#db.all<{ media_id: string | null }>(
      `DELETE FROM url_previews WHERE (url, created_ts) IN
         (SELECT url, created_ts FROM url_previews WHERE expires_ts <= ? ORDER BY expires_ts LIMIT ?)
       RETURNING media_id`,
      beforeTs,
      limit,
    )
    return rows.flatMap((row) => row.media_id ?? [])
  }
}
