import { createHmac } from 'node:crypto'
import { Client, request } from './client.ts'

const PATH = '/_synapse/admin/v1/register'

/**
 * Makes an account with the registration shared secret, by default an administrator's.
 * Synapse: admin_api/register_api
 */
export async function registerWithSecret(
  url: string,
  secret: string,
  username: string,
  { password = `pw-${username}`, admin = true }: { password?: string; admin?: boolean } = {},
): Promise<Client> {
  const { nonce } = await request<{ nonce: string }>(url, 'GET', PATH)
  const fields = [nonce, username, password, admin ? 'admin' : 'notadmin']
  const mac = createHmac('sha1', secret).update(fields.join('\0')).digest('hex')
  const answer = await request<{ user_id: string; device_id: string; access_token: string }>(
    url,
    'POST',
    PATH,
    {
      nonce,
      username,
      password,
      admin,
      mac,
    },
  )
  return new Client(url, {
    userId: answer.user_id,
    deviceId: answer.device_id,
    accessToken: answer.access_token,
  })
}
