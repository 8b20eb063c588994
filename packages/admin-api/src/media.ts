import { type Static, Type } from './schema.ts'

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(type: T, description: string) =>
  Type.Union([type, Type.Null()], { description })

/** `GET /v1/room/{room_id}/media` */
export const RoomMedia = Type.Object({
  local: Type.Array(Type.String(), {
    description: '`mxc://` URIs of files of this server, newest event first; some may be there twice',
  }),
  remote: Type.Array(Type.String(), { description: 'The same for files of other servers' }),
})
export type RoomMedia = Static<typeof RoomMedia>

/** Synapse: admin_api/media_admin_api §Query a piece of media by ID */
export const MediaDetails = Type.Object({
  media_origin: nullable(Type.String(), 'The server it is from; null: this one'),
  user_id: nullable(Type.String(), 'Who uploaded it, full user id'),
  media_id: Type.String({ description: 'Id of the file, without the name of the server' }),
  media_type: Type.String({ description: 'MIME type, as the uploader gave it' }),
  media_length: Type.Integer({ description: 'Size in bytes' }),
  upload_name: nullable(Type.String(), 'Name it was uploaded with'),
  created_ts: Type.Integer({ description: 'When it was uploaded, ms since epoch' }),
  filesystem_id: nullable(Type.String(), 'Always null: contents are named by their hash'),
  url_cache: nullable(Type.String(), 'The page whose preview it belongs to; null for uploads'),
  last_access_ts: nullable(Type.Integer(), 'When it was last downloaded, ms since epoch; null: never'),
  quarantined_by: nullable(Type.String(), 'Who put it in quarantine, full user id; null: it is not'),
  authenticated: Type.Boolean({ description: 'Whether it can only be downloaded with a token' }),
  safe_from_quarantine: nullable(Type.Boolean(), 'Whether it is protected from quarantine'),
  sha256: nullable(Type.String(), 'SHA-256 of its content, lower-case hex'),
})
export type MediaDetails = Static<typeof MediaDetails>

export const MediaInfo = Type.Object({ media_info: MediaDetails })
export type MediaInfo = Static<typeof MediaInfo>

export const QuarantinedCount = Type.Object({
  num_quarantined: Type.Integer({ description: 'How many files were put in quarantine by this call' }),
})
export type QuarantinedCount = Static<typeof QuarantinedCount>

/** `GET /v1/media/quarantine_changes` */
export const QuarantineChanges = Type.Object({
  next_batch: Type.Integer({ description: '`from` of the next call, also when nothing has changed' }),
  changes: Type.Array(
    Type.Object({
      origin: Type.String({ description: 'The server the file is from' }),
      media_id: Type.String({ description: 'Id of the file' }),
      quarantined: Type.Boolean({ description: 'true: put in quarantine, false: taken out' }),
    }),
    { description: 'At most 100, oldest first' },
  ),
})
export type QuarantineChanges = Static<typeof QuarantineChanges>

/** `POST /v1/purge_media_cache` */
export const PurgedCache = Type.Object({
  deleted: Type.Integer({ description: 'How many files of other servers were deleted' }),
})
export type PurgedCache = Static<typeof PurgedCache>
