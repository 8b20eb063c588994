import { readFile } from 'node:fs/promises'
import { HttpAnswer, JSON_TYPE } from '../answer.ts'
import { type Route, route } from '../route.ts'

const FILE = import.meta.resolve('@ranvier/admin-api/openapi.json')

/**
 * `GET /_ranvier/admin/v1/openapi.json`: the OpenAPI 3.1 document of the admin API, as it is checked in. It needs no
 * token and is read when it is asked for: a running server keeps nothing of it.
 */
export function openApiRoute(): Route {
  return route({
    method: 'GET',
    path: '/_ranvier/admin/v1/openapi.json',
    auth: 'none',
    handler: async () =>
      new HttpAnswer(200, { 'content-type': JSON_TYPE }, await readFile(new URL(FILE), 'utf8')),
  })
}
