import {
  type BackgroundUpdatesEnabled,
  type BackgroundUpdatesStatus,
  SetBackgroundUpdatesBody,
  StartJobBody,
} from '@ranvier/admin-api/background-updates'
import type { BackgroundUpdates } from '../../../background-updates/background-updates.ts'
import { adminRoute, type Route } from '../../route.ts'

export interface BackgroundUpdateRoutesDeps {
  backgroundUpdates: BackgroundUpdates
}

const PATH = '/_synapse/admin/v1/background_updates'

/** `/_synapse/admin/v1/background_updates` */
export function backgroundUpdateRoutes({ backgroundUpdates: updates }: BackgroundUpdateRoutesDeps): Route[] {
  return [
    adminRoute({
      method: 'GET',
      path: `${PATH}/status`,
      operationId: 'getBackgroundUpdatesStatus',
      async handler(): Promise<BackgroundUpdatesStatus> {
        const current = await updates.current()
        if (current === undefined) return { enabled: updates.isEnabled(), current_updates: {} }
        const { name, items, durationMs } = current
        const master = {
          name,
          total_item_count: items,
          total_duration_ms: durationMs,
          average_items_per_ms: items / Math.max(1, durationMs),
        }
        return { enabled: updates.isEnabled(), current_updates: { master } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: `${PATH}/enabled`,
      operationId: 'getBackgroundUpdatesEnabled',
      handler: (): BackgroundUpdatesEnabled => ({ enabled: updates.isEnabled() }),
    }),
    adminRoute({
      method: 'POST',
      path: `${PATH}/enabled`,
      operationId: 'setBackgroundUpdatesEnabled',
      body: SetBackgroundUpdatesBody,
      badTypeErrcode: 'M_UNKNOWN',
      async handler({ body: { enabled = true } }): Promise<BackgroundUpdatesEnabled> {
        await updates.setEnabled(enabled)
        return { enabled: updates.isEnabled() }
      },
    }),
    adminRoute({
      method: 'POST',
      path: `${PATH}/start_job`,
      operationId: 'startBackgroundUpdate',
      body: StartJobBody,
      badTypeErrcode: 'M_UNKNOWN',
      async handler({ body }) {
        await updates.start(body.job_name)
        return {}
      },
    }),
  ]
}
