import { isJsonObject, type Json, type JsonObject } from '@ranvier/protocol/json'
import type { AccountsConfig } from '../../../accounts/config.ts'
import type { AccountChanges } from '../../../accounts/modify-account.ts'
import { checkPasswordForm } from '../../../accounts/passwords.ts'
import { MAX_AVATAR_URL_LENGTH, MAX_DISPLAYNAME_LENGTH } from '../../../accounts/profiles.ts'
import { checkUserType } from '../../../accounts/registration/create-account.ts'
import { canonicalThreepid } from '../../../accounts/threepids/threepid-form.ts'
import { badJson, badRequest, invalidParam, missingParam } from '../../../errors.ts'

/**
 * Checks the body of `PUT /v2/users/{userId}`, each member with the errcode Synapse gives it, in its order.
 * Members we do not know are ignored. Synapse: admin_api/user_admin_api §Create or modify account
 */
export function parseAccountChanges(
  body: JsonObject,
  { exists, config }: { exists: boolean; config: AccountsConfig },
): AccountChanges {
  const changes: AccountChanges = {}
  if (body['password'] !== undefined && body['password'] !== null) {
    checkPasswordForm(body['password'])
    changes.password = body['password']
  }
  changes.logOutDevices = optionalBoolean(body, 'logout_devices')
  changes.displayname = displaynameOf(body['displayname'], exists)
  changes.avatarUrl = avatarUrlOf(body['avatar_url'], exists)
  changes.threepids = pairsOf(body['threepids'], 'medium', 'address')?.map(([medium, address]) =>
    canonicalThreepid(medium, address),
  )
  changes.externalIds = pairsOf(body['external_ids'], 'auth_provider', 'external_id')?.map(
    ([authProvider, externalId]) => ({ authProvider, externalId }),
  )
  const { admin, user_type: userType } = body
  if (admin !== undefined && typeof admin !== 'boolean')
    throw badJson("Param 'admin' must be a boolean, if given")
  changes.admin = admin
  changes.deactivated = optionalBoolean(body, 'deactivated')
  changes.locked = optionalBoolean(body, 'locked')
  if (changes.locked === true && changes.deactivated === true)
    throw badRequest("An user can't be deactivated and locked")
  if (config.approval.enabled) changes.approved = optionalBoolean(body, 'approved')
  if (userType !== undefined) {
    checkUserType(userType, config)
    changes.userType = userType
  }
  return changes
}

function optionalBoolean(body: JsonObject, key: string): boolean | undefined {
  const value = body[key]
  if (value === undefined || typeof value === 'boolean') return value
  throw badRequest(`'${key}' parameter is not of type boolean`)
}

function displaynameOf(value: Json | undefined, exists: boolean): string | null | undefined {
  // For a new account null is as good as nothing: the name will be the localpart.
  if (value === undefined || (value === null && !exists)) return undefined
  if (typeof value !== 'string') throw invalidParam("'displayname' must be a string")
  if (value.length > MAX_DISPLAYNAME_LENGTH)
    throw badRequest(`Displayname is too long (max ${MAX_DISPLAYNAME_LENGTH})`)
  return value
}

function avatarUrlOf(value: Json | undefined, exists: boolean): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string') {
    if (!exists) return undefined
    throw invalidParam("'avatar_url' must be a string")
  }
  if (value.length > MAX_AVATAR_URL_LENGTH)
    throw badRequest(`Avatar URL is too long (max ${MAX_AVATAR_URL_LENGTH})`)
  return value
}

/** A list of objects with two texts each. Anything else is, to Synapse, an item without its first member. */
function pairsOf(value: Json | undefined, first: string, second: string): [string, string][] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw missingParam(`Missing params: ${first}, ${second}`)
  return value.map((item) => {
    const pair = isJsonObject(item) ? [item[first], item[second]] : []
    const missing = [first, second].filter((_, i) => pair[i] === undefined)
    if (missing.length > 0) throw missingParam(`Missing params: ${missing.join(', ')}`)
    const [a, b] = pair
    if (typeof a !== 'string' || typeof b !== 'string')
      throw invalidParam(`'${first}' and '${second}' must be strings`)
    return [a, b]
  })
}
