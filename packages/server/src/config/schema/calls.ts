import { Type } from '@ranvier/admin-api/schema'
import { duration, flag, group, maybe, text, texts } from './kinds.ts'

/** Calls: what this server tells clients of others that carry them. */
export const calls = {
  turn_uris: texts({
    description: 'TURN servers, by which calls get through firewalls.',
    default: [],
    example: "['turn:turn.example.com?transport=udp']",
  }),
  turn_shared_secret: maybe(
    text({
      description: 'The secret shared with the TURN servers: each user gets a password that ends.',
    }),
  ),
  turn_shared_secret_path: maybe(text({ description: 'A file with that secret, instead of it.' })),
  turn_username: maybe(text({ description: 'The one user name for TURN servers that share no secret.' })),
  turn_password: maybe(text({ description: 'Its password.' })),
  turn_user_lifetime: duration({
    description: 'How long a password for TURN works, and when clients ask for the next.',
    default: '1h',
  }),
  turn_allow_guests: flag({ description: 'Guests may use the TURN servers.', default: true }),
  matrix_rtc: group(
    {
      transports: Type.Array(
        Type.Object({ type: text({ description: 'Its kind; more members as it needs.' }) }),
        {
          description: 'What carries group calls, as clients are told it.',
          default: [],
          examples: ['[{ type: livekit, livekit_service_url: https://rtc.example.com }]'],
        },
      ),
    },
    'Group calls.',
  ),
}
