import { type Static, Type } from './schema.ts'

const nullableText = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

/** An uploaded file in the lists of the admin API. Synapse: admin_api/user_admin_api §List media uploaded by a user */
export const AdminMediaItem = Type.Object({
  media_id: Type.String({ description: 'Id of the file, without the name of the server' }),
  user_id: Type.String({ description: 'Who uploaded it, full user id' }),
  media_type: Type.String({ description: 'MIME type, as the uploader gave it' }),
  media_length: Type.Integer({ description: 'Size in bytes' }),
  upload_name: nullableText('Name it was uploaded with'),
  created_ts: Type.Integer({ description: 'When it was uploaded, ms since epoch' }),
  last_access_ts: Type.Union([Type.Integer(), Type.Null()], {
    description: 'When it was last downloaded, ms since epoch; null: never',
  }),
  quarantined_by: nullableText('Who put it in quarantine, full user id; null: it is not'),
  safe_from_quarantine: Type.Boolean({ description: 'Whether it is protected from quarantine' }),
  authenticated: Type.Boolean({ description: 'Whether it can only be downloaded with a token' }),
  sha256: Type.String({ description: 'SHA-256 of its content, lower-case hex' }),
  url_cache: nullableText('The page whose preview it belongs to; null for uploads'),
})
export type AdminMediaItem = Static<typeof AdminMediaItem>

/** `GET /v1/users/{user_id}/media` */
export const UserMediaList = Type.Object({
  media: Type.Array(AdminMediaItem, { description: 'The files of this page, in the order asked for' }),
  total: Type.Integer({ description: 'How many files the user has' }),
  next_token: Type.Optional(Type.Integer({ description: '`from` of the next page; absent on the last one' })),
})
export type UserMediaList = Static<typeof UserMediaList>

/** `DELETE /v1/users/{user_id}/media` */
export const DeletedMedia = Type.Object({
  deleted_media: Type.Array(Type.String(), { description: 'Ids of the files that were deleted' }),
  total: Type.Integer({ description: 'How many they are' }),
})
export type DeletedMedia = Static<typeof DeletedMedia>
