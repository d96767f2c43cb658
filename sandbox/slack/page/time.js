// What time it is in the practice world, and how Slack writes times: by the clock and the zone of the people in it.

const $ = (id) => document.getElementById(id);
const here = { zone: undefined, ahead: 0 };
const DAY = { weekday: "long", month: "long", day: "numeric" };

export const now = () => new Date(Date.now() + here.ahead);

const written = (at, format) => at.toLocaleString("en-GB", { timeZone: here.zone, ...format });

export const timeOf = (stamp) => written(new Date(Number(stamp) * 1000), { hour: "2-digit", minute: "2-digit" });

// The day of a moment: "Today", "Yesterday", or its date.
export function dayOf(stamp) {
  const at = new Date(Number(stamp) * 1000);
  const day = written(at, DAY);
  if (day === written(now(), DAY)) return "Today";
  return day === written(new Date(now().getTime() - 86_400_000), DAY) ? "Yesterday" : day;
}

export function setNow(seconds) {
  here.ahead = seconds * 1000 - Date.now();
  showNow();
}

function showNow() {
  $("clock").querySelector("summary").textContent =
    `🕘 ${written(now(), { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })}`;
}

export function beginClock(zone, move) {
  here.zone = zone;
  for (const button of $("clock").querySelectorAll("button")) {
    button.addEventListener("click", () => { $("clock").open = false; move(button.dataset.step); });
  }
  setInterval(showNow, 10_000);
}
