import { readFileSync } from 'node:fs'

/** What one record of `record.c` says; the meaning of the kinds stands there. */
export interface LogRecord {
  kind: 'W' | 'T' | 'C' | 'M' | 'R' | 'L' | 'U' | 'B' | 'E' | 'S'
  path: string
  /** Bytes. */
  offset: number
  number: number
  bytes: Buffer
  /** Where it ends in the log, bytes. */
  end: number
}

const NUMBERS_BYTES = 24
const HEAD_BYTES = 1 + NUMBERS_BYTES + 4

/** The records of a log, in the order in which things happened. What a kill left half written at its end is left out. */
export function readLog(file: string): LogRecord[] {
  const log = readFileSync(file)
  const records: LogRecord[] = []
  let at = 0
  while (at + HEAD_BYTES <= log.length) {
    const pathStart = at + HEAD_BYTES
    const bytesStart = pathStart + log.readUInt32LE(at + 1 + NUMBERS_BYTES)
    const end = bytesStart + Number(log.readBigUInt64LE(at + 17))
    if (end > log.length) break
    records.push({
      kind: String.fromCharCode(log[at]!) as LogRecord['kind'],
      path: log.toString('utf8', pathStart, bytesStart),
      offset: Number(log.readBigUInt64LE(at + 1)),
      number: Number(log.readBigUInt64LE(at + 9)),
      bytes: log.subarray(bytesStart, end),
      end,
    })
    at = end
  }
  return records
}
