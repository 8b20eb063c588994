import type { UserId } from '@ranvier/protocol/ids/brands'
import type { ReadHandle } from '../../db/types.ts'
import { inOrder, listKeys, type Page } from '../lists/pages.ts'

/** One file of this server: the content of one `mxc://` URI. Times in ms since epoch, length in bytes. */
export interface LocalMedia {
  mediaId: string
  /** Who uploaded it. */
  userId: UserId
  mediaType: string
  mediaLength: number
  uploadName: string | null
  createdTs: number
  /** Written in batches, so up to a minute behind. */
  lastAccessTs: number | null
  /** The administrator, or `system` for a file whose content had been quarantined before. */
  quarantinedBy: string | null
  safeFromQuarantine: boolean
  /** Uploaded since files are only given to who shows a token. */
  authenticated: boolean
  /** Of the content, hexadecimal. Names the file in the media store. */
  sha256: string
  /** The page a URL preview took it from. */
  urlCache: string | null
}

export interface MediaRow {
  media_id: string
  user_id: UserId
  media_type: string
  media_length: number
  upload_name: string | null
  created_ts: number
  last_access_ts: number | null
  quarantined_by: string | null
  safe_from_quarantine: number
  authenticated: number
  sha256: string
  url_cache: string | null
}

export function toLocalMedia(row: MediaRow): LocalMedia {
  return {
    mediaId: row.media_id,
    userId: row.user_id,
    mediaType: row.media_type,
    mediaLength: row.media_length,
    uploadName: row.upload_name,
    createdTs: row.created_ts,
    lastAccessTs: row.last_access_ts,
    quarantinedBy: row.quarantined_by,
    safeFromQuarantine: row.safe_from_quarantine === 1,
    authenticated: row.authenticated === 1,
    sha256: row.sha256,
    urlCache: row.url_cache,
  }
}

export const MEDIA_ORDERS = [
  'media_id',
  'upload_name',
  'created_ts',
  'last_access_ts',
  'media_length',
  'media_type',
  'quarantined_by',
  'safe_from_quarantine',
] as const
export type MediaOrder = (typeof MEDIA_ORDERS)[number]

export interface MediaPage extends Page {
  orderBy: MediaOrder
  /** Direction of `orderBy`; files that are equal in it always go by ascending id. */
  dir: 'f' | 'b'
}

const NULLABLE: ReadonlySet<MediaOrder> = new Set(['upload_name', 'last_access_ts', 'quarantined_by'])

/** A page of a user's files. Nulls come before values when ascending. */
export async function listMediaOf(
  db: ReadHandle,
  userId: string,
  page: MediaPage,
  found: number,
): Promise<LocalMedia[]> {
  const order = {
    column: page.orderBy,
    isDescending: page.dir === 'b',
    isNullable: NULLABLE.has(page.orderBy),
    isKeyDescending: false,
  }
  const own = { found, total: found, check: { sql: 'user_id = ?', params: [userId] } }
  const ids = await listKeys<string>(db, { table: 'local_media', key: 'media_id' }, order, own, page)
  const rows = await db.all<MediaRow>('SELECT * FROM local_media WHERE media_id = ANY(?)', ids)
  return inOrder(ids, rows, (row) => row.media_id).map(toLocalMedia)
}
