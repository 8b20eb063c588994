import { DEFAULT_BLOCKED_RANGES } from '../../outbound/address-policy.ts'
import { flag, group, texts } from './kinds.ts'

/** Notifications on phones, and what this server may connect to. */
export const push = {
  push: group(
    {
      enabled: flag({ description: 'Send notifications to push gateways.', default: true }),
      include_content: flag({
        description: 'With what was said. Off: gateways are told event and room ids only.',
        default: true,
      }),
      group_unread_count_by_room: flag({
        description: 'The badge counts rooms with something unread. Off: it counts messages.',
        default: true,
      }),
    },
    'Push notifications.',
  ),
  ip_range_blacklist: texts({
    description: 'Address ranges that this server never connects to: those of its own network.',
    default: [...DEFAULT_BLOCKED_RANGES],
  }),
  ip_range_whitelist: texts({
    description: 'Address ranges it may connect to although the list above holds them.',
    default: [],
    example: "['192.168.1.1']",
  }),
}
