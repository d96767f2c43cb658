// The guided tour: four roles, a few steps each. A step takes you to its place, and ticks itself off when the page sees it happen.

import { fill } from "./composer.js";
import { node } from "./text.js";

const $ = (id) => document.getElementById(id);
const KEPT = "practice-tour";
const STEP_SEEN = {
  channel: ({ channel, has, moved }, { view }) => {
    const place = view.channels.find((each) => each.id === channel);
    return Boolean(place) && (!moved || view.moved) && place.messages.some((message) => holds(message, has));
  },
  thread: ({ has }, { thread }) => thread.some((message) => holds(message, has)),
  home: ({ has }, { view, place }) => place === "home" && holds(view.home, has),
  window: ({ has }, { view }) => view.views.some((each) => holds(each.view, has)),
  wrong: ({ wrong }, { view }) => view.wrong.some((each) => each.startsWith(wrong)),
  right: ({ right }, { view }) => !view.wrong.includes(right),
};

const holds = (shown, has) => { const all = JSON.stringify(shown); return has.every((words) => all.includes(words)); };
const happened = (seen, look) => Object.entries(STEP_SEEN).filter(([kind]) => kind in seen).every(([, test]) => test(seen, look));

let tours = [];
let go = () => {};
let kept = { role: 0, done: {}, closed: false };
let opened = -1;

const steps = () => tours[kept.role].steps;
const done = () => kept.done[tours[kept.role].role] || 0;
const keep = () => sessionStorage.setItem(KEPT, JSON.stringify(kept));

// Tick off what has happened, one step after the other.
export function lookOn(look) {
  if (!tours.length) return;
  const before = done();
  let count = before;
  while (count < steps().length && happened(steps()[count].seen, look)) count += 1;
  if (count === before) return;
  kept.done[tours[kept.role].role] = count;
  opened = -1;
  keep();
  draw();
  goOn(look);
}

// Whoever is at the next step's place already, as the right person, is shown at once what to press there, and is not taken away from
// what they are looking at.
function goOn({ me, place }) {
  const next = steps()[done()];
  if (kept.closed || !next || next.go.as !== me || next.go.place !== place) return;
  if (next.go.press || next.go.thread) setTimeout(() => go(next.go, true));
}

function choose(role) {
  kept.role = role;
  opened = -1;
  keep();
  draw();
}

function show(open) {
  kept.closed = !open;
  keep();
  draw();
}

function stepNode(step, number) {
  const ticked = number < done();
  const open = number === (opened < 0 ? done() : opened);
  const unfold = () => { opened = number; draw(); };
  const title = node("button", { type: "button", class: "title", "aria-expanded": String(open), onclick: unfold },
    node("span", { class: "tick", "aria-hidden": "true" }, ticked ? "✓" : String(number + 1)), step.title);
  const more = node("div", { class: "more" }, node("p", {}, step.text),
    node("button", { type: "button", class: "primary", onclick: () => { go(step.go); fill(step.go.type || ""); } }, "Show me"));
  return node("li", { class: `${ticked ? "ticked" : ""} ${open ? "open" : ""}` }, title, open ? more : null);
}

function draw() {
  $("tour").hidden = kept.closed;
  $("tour-open").hidden = !kept.closed;
  const tour = tours[kept.role];
  const tab = ({ role }, number) => node("button", { type: "button", role: "tab", "aria-selected": String(number === kept.role), onclick: () => choose(number) }, role);
  const again = () => { kept.done[tour.role] = 0; choose(kept.role); };
  const all = done() === steps().length;
  $("tour").replaceChildren(
    node("header", {}, node("h2", {}, "Guided tour"), node("button", { type: "button", onclick: () => show(false) }, "Got it")),
    node("div", { class: "tabs", role: "tablist" }, ...tours.map(tab)),
    node("p", { class: "quiet" }, all ? "You have seen it all. Take another role, or look around." : tour.who),
    node("ol", {}, ...steps().map(stepNode)),
    all ? node("button", { type: "button", onclick: again }, "Begin again") : "",
  );
}

// Only the roles whose customers there are: `channels` says which.
export async function beginTour(channels, goTo) {
  const all = await (await fetch("/page/tours.json")).json();
  const there = new Set(channels.map(({ id }) => id).concat("home"));
  tours = all.filter((tour) => tour.steps.every((step) => there.has(step.go.place)));
  go = goTo;
  kept = { ...kept, ...JSON.parse(sessionStorage.getItem(KEPT) || "{}") };
  if (kept.role >= tours.length) kept.role = 0;
  $("tour-open").addEventListener("click", () => show(true));
  draw();
}
