/**
 * `Promise.all` for what a transaction asks at once: rejects with the first error, but not before all have ended. What still
 * went on would write into a transaction, or behind a savepoint, that has been undone.
 */
export async function together<T extends readonly unknown[]>(
  asked: T,
): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  try {
    return await Promise.all(asked)
  } catch (error) {
    await Promise.allSettled(asked)
    throw error
  }
}
