import type { HttpRequest } from './request.ts'

const MAX_FORM_BYTES = 10_000

/** What a browser has sent of a form, still encoded. 413 `M_TOO_LARGE` for more than any of ours has. */
export async function formText(request: HttpRequest): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request.bodyStream(MAX_FORM_BYTES)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
