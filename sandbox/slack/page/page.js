// The practice world's chat: who you are, channels, messages, threads, windows.

import { draw } from "./blocks.js";
import { beginComposer } from "./composer.js";
import { fieldsOf } from "./fields.js";
import { goingTo } from "./going.js";
import { divider, messageNode, startsGroup } from "./messages.js";
import { node } from "./text.js";
import { beginClock, dayOf, setNow } from "./time.js";
import { beginTour, lookOn } from "./tour.js";
import { unreadIn } from "./unread.js";

const $ = (id) => document.getElementById(id);
const here = { me: "", place: "", thread: "", version: -1, view: null, errors: {}, seen: new Set() };
let world;
let names = {};

async function call(what, asked = {}) {
  const answer = await fetch(`/ui/${what}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ as: here.me, ...asked }) });
  const body = await answer.json();
  if (!body.ok && body.error && !body.errors && answer.status !== 200) notice(body.error);
  return body;
}

async function upload(file) {
  const form = new FormData();
  form.append("as", here.me);
  form.append("file", file);
  const answer = await (await fetch("/ui/upload", { method: "POST", body: form })).json();
  return answer.ok ? answer.file : null;
}

// What blocks need to be drawn and to act: `place` says where the blocks are.
function surface(name, place, blocks, more = {}) {
  const fields = fieldsOf(`${here.me} ${name}`, blocks);
  const act = (asked) => call("action", { ...place, state: fields.values, ...asked });
  const load = (asked) => call("options", { ...place, ...asked });
  return { names, people: world.people, fields, act, load, upload, ...more };
}

// A node is drawn once for what it shows, so that what has the focus stays while other things change.
const drawn = new Map();
function once(key, shown, make) {
  const mark = `${dayOf(here.view.now)} ${JSON.stringify(shown)}`;
  if (!drawn.has(key) || drawn.get(key).mark !== mark) drawn.set(key, { mark, node: make() });
  return drawn.get(key).node;
}

function refill(box, nodes) {
  const same = nodes.length === box.childNodes.length && nodes.every((each, at) => each === box.childNodes[at]);
  if (same) return;
  const active = document.activeElement;
  box.replaceChildren(...nodes);
  if (box.contains(active)) active.focus();
}

function notice(text) {
  const box = node("div", {}, text);
  $("notices").append(box);
  setTimeout(() => box.remove(), 7000);
}

// What a message is drawn with.
function around(message, channel, more) {
  const reply = () => { here.thread = message.thread_ts || message.ts; render(); };
  return { world, names, reply, surface: surface(`${channel} ${message.ts}`, { channel, ts: message.ts }, message.blocks), ...more };
}

function keepScroll(shown, box, fill) {
  const low = box.dataset.shown !== shown || box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  box.dataset.shown = shown;
  const top = box.scrollTop;
  fill();
  box.scrollTop = low ? box.scrollHeight : top;
}

function render() {
  const view = here.view;
  if (!view) return;
  const channel = view.channels.find((place) => place.id === here.place);
  setNow(view.now);
  $("past").hidden = !view.past;
  if (here.past && !view.past && here.place === "home") call("home");
  here.past = view.past;
  for (const part of $("composer").elements) part.disabled = view.past;
  renderSide(view);
  $("composer").hidden = !channel;
  if (channel) renderChannel(channel);
  else renderHome(view);
  renderThread(channel);
  renderWindows(view.views);
  for (const said of view.notices) {
    if (!here.seen.has(said.id)) notice(said.text);
    here.seen.add(said.id);
  }
  lookOn({ view, me: here.me, place: here.place, thread: threadOf(channel) });
}

function renderSide(view) {
  const buttons = view.channels.map((place) => goTo(place.id, `# ${place.name}`, unreadIn(here.me, place, here.place), place.kind === "shared"));
  $("side").replaceChildren(node("h2", {}, "Channels"), ...buttons, node("h2", {}, "Apps"), goTo("home", world.bot.name, 0, false));
}

function goTo(place, label, unread, shared) {
  const badge = unread ? node("span", { class: "badge", title: "unread" }, String(unread)) : null;
  const mark = shared ? node("span", { class: "shared" }, "shared") : null;
  const look = `${here.place === place ? "here" : ""} ${unread ? "unread" : ""}`;
  return node("button", { type: "button", class: look, onclick: () => open(place) }, node("span", {}, label), mark, badge);
}

function open(place) {
  Object.assign(here, { place, thread: "" });
  showSide(false);
  remember();
  if (place === "home") call("home");
  render();
}

function showSide(shown) {
  document.body.classList.toggle("side-open", shown);
  $("menu").setAttribute("aria-expanded", String(shown));
}

function renderChannel(channel) {
  $("title").textContent = `# ${channel.name}`;
  $("words").placeholder = `Message #${channel.name}`;
  const own = channel.messages.filter((message) => !message.thread_ts || message.ephemeral);
  const nodes = own.flatMap((message, at) => {
    const before = own[at - 1];
    const first = startsGroup(message, before);
    const day = !before || dayOf(before.ts) !== dayOf(message.ts) ? dayOf(message.ts) : "";
    const drawnOf = () => messageNode(message, around(message, channel.id, { first, threads: true }));
    const drawn = once(`${channel.id} ${message.ts}`, [message, first], drawnOf);
    return day ? [once(`${channel.id} day ${day}`, day, () => divider(day)), drawn] : [drawn];
  });
  const empty = once(`${channel.id} empty`, "", () => node("p", { class: "quiet" }, `This is the very beginning of #${channel.name}.`));
  keepScroll(channel.id, $("messages"), () => refill($("messages"), nodes.length ? nodes : [empty]));
}

function renderHome(view) {
  $("title").textContent = "Maildesk";
  const blocks = view.home ? view.home.blocks : [];
  $("messages").dataset.shown = "home";
  refill($("messages"), [once("home", blocks, () => {
    if (!blocks.length) return node("p", { class: "quiet" }, "Loading…");
    const context = surface("home", { home: true }, blocks);
    return node("div", { class: "home" }, ...blocks.map((block) => draw(block, context)));
  })]);
}

function threadOf(channel) {
  if (!channel || !here.thread) return [];
  return channel.messages.filter((message) => message.ts === here.thread || message.thread_ts === here.thread);
}

function renderThread(channel) {
  const all = threadOf(channel);
  $("thread").hidden = !all.length;
  if (!all.length) return;
  const close = () => { here.thread = ""; render(); };
  const title = once("thread", here.thread, () =>
    node("header", {}, node("b", {}, "Thread"), node("button", { type: "button", onclick: close }, "Close thread")));
  const nodes = all.map((message) =>
    once(`${channel.id} ${message.ts} thread`, message, () => messageNode(message, around(message, channel.id, { first: true, threads: false }))));
  const answer = once("answer", here.thread, () => answerForm(here.thread));
  keepScroll(here.thread, $("thread"), () => refill($("thread"), [title, ...nodes, answer]));
}

function answerForm(thread) {
  const words = node("input", { "aria-label": "Reply", placeholder: "Reply…", autocomplete: "off" });
  const send = (event) => {
    event.preventDefault();
    if (words.value.trim()) call("message", { channel: here.place, text: words.value.trim(), thread_ts: thread });
    words.value = "";
  };
  return node("form", { class: "answer", onsubmit: send }, words, node("button", {}, "Reply"));
}

function renderWindows(views) {
  const top = views[views.length - 1];
  const shown = $("stack").firstElementChild;
  if (!top) { $("stack").replaceChildren(); return; }
  const mark = `${top.id} ${top.hash} ${JSON.stringify(here.errors[top.id] || {})}`;
  if (shown && shown.dataset.mark === mark) return;
  const before = shown && shown.dataset.view === top.id ? focused() : null;
  $("stack").replaceChildren(windowNode(top, mark));
  const first = refound($("stack"), before) || $("stack").querySelector("input, textarea, select, button");
  if (first) first.focus();
}

// Where the focus is, in words that outlive a redrawing.
function focused() {
  const active = document.activeElement;
  const control = active && active.closest("[data-block]");
  return control && { block: control.dataset.block, action: control.dataset.action, value: active.value };
}

function refound(root, before) {
  const same = (control) => before && control.dataset.block === before.block && control.dataset.action === before.action;
  const control = [...root.querySelectorAll("[data-block]")].find(same);
  if (!control || control.matches("input, textarea, select, button, a")) return control;
  const inside = [...control.querySelectorAll("input, select, button, summary")];
  return inside.find((each) => each.value === before.value) || inside[0];
}

function windowNode({ id, view }, mark) {
  const box = node("div", { class: "blocks" });
  const context = surface(id, { view_id: id }, view.blocks, { errors: here.errors[id] || {} });
  box.append(...view.blocks.map((block) => draw(block, context)));
  const close = () => { delete here.errors[id]; call("close", { view_id: id }); };
  const buttons = [node("button", { type: "button", onclick: close }, view.close ? view.close.text : "Close")];
  if (view.submit) buttons.push(node("button", { class: "primary" }, view.submit.text));
  const send = async (event) => {
    event.preventDefault();
    const answer = await call("submit", { view_id: id, values: context.fields.values });
    here.errors[id] = answer.errors || {};
    render();
  };
  const title = node("h2", { id: "window-title" }, view.title.text);
  const form = node("form", { class: "modal", role: "dialog", "aria-modal": "true", "aria-labelledby": "window-title", novalidate: true, onsubmit: send }, title, box, node("footer", {}, ...buttons));
  return node("div", { class: "veil", "data-mark": mark, "data-view": id }, form);
}

async function watch() {
  for (;;) {
    const me = here.me;
    try {
      const answer = await fetch(`/ui/view?as=${me}&since=${here.version}`);
      const view = await answer.json();
      if (me !== here.me) continue;
      here.version = view.version;
      if (!view.unchanged) { here.view = view; render(); }
      document.body.dataset.version = view.version;
    } catch {
      await new Promise((again) => setTimeout(again, 1000));
    }
  }
}

function remember() {
  history.replaceState(null, "", `#as=${here.me}&channel=${here.place}`);
}

function become(person) {
  Object.assign(here, { me: person, version: -1, thread: "", view: null });
  drawn.clear();
  remember();
  fetch(`/ui/view?as=${person}`).then((answer) => answer.json()).then((view) => {
    if (here.me !== person) return;
    if (here.place !== "home" && !view.channels.some((place) => place.id === here.place)) here.place = view.channels[0].id;
    here.view = view;
    here.version = view.version;
    if (here.place === "home") call("home");
    render();
  });
}

// Where a step of the tour leads; who is to `stay` is there already.
function guide(step, stay = false) {
  if (step.as !== here.me) { $("who").value = step.as; become(step.as); }
  if (!stay) open(step.place);
  goingTo(step, world, {
    view: () => here.view,
    thread: (ts) => { here.thread = ts; render(); },
  });
}

function send(text) {
  const [command, ...rest] = text.split(" ");
  if (command.startsWith("/")) call("slash", { channel: here.place, command, text: rest.join(" ") });
  else call("message", { channel: here.place, text });
}

// Between two people nothing is known of the channel yet.
const isShared = () => Boolean(here.view?.channels.some(({ id, kind }) => id === here.place && kind === "shared"));

async function begin() {
  world = await (await fetch("/ui/bootstrap")).json();
  const everybody = [...world.people, ...world.channels, { id: world.bot.user_id, name: world.bot.name }];
  names = Object.fromEntries(everybody.map(({ id, name }) => [id, name]));
  for (const { id, name } of world.workspaces) {
    const members = world.people.filter((person) => person.team_id === id);
    $("who").append(node("optgroup", { label: name }, ...members.map((person) => node("option", { value: person.id }, `${person.name} · ${person.role}`))));
  }
  $("links").append(...world.links.map((link) => node("a", { href: link.url, target: "_blank", rel: "noreferrer" }, link.label)));
  $("who").addEventListener("change", () => become($("who").value));
  $("menu").addEventListener("click", () => showSide(!document.body.classList.contains("side-open")));
  beginClock(world.zone, (step) => call("clock", { step }));
  beginComposer(() => ({ me: world.people.find(({ id }) => id === here.me), shared: isShared(), world }), send);
  const asked = new URLSearchParams(location.hash.slice(1));
  here.place = asked.get("channel") || world.channels[0].id;
  here.me = asked.get("as") || world.people[0].id;
  $("who").value = here.me;
  await beginTour(world.channels, guide);
  become(here.me);
  watch();
}

begin();
