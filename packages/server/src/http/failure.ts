import { type Errcode, MatrixError } from '../errors.ts'
import { HttpAnswer, json } from './answer.ts'

/** What the file system says when it is full, read-only or broken, or when too many files are open. */
const DISK_CODES = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE'])
const UNAVAILABLE = 'The server cannot read or store this at the moment. Try again later'

/** What a client is told about an error, and whether it is one of ours that must be looked into. */
export interface Failure {
  readonly answer: HttpAnswer
  readonly isUnexpected: boolean
}

/**
 * Turns whatever a route threw into an answer. Only a {@link MatrixError} speaks to the client; of anything else
 * it learns nothing but that it happened.
 */
export function failureOf(error: unknown): Failure {
  if (error instanceof MatrixError) return { answer: matrixErrorAnswer(error), isUnexpected: false }
  if (error instanceof Error) {
    // Storage is known by the names of its errors only: http does not depend on it.
    if (error.name === 'UnstorableTextError')
      return expected(400, 'M_INVALID_PARAM', 'Text must not contain the character U+0000')
    if (error.name === 'UnstorableNumberError')
      return expected(400, 'M_INVALID_PARAM', 'Integers must not be beyond 53 bits')
    if (error.name === 'NotFoundError') return expected(404, 'M_NOT_FOUND', 'Not found')
    if (
      error.name === 'StorageUnavailableError' ||
      DISK_CODES.has((error as NodeJS.ErrnoException).code ?? '')
    )
      return { answer: errorAnswer(503, 'M_UNKNOWN', UNAVAILABLE), isUnexpected: true }
  }
  return { answer: errorAnswer(500, 'M_UNKNOWN', 'Internal server error'), isUnexpected: true }
}

function expected(status: number, errcode: Errcode, message: string): Failure {
  return { answer: errorAnswer(status, errcode, message), isUnexpected: false }
}

/** A standard error response. Spec: CS API §Standard error response */
export function errorAnswer(
  status: number,
  errcode: Errcode,
  message: string,
  fields: Record<string, unknown> = {},
): HttpAnswer {
  return json(status, { errcode, error: message, ...fields })
}

function matrixErrorAnswer(error: MatrixError): HttpAnswer {
  const answer = errorAnswer(error.status, error.errcode, error.message, error.fields)
  const retryAfterMs = error.fields['retry_after_ms']
  if (error.status !== 429 || typeof retryAfterMs !== 'number') return answer
  return new HttpAnswer(
    answer.status,
    { ...answer.headers, 'retry-after': String(Math.ceil(retryAfterMs / 1000)) },
    answer.body,
  )
}
