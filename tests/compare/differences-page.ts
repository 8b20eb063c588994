import { adminAccounts, adminRest } from './known/admin.ts'
import { accounts } from './known/client-accounts.ts'
import { bridge } from './known/client-bridge.ts'
import { data } from './known/client-data.ts'
import { drafts } from './known/client-drafts.ts'
import { everywhere as clientEverywhere } from './known/client-everywhere.ts'
import { flows } from './known/client-flows.ts'
import { mail } from './known/client-mail.ts'
import { media } from './known/client-media.ts'
import { members } from './known/client-members.ts'
import { reading } from './known/client-reading.ts'
import { rooms } from './known/client-rooms.ts'
import { sliding } from './known/client-sliding.ts'
import { sso } from './known/client-sso.ts'
import { everywhere } from './known/everywhere.ts'
import { noise } from './known/noise.ts'
import type { KnownDifference, KnownSection } from './known.ts'

const sections: readonly KnownSection[] = [
  ['Everywhere', everywhere],
  ['Admin API: accounts', adminAccounts],
  ['Admin API: rooms, files, the server', adminRest],
  ['Client API', clientEverywhere],
  ['Client API: accounts, sessions, devices', [...accounts, ...sso, ...mail]],
  ['Client API: rooms', [...rooms, ...members]],
  ['Client API: reading', [...sliding, ...reading, ...flows]],
  ['Client API: files, keys, what is one’s own', [...media, ...data, ...drafts]],
  ['Application services', bridge],
]

/** Every difference that stays. The first that fits is the one that is shown. */
export const known: readonly KnownDifference[] = [
  ...sections.flatMap(([, differences]) => differences),
  ...noise,
]

const WIDTH = 118

/** `docs/differences.md` */
export function page(): string {
  const lists = sections.map(([heading, differences]) => {
    const lines = differences.flatMap(({ says }) => (says === undefined ? [] : [listItem(says)]))
    return `## ${heading}\n\n${lines.join('\n')}\n`
  })
  return `# Where Ranvier differs from Synapse

For those who move over, or run both. \`npm run compare\` sends several thousand requests, right and wrong ones, to a Ranvier
and a Synapse, and shows when answers differ in anything but this. Paths of the admin API are given without their beginning
\`/_synapse/admin\`. Made from \`tests/compare/known\` by \`npm run compare -- --write-page\`; compared with Synapse 1.160.

${lists.join('\n')}`
}

/** In lines of the usual length. */
function listItem(text: string): string {
  const lines = ['-']
  for (const word of text.split(' ')) {
    if (`${lines.at(-1)} ${word}`.length > WIDTH) lines.push(`  ${word}`)
    else lines.push(`${lines.pop()} ${word}`)
  }
  return lines.join('\n')
}
