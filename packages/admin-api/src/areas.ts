/**
 * What scoped tokens are made of: each call of the admin API belongs to one area, and reads it or changes it.
 * `access` is what makes or unmakes administrators, and lets one act as somebody else; `bulk` is whatever bulk jobs do.
 */
export const AREAS = [
  'users',
  'access',
  'rooms',
  'media',
  'moderation',
  'registration',
  'federation',
  'server',
  'bulk',
  'audit',
] as const
export type Area = (typeof AREAS)[number]

/** What a call needs. */
export type Scope = `${Area}:${'read' | 'write'}`

/** What a token may be given: an area to read, or to read and change; `*` is every area. */
export type TokenScope = Scope | '*:read' | '*:write'

export const TOKEN_SCOPES: readonly TokenScope[] = [
  '*:read',
  '*:write',
  ...AREAS.flatMap((area): Scope[] => [`${area}:read`, `${area}:write`]),
]

/** Whether somebody with these scopes may do what takes `needed`. Who may change an area may read it. */
export function covers(scopes: readonly TokenScope[], needed: TokenScope): boolean {
  const [area, access] = needed.split(':')
  return scopes.some((scope) => {
    const [ownArea, ownAccess] = scope.split(':')
    return (ownArea === '*' || ownArea === area) && (ownAccess === 'write' || access === 'read')
  })
}
