const newestFirst = (a: { activity: number }, b: { activity: number }) => b.activity - a.activity

/**
 * The first `count` of the rooms, with the newest activity first. Of thousands a client sees some twenty: only these are put
 * in order, by the activity that they have at least.
 */
export function liveliest<Room extends { readonly activity: number }>(
  rooms: readonly Room[],
  count: number,
): Room[] {
  if (count === 0) return []
  if (count * 2 >= rooms.length) return rooms.toSorted(newestFirst).slice(0, count)
  const activities = new Float64Array(rooms.length)
  for (let i = 0; i < rooms.length; i++) activities[i] = rooms[i]!.activity
  const least = activities.sort()[rooms.length - count]!
  return rooms
    .filter(({ activity }) => activity >= least)
    .sort(newestFirst)
    .slice(0, count)
}
