import { Type } from '@ranvier/admin-api/schema'
import type { ExperimentalFeaturesAnswer } from '@ranvier/admin-api/users'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { EXPERIMENTAL_FEATURES, type ExperimentalFeature } from '../../../accounts/experimental-features.ts'
import { badRequest } from '../../../errors.ts'
import { adminRoute, type Route } from '../../route.ts'
import { localUserParam } from '../../user-params.ts'
import type { AdminUserDeps } from './deps.ts'

const PATH = '/_synapse/admin/v1/experimental_features/:userId'

/** `GET` and `PUT /_synapse/admin/v1/experimental_features/{userId}`. `PUT` leaves features alone it does not name. */
export function experimentalFeatureRoutes({ accounts }: AdminUserDeps): Route[] {
  const { experimentalFeatures: features, config } = accounts
  const refusal = 'User must be local to check what experimental features are enabled.'
  const params = { userId: localUserParam(config.serverName, refusal) }
  return [
    adminRoute({
      method: 'GET',
      path: PATH,
      operationId: 'getExperimentalFeatures',
      params,
      handler: async ({ params: { userId } }): Promise<ExperimentalFeaturesAnswer> => ({
        features: await features.of(userId),
      }),
    }),
    adminRoute({
      method: 'PUT',
      path: PATH,
      operationId: 'setExperimentalFeatures',
      params,
      body: Type.Object({}), // its members have an errcode of their own
      async handler({ params: { userId }, body }) {
        await features.set(userId, parseFeatures((body as JsonObject)['features'])) // parsed JSON
        return {}
      },
    }),
  ]
}

function parseFeatures(value: unknown): Partial<Record<ExperimentalFeature, boolean>> {
  if (!isJsonObject(value) || Object.keys(value).length === 0)
    throw badRequest("'features' must name at least one feature")
  for (const [name, enabled] of Object.entries(value)) {
    if (!EXPERIMENTAL_FEATURES.some((known) => known === name))
      throw badRequest(`'${name.slice(0, 100)}' is not recognised as a valid experimental feature`)
    if (typeof enabled !== 'boolean') throw badRequest(`'${name}' must be true or false`)
  }
  return value as Partial<Record<ExperimentalFeature, boolean>> // just checked
}
