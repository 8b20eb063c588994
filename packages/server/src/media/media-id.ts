import { randomBytes } from 'node:crypto'
import { isServerName } from '@ranvier/protocol/ids/server-name'

/** Names one file anywhere: the two parts of an `mxc://` URI, as a client gave them. */
export interface MediaRef {
  serverName: string
  mediaId: string
}

// Spec: CS API §Matrix Content (`mxc://`) URIs: any other character in a path would be an attempt at something else.
const MEDIA_ID = /^[A-Za-z0-9_-]{1,255}$/

export function isMediaId(text: string): boolean {
  return MEDIA_ID.test(text)
}

/** An id nobody can guess: knowing it is all that old clients show to read a file. */
export function newMediaId(): string {
  return randomBytes(18).toString('base64url')
}

export function mxcOf({ serverName, mediaId }: MediaRef): string {
  return `mxc://${serverName}/${mediaId}`
}

/** The parts of an `mxc://` URI, `undefined` if it is not one. */
export function parseMxc(uri: string): MediaRef | undefined {
  const match = /^mxc:\/\/([^/?#]+)\/([^/?#]+)$/.exec(uri)
  if (match === null) return undefined
  const [, serverName, mediaId] = match as unknown as [string, string, string] // both groups are in every match
  return isServerName(serverName) && isMediaId(mediaId) ? { serverName, mediaId } : undefined
}
