import { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { collectGarbage } from '../collect-garbage.ts'

// A thread that copies the log of `workerData.file` into the database each time it is told to, and answers when it has.
// Elsewhere nothing happens: so it can be compiled ahead, with the rest.
if (parentPort !== null) copyWhenTold(parentPort, (workerData as { file: string }).file)

function copyWhenTold(port: MessagePort, file: string): void {
  const database = new DatabaseSync(file)
  // What is copied is flushed first, so nothing of the copy can reach the disk before the log it comes from.
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -256')
  const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
  port.on('message', () => {
    checkpoint.get()
    port.postMessage('done')
  })
  collectGarbage() // a third of what a thread begins with, 2 to 3 MB
}
