/** A mail, ready to be sent. */
export interface Mail {
  to: string
  subject: string
  text: string
  html: string
  /** Further headers. */
  headers?: Readonly<Record<string, string>>
}

/** What a mail says, written once for both of its forms. */
export type Block =
  | { kind: 'text'; text: string }
  /** A link on a line of its own. */
  | { kind: 'link'; label: string; url: string }
  | { kind: 'heading'; text: string; url?: string }
  | { kind: 'messages'; messages: readonly { who: string; when: string; text: string }[] }

export const say = (text: string): Block => ({ kind: 'text', text })
export const link = (label: string, url: string): Block => ({ kind: 'link', label, url })

/** The plain and the HTML form of a mail. Whatever comes from users is escaped. */
export function renderBlocks(
  title: string,
  blocks: readonly Block[],
  appName: string,
): Pick<Mail, 'text' | 'html'> {
  const text = `${blocks.map(blockText).join('\n\n')}\n\n-- \n${appName}\n`
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title>
<body style="font-family: sans-serif; max-width: 40em">
${blocks.map(blockHtml).join('\n')}
<p style="color: #666">${escapeHtml(appName)}</p>
</body></html>
`
  return { text, html }
}

function blockText(block: Block): string {
  switch (block.kind) {
    case 'text':
      return block.text
    case 'link':
      return `${block.label}:\n${block.url}`
    case 'heading':
      return block.url === undefined ? `* ${block.text}` : `* ${block.text}\n  ${block.url}`
    case 'messages':
      return block.messages.map(({ who, when, text }) => `  [${when}] ${who}: ${text}`).join('\n')
  }
}

function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'text':
      return `<p>${escapeHtml(block.text)}</p>`
    case 'link':
      return `<p><a href="${escapeHtml(block.url)}">${escapeHtml(block.label)}</a></p>`
    case 'heading': {
      const text = escapeHtml(block.text)
      return `<h3>${block.url === undefined ? text : `<a href="${escapeHtml(block.url)}">${text}</a>`}</h3>`
    }
    case 'messages':
      return `<ul>${block.messages.map(messageHtml).join('')}</ul>`
  }
}

function messageHtml({ who, when, text }: { who: string; when: string; text: string }): string {
  return `<li><b>${escapeHtml(who)}</b> <small>${escapeHtml(when)}</small><br>${escapeHtml(text)}</li>`
}

/** Text as it may stand in HTML, also between quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
