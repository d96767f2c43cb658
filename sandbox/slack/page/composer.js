// Where people write: it suggests only what this person can do here.

import { node } from "./text.js";

const $ = (id) => document.getElementById(id);
const IN_CUSTOMERS_CHANNELS = [
  ["list", "every account of this channel's customer"],
  ["add", "a new account"],
  ["test all", "test every connection"],
  ["setup", "make this a customer's channel, or change how it is looked after"],
];
const EVERYWHERE = [
  ["error MX-", "what an error ID or a pasted text means"],
  ["help", "everything that can be typed"],
];
const THEIRS = [["help", "what you can do here"]];

// What can be typed here: our own people have the command; people of other workspaces can only mention the app.
function offers({ me, shared, world }) {
  const ours = [...(shared ? IN_CUSTOMERS_CHANNELS : []), ...EVERYWHERE];
  return me.team_id === world.team_id
    ? ours.map(([words, what]) => [`${world.commands[0]} ${words}`, what])
    : THEIRS.map(([words, what]) => [`@${world.bot.name} ${words}`, what]);
}

export function fill(words) {
  $("words").value = words;
  if (words) $("words").focus();
}

export function beginComposer(look, send) {
  const box = $("suggestions");
  const hide = () => { box.hidden = true; };
  const show = () => {
    const typed = $("words").value;
    const begun = offers(look()).filter(([words]) => words.startsWith(typed) && words !== typed);
    box.hidden = !begun.length || !(typed === "" || "/@".includes(typed[0]));
    box.replaceChildren(...begun.map(([words, what]) =>
      node("button", { type: "button", onclick: () => { fill(words); hide(); } }, node("code", {}, words), ` ${what}`)));
  };
  $("words").addEventListener("input", show);
  $("words").addEventListener("focus", show);
  $("words").addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("click", (event) => { if (!$("composer").contains(event.target)) hide(); });
  $("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = $("words").value.trim();
    $("words").value = "";
    hide();
    if (text) send(text);
  });
}
