/**
 * What an operation takes in its query string. One declaration serves three: the server parses by it, the OpenAPI
 * document shows it, and the client's arguments have their types from it.
 */
export type QueryParam = { readonly description: string; readonly required?: true } & (
  | { readonly kind: 'int'; readonly default?: number; readonly min?: number }
  | { readonly kind: 'bool'; readonly default?: boolean }
  | { readonly kind: 'enum'; readonly values: readonly string[]; readonly default?: string }
  | { readonly kind: 'string'; readonly ascii?: true }
  /** May be given several times. */
  | { readonly kind: 'list' }
)

/** By wire name, in the order they are checked. */
export type QueryParams = Readonly<Record<string, QueryParam>>

type ValueOf<P> = P extends { kind: 'int' }
  ? number
  : P extends { kind: 'bool' }
    ? boolean
    : P extends { kind: 'enum'; values: readonly (infer V)[] }
      ? V
      : P extends { kind: 'list' }
        ? string[]
        : string

/** The names that have a value in any case: required, with a default, or a list (which may be empty). */
type Present<D> = {
  [N in keyof D]: D[N] extends { required: true } | { default: unknown } | { kind: 'list' } ? N : never
}[keyof D]

/** What the server makes of a query string: defaults filled in. */
export type ParsedQuery<D> = {
  readonly [N in keyof D]: ValueOf<D[N]> | (N extends Present<D> ? never : undefined)
}

type Required_<D> = { [N in keyof D]: D[N] extends { required: true } ? N : never }[keyof D]

/** What a client gives: only what is required must be there. */
export type QueryArguments<D> = { readonly [N in Required_<D>]: ValueOf<D[N]> } & {
  readonly [N in Exclude<keyof D, Required_<D>>]?: ValueOf<D[N]> | undefined
}
