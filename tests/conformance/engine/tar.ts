import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const BLOCK = 512

/** Unpacks the files and folders of a tar archive below `folder`. Links and the like are passed over. */
export function untar(archive: Buffer, folder: string): void {
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const header = archive.subarray(at, at + BLOCK)
    if (header.every((byte) => byte === 0)) return
    const text = (offset: number, length: number) =>
      header.toString('utf8', offset, offset + length).replace(/\0.*$/s, '')
    const number = (offset: number, length: number) => Number.parseInt(text(offset, length).trim() || '0', 8)
    const size = number(124, 12)
    const prefix = text(345, 155)
    const file = join(folder, normalize(`/${prefix === '' ? '' : `${prefix}/`}${text(0, 100)}`))
    const type = text(156, 1)
    if (type === '5') mkdirSync(file, { recursive: true })
    else if (type === '' || type === '0') {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, archive.subarray(at + BLOCK, at + BLOCK + size))
      chmodSync(file, number(100, 8) & 0o777 || 0o644)
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
}
