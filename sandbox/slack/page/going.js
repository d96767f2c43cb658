// Taking somebody to what a step of the tour is about, as soon as it is there.

const PATIENCE = 40;
const PAUSE_MILLISECONDS = 250;
const HINT_MILLISECONDS = 30_000;

const $ = (id) => document.getElementById(id);
const holds = (message, words) => JSON.stringify(message.blocks).includes(words);

export async function goingTo(step, world, page) {
  if (step.clock) { $("clock").open = true; return; }
  if ("switch" in step) {
    const board = world.links.find((link) => link.label === "Switchboard");
    window.open(`${board.url}/#${step.switch}`, "switchboard");
    return;
  }
  // Until the person whom one became sees the place, what is drawn is still the one before.
  const found = () => page.view() && (step.thread ? openThread(step, page) : hint(step));
  for (let tries = 0; tries < PATIENCE && (step.thread || step.press) && !found(); tries += 1) {
    await new Promise((again) => setTimeout(again, PAUSE_MILLISECONDS));
  }
}

function openThread(step, page) {
  const place = page.view().channels.find(({ id }) => id === step.place);
  const head = place && place.messages.findLast((message) => !message.thread_ts && holds(message, step.thread));
  if (head) page.thread(head.ts);
  return Boolean(head);
}

// Points at the newest button of that name, on a message that speaks of `on`.
function hint(step) {
  const messages = [...$("messages").querySelectorAll("article")].filter((each) => each.textContent.includes(step.on || ""));
  const buttons = messages.flatMap((each) => [...each.querySelectorAll("button, a")]);
  const button = buttons.findLast((each) => each.textContent === step.press);
  if (!button) return false;
  button.scrollIntoView({ block: "center" });
  $("messages").querySelectorAll(".hint").forEach((each) => each.classList.remove("hint"));
  button.classList.add("hint");
  button.addEventListener("click", () => button.classList.remove("hint"), { once: true });
  setTimeout(() => button.classList.remove("hint"), HINT_MILLISECONDS);
  return true;
}
