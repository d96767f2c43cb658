// The practice world's chat: who you are, channels, messages, threads, windows.

import { draw, read } from "./blocks.js";
import { markup, node } from "./text.js";

const $ = (id) => document.getElementById(id);
const here = { me: "", place: "", thread: "", version: -1, view: null, typed: {}, errors: {}, seen: new Set() };
let world;
let names = {};

async function call(what, asked = {}) {
  const answer = await fetch(`/ui/${what}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ as: here.me, ...asked }) });
  const body = await answer.json();
  if (!body.ok && body.error && !body.errors && answer.status !== 200) notice(body.error);
  return body;
}

function notice(text) {
  const box = node("div", {}, text);
  $("notices").append(box);
  setTimeout(() => box.remove(), 7000);
}

function messageNode(message, channel, inThread) {
  const act = (asked) => call("action", { channel, ts: message.ts, ...asked });
  const inside = node("div", { class: message.ephemeral ? "inside private" : "inside" });
  const at = new Date(Number(message.ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const marks = `${at}${message.edited ? " · edited" : ""}${message.ephemeral ? " · only visible to you" : ""}`;
  inside.append(node("div", {}, node("span", { class: "name" }, message.name), " ", node("span", { class: "quiet" }, marks)));
  if (message.blocks.length) inside.append(...message.blocks.map((block) => draw(block, { names, act })));
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
  keepScroll($("messages"), () => $("messages").replaceChildren(...own.map((message) => messageNode(message, channel.id, false))));
}

function renderHome(view) {
  $("title").textContent = "Maildesk";
  const blocks = view.home ? view.home.blocks : [];
  $("messages").replaceChildren(...blocks.map((block) => draw(block, { names, act: (asked) => call("action", { home: true, ...asked }) })));
}

function renderThread(channel) {
  const head = channel && channel.messages.find((message) => message.ts === here.thread);
  $("thread").hidden = !head;
  if (!head) return;
  const close = () => { here.thread = ""; render(); };
  const all = channel.messages.filter((message) => message.ts === here.thread || message.thread_ts === here.thread);
  const title = node("header", {}, node("b", {}, "Thread"), node("button", { type: "button", onclick: close }, "Close thread"));
  keepScroll($("thread"), () => $("thread").replaceChildren(title, ...all.map((message) => messageNode(message, channel.id, true))));
}

function renderWindows(views) {
  const top = views[views.length - 1];
  const shown = $("stack").firstElementChild;
  if (!top) { $("stack").replaceChildren(); return; }
  const mark = `${top.id} ${top.hash} ${JSON.stringify(here.errors[top.id] || {})}`;
  if (shown && shown.dataset.mark === mark) return;
  const typed = shown && shown.dataset.view === top.id ? read(shown) : {};
  $("stack").replaceChildren(windowNode(top, mark));
  restore($("stack"), typed);
  const first = $("stack").querySelector("input, textarea, select, button");
  if (first) first.focus();
}

function restore(root, typed) {
  for (const control of root.querySelectorAll("input[data-block], textarea[data-block], select[data-block]")) {
    const value = (typed[control.dataset.block] || {})[control.dataset.action];
    if (value) control.value = value;
  }
}

function windowNode({ id, view }, mark) {
  const box = node("div", { class: "blocks" });
  const act = (asked) => call("action", { view_id: id, state: read(box), ...asked });
  const load = (asked) => call("options", { view_id: id, ...asked });
  box.append(...view.blocks.map((block) => draw(block, { names, act, load, errors: here.errors[id] || {} })));
  const close = () => { delete here.errors[id]; call("close", { view_id: id }); };
  const buttons = [node("button", { type: "button", onclick: close }, view.close ? view.close.text : "Close")];
  if (view.submit) buttons.push(node("button", { class: "primary" }, view.submit.text));
  const send = async (event) => {
    event.preventDefault();
    const answer = await call("submit", { view_id: id, values: read(box) });
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
