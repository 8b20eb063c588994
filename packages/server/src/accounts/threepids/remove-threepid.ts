import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Transaction } from '@ranvier/storage'

/** Takes an address from an account, and with it the pushers that send mail there. Synapse does the same. */
export async function removeThreepidIn(
  tx: Transaction,
  userId: UserId,
  medium: string,
  address: string,
): Promise<void> {
  await tx.threepids.delete(userId, medium, address)
  if (medium !== 'email') return
  for (const pusher of await tx.pushers.listOfUser(userId))
    if (pusher.kind === 'email' && isSameAddress(pusher.pushkey, address)) await tx.pushers.delete(pusher)
}

/** `address` is in its stored form; a client may have written the other as it liked. */
function isSameAddress(written: string, address: string): boolean {
  return written.toUpperCase().toLowerCase() === address
}
