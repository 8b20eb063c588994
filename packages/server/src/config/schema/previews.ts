import { Type } from '@ranvier/admin-api/schema'
import { DEFAULT_BLOCKED_RANGES } from '../../outbound/address-policy.ts'
import { flag, maybe, size, text, texts } from './kinds.ts'

const part = (what: string) =>
  maybe(
    text({
      description: `${what}: with \`*\` for anything, or a regular expression that begins with \`^\`.`,
    }),
  )

/** What is shown of pages that messages link to. */
export const previews = {
  url_preview_enabled: flag({
    description: 'Look at the pages that messages link to, for users who ask what they are about.',
    default: false,
  }),
  url_preview_ip_range_blacklist: texts({
    description: 'Address ranges that are not looked at: those of this server’s own network.',
    default: [...DEFAULT_BLOCKED_RANGES],
  }),
  url_preview_ip_range_whitelist: texts({
    description: 'Address ranges that are looked at although the list above holds them.',
    default: [],
    example: "['192.168.1.1']",
  }),
  url_preview_url_blacklist: Type.Array(
    Type.Object({
      scheme: part('How it begins, without `:`'),
      netloc: part('Host and port'),
      hostname: part('Host'),
      port: part('Port, if the URL names one'),
      path: part('Path'),
      query: part('Query'),
      fragment: part('Fragment'),
      username: part('User name'),
      password: part('Password'),
    }),
    {
      description: 'URLs that are not looked at: those that fit every part named in one of these.',
      default: [],
      examples: ["[{ username: '*' }, { netloc: 'intranet.example.com' }]"],
    },
  ),
  max_spider_size: size({ description: 'Largest page or picture that is looked at.', default: '10M' }),
  url_preview_accept_language: texts({
    description: 'The languages that pages are asked for in, the best first.',
    default: ['en'],
    example: "['de', 'en;q=0.8']",
  }),
}
