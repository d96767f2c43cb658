// Which messages somebody has not looked at. What stood in a channel when the page was opened counts as read.

const looked = new Map();

export function unreadIn(person, place, open) {
  const key = `${person} ${place.id}`;
  const newest = place.messages.length ? Number(place.messages[place.messages.length - 1].ts) : 0;
  if (!looked.has(place.id)) looked.set(place.id, newest);
  if (place.id === open) looked.set(key, newest);
  const since = looked.get(key) || looked.get(place.id);
  return place.messages.filter((message) => Number(message.ts) > since && message.user !== person).length;
}
