// Slack's markup as page nodes. Nothing from data is ever read as HTML.

import { dayOf, timeOf } from "./time.js";

const EMOJI = {
  white_check_mark: "✅", x: "❌", eyes: "👀", warning: "⚠️", heavy_minus_sign: "➖", hourglass_flowing_sand: "⏳",
  large_green_circle: "🟢", large_yellow_circle: "🟡", large_orange_circle: "🟠", construction: "🚧", red_circle: "🔴", white_circle: "⚪", tada: "🎉", wave: "👋",
  bell: "🔔", calendar: "📅", lock: "🔒", key: "🔑", mailbox: "📫", bulb: "💡", zzz: "💤", double_vertical_bar: "⏸️", grey_question: "❔", no_bell: "🔕", raising_hand: "🙋",
};

export function node(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== "") made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const plain = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function date(stamp, format) {
  const day = dayOf(stamp).replace(/^(T|Y)(oday|esterday)$/, (whole) => whole.toLowerCase());
  return format.replace(/\{date[a-z_]*\}/g, day).replace(/\{time[a-z_]*\}/g, timeOf(stamp));
}

function reference(inside, names) {
  const [target, label] = inside.split("|");
  if (target.startsWith("@")) return node("b", {}, "@" + (names[target.slice(1)] || target.slice(1)));
  if (target.startsWith("#")) return node("b", {}, "#" + (names[target.slice(1)] || target.slice(1)));
  if (target.startsWith("!date^")) {
    const [, stamp, format] = target.split("^");
    return document.createTextNode(date(stamp, format));
  }
  if (target.startsWith("!")) return node("b", {}, "@" + target.slice(1));
  return node("a", { href: plain(target), target: "_blank", rel: "noreferrer" }, plain(label || target));
}

const PIECE = /```([\s\S]+?)```|`([^`\n]+)`|<([^<>]+)>|\*([^*\n]+)\*|(?<![\w])_([^_\n]+)_(?![\w])|:([a-z_]+):/g;

export function markup(text, names) {
  const made = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(PIECE)) {
    const [whole, pre, code, ref, bold, italic, emoji] = match;
    if (emoji && !EMOJI[emoji]) continue;
    made.append(plain(text.slice(at, match.index)));
    if (pre) made.append(node("pre", {}, plain(pre)));
    else if (code) made.append(node("code", {}, plain(code)));
    else if (ref) made.append(reference(ref, names));
    else if (bold) made.append(node("b", {}, markup(bold, names)));
    else if (italic) made.append(node("i", {}, markup(italic, names)));
    else made.append(EMOJI[emoji]);
    at = match.index + whole.length;
  }
  made.append(plain(text.slice(at)));
  return made;
}

export function textObject(text, names) {
  return text.type === "mrkdwn" ? markup(text.text, names) : document.createTextNode(text.text);
}
