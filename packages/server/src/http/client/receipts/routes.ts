import type { SendReceipts } from '../../../client-data/receipts.ts'
import type { Route } from '../../route.ts'
import { readMarkersRoute } from './read-markers.ts'
import { receiptRoute } from './receipt.ts'

export function receiptRoutes(deps: { sendReceipts: SendReceipts }): Route[] {
  return [receiptRoute(deps), readMarkersRoute(deps)]
}
