/** Where the page begins, where `next_token` says where the next one does. */
export const FROM = {
  kind: 'int',
  default: 0,
  description: 'Where the page begins: `next_token` of the page before',
} as const
export const LIMIT = { kind: 'int', default: 100, description: 'Most items of a page' } as const
export const DIRECTIONS = ['f', 'b'] as const
