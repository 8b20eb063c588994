import { Parser } from 'htmlparser2'

/** Who a CAS server says has come, and what it knows of them. */
export interface CasAnswer {
  user: string
  attributes: ReadonlyMap<string, readonly string[]>
}

/** What the answer to a ticket says; `undefined` when it is no success. */
export function readCasAnswer(xml: string): CasAnswer | undefined {
  const attributes = new Map<string, string[]>()
  const open: string[] = []
  let user = ''
  let text = ''
  const parser = new Parser(
    {
      onopentag(name) {
        open.push(name.slice(name.indexOf(':') + 1)) // whatever prefix the namespace has
        text = ''
      },
      ontext(more) {
        text += more
      },
      onclosetag() {
        const path = open.join('/')
        const name = open.pop()!
        if (path === 'serviceResponse/authenticationSuccess/user') user = text.trim()
        if (open.join('/') === 'serviceResponse/authenticationSuccess/attributes')
          attributes.set(name, [...(attributes.get(name) ?? []), text.trim()])
      },
    },
    { xmlMode: true },
  )
  parser.end(xml)
  return user === '' ? undefined : { user, attributes }
}
