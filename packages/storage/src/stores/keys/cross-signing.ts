import type { UserId } from '@ranvier/protocol/ids/brands'
import { bulkInsert } from '../../db/bulk.ts'
import { askPairs, pairQuestion } from '../../db/pairs.ts'
import type { ReadHandle, WriteHandle } from '../../db/types.ts'
import type { Transaction } from '../../transaction.ts'

export const CROSS_SIGNING_USAGES = ['master', 'self_signing', 'user_signing'] as const
export type CrossSigningUsage = (typeof CROSS_SIGNING_USAGES)[number]

export interface CrossSigningKey {
  userId: UserId
  usage: CrossSigningUsage
  /** Unpadded base64, the key's name without `ed25519:`. */
  publicKey: string
  /** Canonical JSON text, as uploaded. */
  key: string
  /** Until when an administrator lets the owner replace it without further proof, ms; null: never allowed. */
  replaceableUntilTs: number | null
}

/** A signature that was uploaded apart from the key it is on. */
export interface KeySignature {
  targetUserId: UserId
  /** A device id, or the public part of a master key. */
  targetId: string
  signerUserId: UserId
  /** With its algorithm, as in `signatures`. */
  signerKeyId: string
  signature: string
}

/** What a fact of the stream `device_lists` with this `change` carries in `detail`; its key is who has signed. */
export interface UserSignatureChange {
  targetUserIds: UserId[]
}
/** `change` of the facts that a user has signed others' keys, which only that user can see. */
export const USERS_SIGNED = 'users-signed'

interface RawKey {
  user_id: UserId
  usage: CrossSigningUsage
  public_key: string
  key: string
  replaceable_until_ts: number | null
}

interface RawSignature {
  target_user_id: UserId
  target_id: string
  signer_user_id: UserId
  signer_key_id: string
  signature: string
}

const signatureFrom = (row: RawSignature): KeySignature => ({
  targetUserId: row.target_user_id,
  targetId: row.target_id,
  signerUserId: row.signer_user_id,
  signerKeyId: row.signer_key_id,
  signature: row.signature,
})

const SIGNATURES_OF_VIEWER =
  'SELECT * FROM key_signatures WHERE target_user_id = ANY(?) AND own = 0 AND signer_user_id = ?'
/** Exported for tests of its plan. */
export const SIGNATURES_ON = pairQuestion(
  's.*',
  'key_signatures s',
  `s.target_user_id = wanted.first AND s.own = 1 AND s.signer_user_id = wanted.first
     AND s.target_id = wanted.second`,
)

/** Keys that users sign devices and each other with, and the signatures made with them. */
export class CrossSigningReader {
  protected readonly db: ReadHandle
  constructor(db: ReadHandle) {
    this.db = db
  }

  /** All cross-signing keys of these users, in no order. */
  async listOfUsers(userIds: readonly string[]): Promise<CrossSigningKey[]> {
    if (userIds.length === 0) return []
    const rows = await this.db.all<RawKey>('SELECT * FROM cross_signing_keys WHERE user_id = ANY(?)', userIds)
    return rows.map((row) => ({
      userId: row.user_id,
      usage: row.usage,
      publicKey: row.public_key,
      key: row.key,
      replaceableUntilTs: row.replaceable_until_ts,
    }))
  }

  /** The user's keys by usage. */
  async keysOf(userId: string): Promise<Partial<Record<CrossSigningUsage, CrossSigningKey>>> {
    const keys = await this.listOfUsers([userId])
    return Object.fromEntries(keys.map((key) => [key.usage, key]))
  }

  /** Signatures on keys of these users: those by the owner of the key, and those by `viewer`. */
  async signaturesFor(viewer: string, userIds: readonly string[]): Promise<KeySignature[]> {
    if (userIds.length === 0) return []
    const [own, viewers] = await Promise.all([
      this.db.all<RawSignature>(
        'SELECT * FROM key_signatures WHERE target_user_id = ANY(?) AND own = 1',
        userIds,
      ),
      this.db.all<RawSignature>(SIGNATURES_OF_VIEWER, userIds, viewer),
    ])
    return [...own, ...viewers].map(signatureFrom)
  }

  /** The same, on these keys of users alone; none may be named twice. */
  async signaturesOn(
    viewer: string,
    targets: readonly Pick<KeySignature, 'targetUserId' | 'targetId'>[],
  ): Promise<KeySignature[]> {
    const userIds = [...new Set(targets.map(({ targetUserId }) => targetUserId))]
    if (userIds.length === 0) return []
    const pairs = targets.map(({ targetUserId, targetId }) => [targetUserId, targetId] as const)
    const [own, viewers] = await Promise.all([
      askPairs<RawSignature>(this.db, SIGNATURES_ON, pairs),
      this.db.all<RawSignature>(SIGNATURES_OF_VIEWER, userIds, viewer),
    ])
    return [...own, ...viewers].map(signatureFrom)
  }

  /** Whom the user has signed after `position` of the `device_lists` stream. */
  async signedSince(userId: string, position: number): Promise<UserId[]> {
    const rows = await this.db.all<{ target_user_id: UserId }>(
      'SELECT target_user_id FROM user_signature_changes WHERE user_id = ? AND position > ?',
      userId,
      position,
    )
    return rows.map((row) => row.target_user_id)
  }
}

const INSERT_SIGNATURE = {
  table: 'key_signatures',
  columns: {
    target_user_id: 'text',
    own: 'bigint',
    signer_user_id: 'text',
    target_id: 'text',
    signer_key_id: 'text',
    signature: 'text',
  },
  conflict: `ON CONFLICT (target_user_id, own, signer_user_id, target_id, signer_key_id)
             DO UPDATE SET signature = excluded.signature`,
} as const

const INSERT_CHANGE = {
  table: 'user_signature_changes',
  columns: { user_id: 'text', target_user_id: 'text', position: 'bigint' },
  conflict: 'ON CONFLICT (user_id, target_user_id) DO UPDATE SET position = excluded.position',
} as const

export class CrossSigningWriter extends CrossSigningReader {
  readonly #db: WriteHandle
  readonly #tx: Pick<Transaction, 'takePosition' | 'announce' | 'audit'>
  constructor(tx: Pick<Transaction, 'db' | 'takePosition' | 'announce' | 'audit'>) {
    super(tx.db)
    this.#db = tx.db
    this.#tx = tx
  }

  /** Replaces the user's key of this usage. That others must hear of it is for the caller to record. */
  async set(key: Omit<CrossSigningKey, 'replaceableUntilTs'>): Promise<void> {
    await this.#db.send(
      `INSERT INTO cross_signing_keys (user_id, usage, public_key, key) VALUES (?, ?, ?, ?)
       ON CONFLICT (user_id, usage)
       DO UPDATE SET public_key = excluded.public_key, key = excluded.key, replaceable_until_ts = NULL`,
      key.userId,
      key.usage,
      key.publicKey,
      key.key,
    )
  }

  /** Deletes a key with the signatures on it and by it. */
  async delete(key: Pick<CrossSigningKey, 'userId' | 'usage' | 'publicKey'>): Promise<void> {
    await this.#db.send(
      'DELETE FROM cross_signing_keys WHERE user_id = ? AND usage = ?',
      key.userId,
      key.usage,
    )
    await this.deleteSignaturesOfKeys(key.userId, [key.publicKey])
  }

  /** Lets the user replace the master key without further proof until `untilTs`; false if there is none. */
  async allowReplacement(userId: string, untilTs: number): Promise<boolean> {
    const changed = await this.#db.run(
      "UPDATE cross_signing_keys SET replaceable_until_ts = ? WHERE user_id = ? AND usage = 'master'",
      untilTs,
      userId,
    )
    if (changed === 1)
      this.#tx.audit.changed({ kind: 'user', id: userId, after: { keys_replaceable_until_ts: untilTs } })
    return changed === 1
  }

  /** Adds signatures; one by the same key on the same target replaces the older one. No two may be of that sort. */
  async addSignatures(signatures: readonly KeySignature[]): Promise<void> {
    await bulkInsert(
      this.#db,
      INSERT_SIGNATURE,
      signatures.map((each) => [
        each.targetUserId,
        each.signerUserId === each.targetUserId ? 1 : 0,
        each.signerUserId,
        each.targetId,
        each.signerKeyId,
        each.signature,
      ]),
    )
  }

  /** Deletes the signatures on and by these keys of the user; a key is a device id or a public key. */
  async deleteSignaturesOfKeys(userId: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.#db.send(
      'DELETE FROM key_signatures WHERE target_user_id = ? AND target_id = ANY(?)',
      userId,
      ids,
    )
    await this.#db.send(
      'DELETE FROM key_signatures WHERE signer_user_id = ? AND signer_key_id = ANY(?)',
      userId,
      ids.map((id) => `ed25519:${id}`),
    )
  }

  /** Notes that the user has signed keys of others: only the user's own devices have to look at those anew. */
  async recordSigned(userId: UserId, targetUserIds: readonly UserId[]): Promise<void> {
    if (targetUserIds.length === 0) return
    const position = await this.#tx.takePosition('device_lists')
    const targets = [...new Set(targetUserIds)]
    await bulkInsert(
      this.#db,
      INSERT_CHANGE,
      targets.map((target) => [userId, target, position]),
    )
    const detail: UserSignatureChange = { targetUserIds: targets }
    this.#tx.announce({ stream: 'device_lists', position, key: userId, change: USERS_SIGNED, detail })
  }
}
