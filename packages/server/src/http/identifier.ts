import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import type { Identifier } from '../accounts/sessions/log-in.ts'
import { badRequest, invalidParam, missingParam } from '../errors.ts'

/**
 * Whom a log-in or a password stage names: `identifier`, or the older `user`, or `medium` and `address`. `undefined`
 * when none of them is there. Throws 400 for what cannot be understood. Spec: CS API §Identifier types
 */
export function identifierOf(body: JsonObject): Identifier | undefined {
  const given = body['identifier']
  if (given === undefined || given === null) return legacyIdentifierOf(body)
  if (!isJsonObject(given)) throw invalidParam("'identifier' must be an object")
  switch (required(given, 'type')) {
    case 'm.id.user':
      return { type: 'm.id.user', user: required(given, 'user') }
    case 'm.id.thirdparty':
      return {
        type: 'm.id.thirdparty',
        medium: required(given, 'medium'),
        address: required(given, 'address'),
      }
    case 'm.id.phone':
      // `number` is what the first versions of the specification called it.
      return {
        type: 'm.id.phone',
        country: required(given, 'country'),
        phone: required(
          given,
          given['phone'] === undefined && given['number'] !== undefined ? 'number' : 'phone',
        ),
      }
    default:
      throw badRequest('Unknown login identifier type')
  }
}

function legacyIdentifierOf(body: JsonObject): Identifier | undefined {
  if (body['user'] !== undefined) return { type: 'm.id.user', user: required(body, 'user') }
  if (body['medium'] === undefined && body['address'] === undefined) return undefined
  return { type: 'm.id.thirdparty', medium: required(body, 'medium'), address: required(body, 'address') }
}

function required(object: JsonObject, key: string): string {
  const value = object[key]
  if (value === undefined) throw missingParam(`Missing param: ${key}`)
  if (typeof value !== 'string') throw invalidParam(`'${key}' must be a string`)
  return value
}
