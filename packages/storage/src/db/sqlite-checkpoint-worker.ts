import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'

/** A thread that copies the log of `workerData.file` into the database each time it is told to, and answers when it has. */
const database = new DatabaseSync((workerData as { file: string }).file)
// What is copied is flushed first, so nothing of the copy can reach the disk before the log it comes from.
database.exec('PRAGMA synchronous = NORMAL; PRAGMA cache_size = -256')
const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')

parentPort?.on('message', () => {
  checkpoint.get()
  parentPort?.postMessage('done')
})
