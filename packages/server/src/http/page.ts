import { createHash } from 'node:crypto'
import { escapeHtml } from '../mail/mail.ts'
import { HttpAnswer } from './answer.ts'

/** A script of somebody else's, from where it may load more, and what it may show in frames. */
export interface OthersScript {
  src: string
  scripts: string
  frames: string
}

/**
 * A page for a browser. `body` is HTML, in which the caller has escaped what came from outside. Nothing is loaded, no
 * script runs but `script` or that of `from`, and forms lead back here.
 */
export function page(
  title: string,
  body: string,
  { status = 200, script, from }: { status?: number; script?: string; from?: OthersScript } = {},
): HttpAnswer {
  const scripts =
    script === undefined ? "'none'" : `'sha256-${createHash('sha256').update(script).digest('base64')}'`
  return new HttpAnswer(
    status,
    {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src ${from?.scripts ?? scripts}; ${from === undefined ? '' : `frame-src ${from.frames}; style-src 'unsafe-inline'; `}form-action 'self'; frame-ancestors 'self'`,
      // The address may hold what proves something.
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><body><h1>${escapeHtml(title)}</h1>${body}${script === undefined ? '' : `<script>${script}</script>`}${from === undefined ? '' : `<script src="${from.src}" async defer></script>`}</body></html>`,
  )
}
