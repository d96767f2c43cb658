// The practice world's chat: who you are, channels, messages, threads, windows.

import { draw } from "./blocks.js";
import { fieldsOf } from "./fields.js";
import { markup, node } from "./text.js";

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
  const mark = JSON.stringify(shown);
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

function messageNode(message, channel, inThread) {
  const context = surface(`${channel} ${message.ts}`, { channel, ts: message.ts }, message.blocks);
  const inside = node("div", { class: message.ephemeral ? "inside private" : "inside" });
  const at = new Date(Number(message.ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const marks = `${at}${message.edited ? " · edited" : ""}${message.ephemeral ? " · only visible to you" : ""}`;
  inside.append(node("div", {}, node("span", { class: "name" }, message.name), " ", node("span", { class: "quiet" }, marks)));
  if (message.blocks.length) inside.append(...message.blocks.map((block) => draw(block, context)));
  else inside.append(node("div", { class: "section" }, node("div", {}, markup(message.text, names))));
  if (message.reply_count && !inThread) {
    const text = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
    inside.append(node("button", { type: "button", class: "replies", onclick: () => { here.thread = message.ts; render(); } }, text));
  }
  const app = message.user === world.bot.user_id;
  return node("article", { class: "message", "data-ts": message.ts }, node("div", { class: app ? "face app" : "face", "aria-hidden": "true" }, message.name[0]), inside);
}

function keepScroll(box, fill) {
  const low = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  const top = box.scrollTop;
  fill();
  box.scrollTop = low ? box.scrollHeight : top;
}

function render() {
  const view = here.view;
  if (!view) return;
  const channel = view.channels.find((place) => place.id === here.place);
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
}

function renderSide(view) {
  const buttons = view.channels.map((place) => goTo(place.id, `# ${place.name}${place.kind === "shared" ? "  · shared" : ""}`));
  $("side").replaceChildren(node("h2", {}, "Channels"), ...buttons, node("h2", {}, "Apps"), goTo("home", "Maildesk"));
}

function goTo(place, label) {
  const go = () => { Object.assign(here, { place, thread: "" }); remember(); if (place === "home") call("home"); render(); };
  return node("button", { type: "button", class: here.place === place ? "here" : "", onclick: go }, label);
}

function renderChannel(channel) {
  $("title").textContent = `# ${channel.name}`;
  const own = channel.messages.filter((message) => !message.thread_ts || message.ephemeral);
  const nodes = own.map((message) => once(`${channel.id} ${message.ts}`, message, () => messageNode(message, channel.id, false)));
  keepScroll($("messages"), () => refill($("messages"), nodes));
}

function renderHome(view) {
  $("title").textContent = "Maildesk";
  const blocks = view.home ? view.home.blocks : [];
  refill($("messages"), [once("home", blocks, () => {
    const context = surface("home", { home: true }, blocks);
    return node("div", { class: "home" }, ...blocks.map((block) => draw(block, context)));
  })]);
}

function renderThread(channel) {
  const head = channel && channel.messages.find((message) => message.ts === here.thread);
  $("thread").hidden = !head;
  if (!head) return;
  const close = () => { here.thread = ""; render(); };
  const all = channel.messages.filter((message) => message.ts === here.thread || message.thread_ts === here.thread);
  const title = once("thread", here.thread, () =>
    node("header", {}, node("b", {}, "Thread"), node("button", { type: "button", onclick: close }, "Close thread")));
  const nodes = all.map((message) => once(`${channel.id} ${message.ts} thread`, message, () => messageNode(message, channel.id, true)));
  keepScroll($("thread"), () => refill($("thread"), [title, ...nodes]));
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
    render();
  });
}

function send(event) {
  event.preventDefault();
  const text = $("words").value.trim();
  $("words").value = "";
  if (!text) return;
  const [command, ...rest] = text.split(" ");
  if (command.startsWith("/")) call("slash", { channel: here.place, command, text: rest.join(" ") });
  else call("message", { channel: here.place, text });
}

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
  $("composer").addEventListener("submit", send);
  $("tour").hidden = localStorage.getItem("tour") === "seen";
  $("tour-close").addEventListener("click", () => { localStorage.setItem("tour", "seen"); $("tour").hidden = true; });
  const asked = new URLSearchParams(location.hash.slice(1));
  here.place = asked.get("channel") || world.channels[0].id;
  here.me = asked.get("as") || world.people[0].id;
  $("who").value = here.me;
  become(here.me);
  watch();
}

begin();
