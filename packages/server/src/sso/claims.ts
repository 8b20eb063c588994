import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import type { OidcProviderConfig } from '../config/config.ts'

/** Whether somebody with these claims may log in. */
export function fitsRequirements(
  { requirements }: Pick<OidcProviderConfig, 'requirements'>,
  claims: JsonObject,
): boolean {
  return requirements.every(({ attribute, values }) => {
    const claim = Object.hasOwn(claims, attribute) ? claims[attribute] : undefined
    if (claim === undefined || claim === null) return false
    if (values === null) return true
    const held = (Array.isArray(claim) ? claim : [claim]).filter((each) => !isJsonObject(each)).map(String)
    return values.some((value) => held.includes(value))
  })
}

/** A name as accounts may have it. Spec: Appendices §Mapping from other character sets */
export function mappedLocalpart(name: string): string {
  let mapped = ''
  for (const byte of Buffer.from(name.toLowerCase())) {
    const char = String.fromCharCode(byte)
    mapped += /[a-z0-9._/+-]/.test(char) ? char : `=${byte.toString(16).padStart(2, '0')}`
  }
  return mapped.startsWith('_') ? `=5f${mapped.slice(1)}` : mapped
}
