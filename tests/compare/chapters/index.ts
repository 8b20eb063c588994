import type { Chapter } from '../chapter.ts'
import { adminCalls } from './admin-calls.ts'
import { adminEffects } from './admin-effects.ts'
import { adminLists } from './admin-lists.ts'
import { clientAccounts } from './client-accounts.ts'
import { clientBridge } from './client-bridge.ts'
import { clientData } from './client-data.ts'
import { clientDrafts } from './client-drafts.ts'
import { clientFlows } from './client-flows.ts'
import { clientMail } from './client-mail.ts'
import { clientMedia } from './client-media.ts'
import { clientMembers } from './client-members.ts'
import { clientReading } from './client-reading.ts'
import { clientRooms } from './client-rooms.ts'
import { clientSliding } from './client-sliding.ts'
import { clientSlidingExtensions } from './client-sliding-extensions.ts'
import { clientSso } from './client-sso.ts'

/** In the order they are run. */
export const chapters: readonly Chapter[] = [
  ...adminCalls,
  adminLists,
  adminEffects,
  clientAccounts,
  clientRooms,
  clientMembers,
  clientReading,
  clientData,
  clientFlows,
  clientMedia,
  clientSliding,
  clientSlidingExtensions,
  clientDrafts,
  clientBridge,
  clientSso,
  clientMail,
]
