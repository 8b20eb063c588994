import { createHash } from 'node:crypto'
import type { UserId } from '@ranvier/protocol/ids/brands'
import type { Storage } from '@ranvier/storage'
import type { Profiles } from '../accounts/profiles.ts'
import type { Media } from '../media/media.ts'
import type { OutboundClient } from '../outbound/client.ts'
import { actAs } from '../rooms/auto-join.ts'
import type { RemoteUser } from './provider.ts'

const TIMEOUT_MS = 20_000
const MAX_REDIRECTS = 5
/** Where the configuration says nothing of avatars. */
const MAX_PICTURE_BYTES = 10_000_000
const PICTURES = /^image\/(png|jpeg|gif|webp)$/

/**
 * Begins to make a profile what a provider says: the picture of a new account, and name and picture of one that logs in
 * where the operator wants it. Nobody waits for it, and what cannot be had changes nothing. Synapse: handlers/sso
 */
export type UpdateProfile = (userId: UserId, user: RemoteUser, of: { isNew: boolean }) => void

export interface SsoProfiles extends AsyncDisposable {
  update: UpdateProfile
}

export function ssoProfiles(deps: {
  storage: Pick<Storage, 'read'>
  profiles: Pick<Profiles, 'setForUser'>
  upload: Media['upload']
  /** Pictures may be anywhere: not the client that may reach our own network. */
  outbound: Pick<OutboundClient, 'request'>
  updatesProfiles: boolean
  maxPictureBytes: number | null
  onError: (error: unknown, userId: UserId) => void
}): SsoProfiles {
  const stopped = new AbortController()
  const running = new Set<Promise<void>>()

  async function setPicture(userId: UserId, url: string): Promise<void> {
    const { status, headers, body } = await deps.outbound.request({
      method: 'GET',
      url,
      timeoutMs: TIMEOUT_MS,
      maxRedirects: MAX_REDIRECTS,
      maxResponseBytes: deps.maxPictureBytes ?? MAX_PICTURE_BYTES,
      signal: stopped.signal,
    })
    const mediaType = String(headers['content-type'] ?? '')
      .split(';', 1)[0]!
      .trim()
      .toLowerCase()
    if (status !== 200 || !PICTURES.test(mediaType)) throw new Error(`no picture: ${status} ${mediaType}`)
    const { avatarUrl } = await deps.storage.read.accounts.get(userId)
    if (avatarUrl !== null && (await isSame(avatarUrl, body))) return
    const uri = await deps.upload(actAs(userId), {
      mediaType,
      fileName: undefined,
      openBody: async function* () {
        yield body
      },
    })
    await deps.profiles.setForUser(userId, 'avatar_url', uri)
  }

  /** Whether the file is what the picture already is. */
  async function isSame(avatarUrl: string, picture: Buffer): Promise<boolean> {
    const media = await deps.storage.read.media.find(avatarUrl.split('/').at(-1)!)
    return media?.sha256 === createHash('sha256').update(picture).digest('hex')
  }

  async function make(userId: UserId, user: RemoteUser, isNew: boolean): Promise<void> {
    const account = await deps.storage.read.accounts.get(userId)
    const { displayname, picture } = user
    // A new account was made with its name.
    if (!isNew && displayname !== null && displayname !== account.displayname)
      await deps.profiles.setForUser(userId, 'displayname', displayname)
    if (picture !== null && /^https?:\/\//.test(picture)) await setPicture(userId, picture)
  }

  return {
    update(userId, user, { isNew }) {
      if (stopped.signal.aborted || !(isNew || deps.updatesProfiles)) return
      const work = make(userId, user, isNew)
        .catch((error: unknown) => {
          if (!stopped.signal.aborted) deps.onError(error, userId)
        })
        .finally(() => running.delete(work))
      running.add(work)
    },
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await Promise.all(running)
    },
  }
}
