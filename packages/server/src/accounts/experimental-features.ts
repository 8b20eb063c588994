import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'

/**
 * Features that Synapse turns on for single accounts. Here they are on for everybody: what is set is kept and told, so
 * that tools which set it work. Synapse: admin_api/experimental_features
 */
export const EXPERIMENTAL_FEATURES = ['msc3881', 'msc3575', 'msc4222'] as const
export type ExperimentalFeature = (typeof EXPERIMENTAL_FEATURES)[number]

export interface ExperimentalFeatures {
  /** Every feature, off where nothing was set. An unknown account has nothing set. */
  of(userId: UserId): Promise<Record<ExperimentalFeature, boolean>>
  /** 404 for an unknown account. */
  set(userId: UserId, features: Partial<Record<ExperimentalFeature, boolean>>): Promise<void>
}

export function experimentalFeatures(deps: {
  storage: Pick<Storage, 'read' | 'write'>
}): ExperimentalFeatures {
  return {
    async of(userId) {
      const stored = await deps.storage.read.experimentalFeatures.list(userId)
      const isOn = (name: ExperimentalFeature) =>
        stored.some(({ feature, enabled }) => feature === name && enabled)
      return { msc3881: isOn('msc3881'), msc3575: isOn('msc3575'), msc4222: isOn('msc4222') }
    },
    set: (userId, features) =>
      deps.storage.write(async (tx) => {
        await tx.accounts.get(userId)
        for (const name of EXPERIMENTAL_FEATURES) {
          const enabled = features[name]
          if (enabled !== undefined) await tx.experimentalFeatures.set(userId, name, enabled)
        }
      }),
  }
}
