import { Type } from '@ranvier/admin-api/schema'
import { choice, duration, flag, freeGroup, integer, size, text, texts } from './kinds.ts'

// Synapse: room_list_publication_rules, alias_creation_rules. `*` matches anything.
const rule = Type.Object({
  user_id: text({ description: 'Who does it.', default: '*' }),
  alias: text({ description: 'With which alias.', default: '*' }),
  room_id: text({ description: 'In which room.', default: '*' }),
  action: choice(['allow', 'deny'], { description: 'What happens.', default: 'allow', example: 'deny' }),
})

/** Rooms and what may be done in them. */
export const rooms = {
  default_room_version: text({
    description: 'The version of new rooms.',
    default: '12',
    example: "'11'",
  }),
  encryption_enabled_by_default_for_room_type: choice(['off', 'invite', 'all'], {
    description: 'New rooms that are encrypted from the start: none, private ones, or all.',
    default: 'off',
    example: 'invite',
  }),
  default_power_level_content_override: freeGroup({
    description: 'Per preset, keys to replace in the power levels of new rooms.',
    example: '{ public_chat: { events: { m.room.topic: 0 } } }',
  }),
  block_non_admin_invites: flag({
    description: 'Only administrators may invite.',
    default: false,
  }),
  enable_room_list_search: flag({ description: 'Let users search the list of public rooms.', default: true }),
  allow_public_rooms_without_auth: flag({
    description: 'Show the list of public rooms to anyone.',
    default: false,
  }),
  require_membership_for_aliases: flag({
    description: 'Only members of a room may give it an alias.',
    default: true,
  }),
  alias_creation_rules: Type.Array(rule, {
    description: 'Who may make which aliases: the first rule that fits decides, none fitting means no.',
    default: [{ action: 'allow' }],
    examples: ["[{ user_id: '@admin:example.com', action: allow }]"],
  }),
  room_list_publication_rules: Type.Array(rule, {
    description:
      'Who may put rooms into the public list: the first rule that fits decides, none fitting means no.',
    default: [{ action: 'allow' }],
    examples: ["[{ user_id: '@admin:example.com', action: allow }]"],
  }),
  exclude_rooms_from_sync: texts({
    description: 'Rooms that are left out of syncs.',
    default: [],
    example: "['!abc:example.com']",
  }),
  forget_rooms_on_leave: flag({
    description: 'Leaving a room also removes it from the history of the user.',
    default: false,
  }),
  redaction_retention_period: duration({
    description:
      'How long the content of redacted events is kept, out of sight. 0: gone within minutes. null: for ever.',
    default: '7d',
    nullIs: '10000y',
  }),
  max_event_delay_duration: duration({
    description: 'How far ahead users may schedule events. 0: not at all.',
    default: '0',
    example: '24h',
  }),
}

/** Uploaded and downloaded files. */
export const media = {
  enable_media_repo: flag({ description: 'Serve uploads and downloads.', default: true }),
  enable_authenticated_media: flag({
    description: 'Files uploaded from now on are given only to who shows a token.',
    default: true,
  }),
  media_store_path: Type.Optional(
    text({
      description: 'The directory of uploaded files. Default: `media_store` in the data directory.',
      example: '/var/lib/ranvier/media',
    }),
  ),
  max_upload_size: size({ description: 'Largest upload.', default: '50M' }),
  max_image_pixels: size({
    description: 'Largest picture a thumbnail is made of, in pixels.',
    default: '32M',
  }),
  max_pending_media_uploads: integer({
    description: 'Uploads a user may have announced and not yet sent.',
    default: 5,
  }),
  unused_expiration_time: duration({
    description: 'How long an announced upload is waited for.',
    default: '24h',
  }),
}
