/** A row that had to exist does not. The HTTP edge answers 404. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}

/** Text no database here can hold (U+0000). The HTTP edge answers 400. */
export class UnstorableTextError extends Error {
  override readonly name = 'UnstorableTextError'
  constructor() {
    super('text holds the character U+0000, which cannot be stored')
  }
}

/** An integer is beyond what a number holds exactly. Nobody means one; clients may still send it. */
export class UnstorableNumberError extends Error {
  override readonly name = 'UnstorableNumberError'
  constructor() {
    super('an integer beyond 53 bits cannot be stored')
  }
}

/** The database was written by a newer release that this one cannot work beside. */
export class DatabaseTooNewError extends Error {
  override readonly name = 'DatabaseTooNewError'
}

/** A unique key is taken. Both databases' own errors are turned into this one. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/**
 * The database cannot be reached, or can store nothing: it is stopped, its disk is full, read-only or broken. Nothing is
 * wrong with what was asked. Whether a write that ends so has happened is not known. The HTTP edge answers 503.
 */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError'
}
