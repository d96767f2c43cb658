// How a message looks: who, when, what, and what can be done with it.

import { draw } from "./blocks.js";
import { markup, node } from "./text.js";
import { timeOf } from "./time.js";

const TOGETHER_SECONDS = 300;
const COLOURS = ["#8a4b2a", "#2f6f4f", "#7a4a8c", "#2b6a8f", "#9a3b55", "#5b6b1f", "#4a54a0", "#8c6a1f"];

// Whether a message shows who wrote it: what somebody writes soon after stands under it.
export function startsGroup(message, before) {
  if (!before || before.user !== message.user || message.ephemeral || before.ephemeral) return true;
  return message.blocks.length > 0 || before.blocks.length > 0 || Number(message.ts) - Number(before.ts) > TOGETHER_SECONDS;
}

function face(message, app) {
  const initials = message.name.split(" ").map((part) => part[0]).slice(0, 2).join("");
  const colour = COLOURS[[...message.user].reduce((sum, sign) => sum + sign.charCodeAt(0), 0) % COLOURS.length];
  return node("div", { class: app ? "face app" : "face", "aria-hidden": "true", style: app ? "" : `background:${colour}` }, app ? "✉" : initials);
}

export function messageNode(message, { world, names, reply, surface, first, threads }) {
  const app = message.user === world.bot.user_id;
  const inside = node("div", { class: message.ephemeral ? "inside private" : "inside" });
  const marks = `${timeOf(message.ts)}${message.edited ? " · edited" : ""}${message.ephemeral ? " · only visible to you" : ""}`;
  if (first) {
    const badge = app ? node("span", { class: "app-badge" }, "APP") : null;
    inside.append(node("div", {}, node("span", { class: "name" }, message.name), " ", badge, " ", node("span", { class: "quiet" }, marks)));
  }
  if (message.blocks.length) inside.append(...message.blocks.map((block) => draw(block, surface)));
  else inside.append(node("div", { class: "section" }, node("div", {}, markup(message.text, names))));
  if (message.reply_count && threads) {
    const text = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
    inside.append(node("button", { type: "button", class: "replies", onclick: reply }, text));
  }
  const hover = threads && !message.ephemeral
    ? node("div", { class: "hover" }, node("button", { type: "button", onclick: reply, title: "Reply in thread", "aria-label": "Reply" }, "💬"))
    : null;
  const left = first ? face(message, app) : node("div", { class: "when quiet", "aria-hidden": "true" }, timeOf(message.ts));
  return node("article", { class: first ? "message" : "message more", "data-ts": message.ts }, left, inside, hover);
}

export const divider = (day) => node("div", { class: "day", role: "separator", "aria-label": day }, node("span", {}, day));
