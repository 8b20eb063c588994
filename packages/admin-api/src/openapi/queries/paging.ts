/** Where the page begins, where `next_token` says where the next one does. */
export const FROM = {
  kind: 'int',
  default: 0,
  description: 'Where the page begins: `next_token` of the page before',
} as const
export const LIMIT = { kind: 'int', default: 100, description: 'Most items of a page' } as const
export const DIRECTIONS = ['f', 'b'] as const
/** As `FROM`, of lists that go on behind the last item seen. */
export const NEXT = {
  kind: 'string',
  description: 'Where the page begins: `next_token` of the page before',
} as const
/** Of our own lists: at most 1000. */
export const PAGE = {
  kind: 'int',
  default: 100,
  min: 1,
  description: 'Most items of a page; more than 1000 are 1000',
} as const
