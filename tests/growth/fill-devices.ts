import type { WriteHandle } from '@ranvier/storage'

/** A device for every account that has none, about which everybody who shares a room is to be told. */
export async function giveDevices(db: WriteHandle): Promise<void> {
  await db.run(
    `INSERT INTO devices (user_id, device_id, display_name, created_ts)
     SELECT name, 'PHONE', 'Phone', creation_ts FROM users u
     WHERE NOT EXISTS (SELECT 1 FROM devices d WHERE d.user_id = u.name)`,
  )
  const last = await db.get<{ position: number }>(`SELECT position FROM streams WHERE name = 'device_lists'`)
  const known = last!.position
  await db.run(
    `INSERT INTO device_list_changes (user_id, position)
     SELECT name, ${known} + ROW_NUMBER() OVER (ORDER BY name) FROM users u
     WHERE NOT EXISTS (SELECT 1 FROM device_list_changes c WHERE c.user_id = u.name)`,
  )
  await db.run(
    `UPDATE streams SET position = (SELECT MAX(position) FROM device_list_changes) WHERE name = 'device_lists'
       AND position < (SELECT MAX(position) FROM device_list_changes)`,
  )
}
