import assert from 'node:assert/strict'

/** An answer of the server that is not a success. `body` is what it said, parsed if it was JSON. */
export class MatrixRequestError extends Error {
  override readonly name = 'MatrixRequestError'
  readonly status: number
  readonly errcode: string | undefined
  readonly body: unknown
  constructor(request: string, status: number, body: unknown) {
    super(`${request}: ${status} ${typeof body === 'string' ? body : JSON.stringify(body)}`)
    this.status = status
    this.body = body
    const errcode = (body as { errcode?: unknown } | null)?.errcode
    this.errcode = typeof errcode === 'string' ? errcode : undefined
  }
}

/** For `assert.rejects`: the server refused with this status and errcode. */
export function matrixError(status: number, errcode: string): (error: unknown) => true {
  return (error) => {
    if (!(error instanceof MatrixRequestError)) throw error
    assert.deepEqual({ status: error.status, errcode: error.errcode }, { status, errcode }, error.message)
    return true
  }
}
