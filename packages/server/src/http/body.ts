import type { IncomingMessage } from 'node:http'
import { isJsonObject, type JsonObject } from '@ranvier/protocol/json'
import { InvalidJsonError, parseJson } from '@ranvier/protocol/parse-json'
import { badJson, notJson, tooLarge } from '../errors.ts'
import { checkAnnouncedLength } from './request.ts'

/** The client hung up before it had said everything. There is nobody to answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

/**
 * Reads and parses the JSON object of a request, whatever its Content-Type says. More than `maxBytes` → 413
 * `M_TOO_LARGE`; not UTF-8 or not JSON → 400 `M_NOT_JSON`; JSON but no object → 400 `M_BAD_JSON`.
 * No body at all is `{}` if `emptyAllowed`, else 400 `M_NOT_JSON`. With
 * `nullAllowed` `null` is none, too.
 */
export async function readJsonObject(
  message: IncomingMessage,
  options: { maxBytes: number; emptyAllowed: boolean; nullAllowed: boolean },
): Promise<JsonObject> {
  const buffer = await readBody(message, options.maxBytes)
  if (buffer.length === 0) {
    if (options.emptyAllowed) return {}
    throw notJson()
  }
  const value = parseBody(buffer)
  if (value === null && options.nullAllowed) return {}
  if (!isJsonObject(value)) throw badJson('Content must be a JSON object.')
  return value
}

function parseBody(buffer: Buffer): unknown {
  try {
    return parseJson(buffer)
  } catch (error) {
    if (!(error instanceof InvalidJsonError)) throw error
    // With a cause the bytes were no JSON. Without one they were, but hold what we could not keep faithfully: half a
    // surrogate pair becomes U+FFFD in either database, 1e400 becomes Infinity. Refusing is the honest answer.
    throw error.cause === undefined ? badJson(`Bad JSON: ${error.message}`) : notJson()
  }
}

const NOTHING = Buffer.alloc(0)

function readBody(message: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const { headers } = message
  if (headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0')
    return Promise.resolve(NOTHING)
  checkAnnouncedLength(message, maxBytes)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let total = 0
    const stop = () => {
      message.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
    }
    const onData = (chunk: Buffer) => {
      total += chunk.length
      if (total > maxBytes) {
        stop()
        message.resume() // the rest is thrown away; the answer can go out meanwhile
        reject(tooLarge(`The request body is larger than ${maxBytes} bytes`))
        return
      }
      chunks.push(chunk)
    }
    const onEnd = () => {
      stop()
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
    }
    const onGone = () => {
      stop()
      reject(new ClientGoneError('the client went away while sending its request'))
    }
    message.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone)
  })
}
