import type { ParsedQuery, QueryParam, QueryParams } from '@ranvier/admin-api/openapi/query-params'
import { badRequest } from '../errors.ts'
import {
  type Query,
  queryBool,
  queryEnum,
  queryInt,
  queryList,
  queryString,
  requiredQueryInt,
  requiredQueryString,
} from './query.ts'

/** The `query` of a route, made from the declaration the OpenAPI document is made from too. */
export type QueryReader<D extends QueryParams> = ((query: Query) => ParsedQuery<D>) & {
  readonly declaration: D
}

/** Reads the query parameters that are declared, in their order: 400 as `query.ts` says, 400 `M_UNKNOWN` if not ASCII. */
export function queryParams<D extends QueryParams>(declaration: D): QueryReader<D> {
  const names = Object.keys(declaration)
  const read = (query: Query) => {
    const values: Record<string, unknown> = {}
    for (const name of names) values[name] = readParam(query, name, declaration[name]!)
    return values as ParsedQuery<D> // `readParam` follows the same cases as the type
  }
  return Object.assign(read, { declaration })
}

function readParam(query: Query, name: string, param: QueryParam): unknown {
  const isRequired = param.required === true
  switch (param.kind) {
    case 'int': {
      const { min } = param
      if (isRequired) return requiredQueryInt(query, name, { min })
      return queryInt(query, name, { default: param.default as number, min })
    }
    case 'bool':
      if (isRequired) requiredQueryString(query, name)
      return queryBool(query, name, param.default as boolean)
    case 'enum':
      if (isRequired) requiredQueryString(query, name)
      return queryEnum(query, name, param.values, param.default as string)
    case 'string': {
      const text = isRequired ? requiredQueryString(query, name) : queryString(query, name)
      if (param.ascii === true && text !== undefined && !ASCII.test(text))
        throw badRequest(`Query parameter '${name}' must be ASCII`)
      return text
    }
    case 'list':
      return queryList(query, name)
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what Synapse accepts here
const ASCII = /^[\x00-\x7f]*$/
