// Block Kit's elements as controls that a keyboard and a screen reader can use. Each writes into its surface's fields; one that acts
// at once (outside of an input, or in one that dispatches) tells the app too.

import { fileName, options, rememberFile } from "./fields.js";
import { node, textObject } from "./text.js";

let groups = 0;

export function control(block, element, context, look) {
  const ids = { block_id: block.block_id, action_id: element.action_id };
  const again = () => { const fresh = control(block, element, context, look); made.replaceWith(fresh); return fresh; };
  const wiring = {
    ...look,
    context,
    again,
    held: context.fields.get(ids.block_id, ids.action_id),
    hold: (value) => context.fields.set(ids.block_id, ids.action_id, value),
    load: (query) => context.load({ ...ids, query }),
    settle(value) {
      if (look.acts && !agreed(element)) { again(); return; }
      wiring.hold(value);
      if (look.acts) context.act({ ...ids, value });
    },
  };
  const drawer = CONTROLS[element.type] || writing;
  const made = drawer(element, wiring);
  Object.assign(made.dataset, { block: ids.block_id, action: ids.action_id });
  return made;
}

// Whether a control is several ones, so that its label is a group's.
export const isGroup = (element) => ["radio_buttons", "checkboxes", "file_input"].includes(element.type);

export function agreed(element) {
  const question = element.confirm;
  return !question || confirm(`${question.title.text}\n\n${question.text.text}`);
}

const CONTROLS = {
  static_select: (element, wiring) => dropdown(element, wiring, choices(element, [wiring.held])),
  users_select(element, wiring) {
    const people = wiring.context.people.map(({ id, name }) => node("option", { value: id, selected: id === wiring.held }, name));
    return dropdown(element, wiring, people);
  },
  multi_static_select(element, { id, name, held, settle }) {
    const change = (event) => settle([...event.target.selectedOptions].map((option) => option.value));
    return node("select", { id, "aria-label": name, multiple: true, onchange: change }, ...choices(element, held));
  },
  external_select: searched,
  overflow: menu,
  datepicker(element, { id, name, held, settle }) {
    // While a year is typed, the browser reports the years 2, 20 and 202 too.
    const change = ({ target }) => { if (!target.value || target.value >= "1000") settle(target.value); };
    return node("input", { type: "date", id, "aria-label": name, value: held, onchange: change });
  },
  radio_buttons: (element, wiring) => ticks("radio", element, wiring, [wiring.held], (chosen) => chosen[0]),
  checkboxes: (element, wiring) => ticks("checkbox", element, wiring, wiring.held, (chosen) => chosen),
  file_input: files,
};

function dropdown(element, { id, name, settle }, shown) {
  const empty = node("option", { value: "" }, element.placeholder ? element.placeholder.text : "Choose…");
  return node("select", { id, "aria-label": name, onchange: (event) => settle(event.target.value) }, empty, ...shown);
}

function choices(element, held) {
  const option = (choice) => node("option", { value: choice.value, selected: held.includes(choice.value) }, choice.text.text);
  if (!element.option_groups) return options(element).map(option);
  return element.option_groups.map((group) => node("optgroup", { label: group.label.text }, ...group.options.map(option)));
}

function searched(element, { id, name, held, settle, load }) {
  let shown = [];
  const list = node("select", { id, "aria-label": name, onchange: () => settle(shown[list.selectedIndex - 1] || null) });
  const fill = (found) => {
    shown = found;
    const chosen = found.map((choice) => node("option", { selected: Boolean(held) && choice.value === held.value }, choice.text.text));
    list.replaceChildren(node("option", { value: "" }, element.placeholder ? element.placeholder.text : "Choose…"), ...chosen);
  };
  const search = async (query) => fill((await load(query)).options || []);
  fill(held ? [held] : []);
  if (!held && element.min_query_length === 0) search("");
  const filter = node("input", { "aria-label": "Filter", placeholder: "Type to search", oninput: (event) => search(event.target.value) });
  return node("div", {}, filter, list);
}

function menu(element, { name, settle, again }) {
  const item = (choice) => {
    const open = () => { again().querySelector("summary").focus(); if (choice.url) window.open(choice.url, "_blank", "noreferrer"); };
    return node("button", { type: "button", onclick: () => { open(); settle(choice.value); } }, choice.text.text);
  };
  const shut = (event) => { if (event.key === "Escape") { event.stopPropagation(); again().querySelector("summary").focus(); } };
  const summary = node("summary", { "aria-label": `More actions: ${name}` }, "⋯");
  return node("details", { class: "menu", onkeydown: shut }, summary, node("div", {}, ...options(element).map(item)));
}

function ticks(type, element, { name, names, settle, context }, ticked, value) {
  const group = `group-${++groups}`;
  const change = () => settle(value([...box.querySelectorAll("input:checked")].map((input) => input.value)));
  const box = node("div", { class: "ticks", role: type === "radio" ? "radiogroup" : "group", "aria-label": name, "aria-labelledby": names },
    ...options(element).map((choice) => {
      const input = node("input", { type, name: group, value: choice.value, checked: ticked.includes(choice.value), onchange: change });
      const more = choice.description ? node("span", { class: "quiet" }, textObject(choice.description, context.names)) : null;
      return node("label", {}, input, node("span", {}, textObject(choice.text, context.names), more));
    }));
  return box;
}

function files(element, wiring) {
  const { id, held, context, again, names, hold } = wiring;
  const most = element.max_files || 10;
  const error = node("div", { class: "error", role: "alert" });
  const remove = (file) => () => { hold(held.filter((other) => other !== file)); again(); };
  const item = (file) => node("li", {}, `${fileName(file)} `,
    node("button", { type: "button", "aria-label": `Remove ${fileName(file)}`, onclick: remove(file) }, "Remove"));
  const take = async (event) => {
    const chosen = [...event.target.files];
    const problem = refusal(element, chosen, held.length);
    if (problem) { error.textContent = problem; event.target.value = ""; return; }
    box.setAttribute("aria-busy", "true");
    const added = [];
    for (const file of chosen) added.push(await context.upload(file));
    if (added.some((file) => !file)) { error.textContent = "This file could not be uploaded."; return; }
    added.forEach(rememberFile);
    hold([...held, ...added.map((file) => file.id)]);
    again();
  };
  const accept = (element.filetypes || []).map((type) => `.${type}`).join(",");
  const input = node("input", { type: "file", id, accept, multiple: most > 1, onchange: take });
  const full = held.length >= most;
  const box = node("div", full ? { class: "files", role: "group", "aria-labelledby": names } : { class: "files" }, full ? null : input,
    held.length ? node("ul", {}, ...held.map(item)) : null, error);
  return box;
}

function refusal(element, chosen, already) {
  const most = element.max_files || 10;
  const ending = (file) => (file.name.includes(".") ? file.name.split(".").pop().toLowerCase() : "");
  if (already + chosen.length > most) return `At most ${most} ${most === 1 ? "file" : "files"}.`;
  if (element.filetypes && chosen.some((file) => !element.filetypes.includes(ending(file)))) {
    return `This type of file is not accepted here. Accepted: ${element.filetypes.join(", ")}.`;
  }
  return "";
}

const TYPES = { email_text_input: "email", url_text_input: "url", number_input: "number" };

function writing(element, { id, name, held, hold, settle, acts }) {
  const triggers = (element.dispatch_action_config || {}).trigger_actions_on || ["on_enter_pressed"];
  const typed = ({ target }) => (acts && triggers.includes("on_character_entered") ? settle(target.value) : hold(target.value));
  const pressed = (event) => {
    if (!acts || event.key !== "Enter" || event.shiftKey || !triggers.includes("on_enter_pressed")) return;
    event.preventDefault();
    settle(event.target.value);
  };
  const look = { id, "aria-label": name, maxlength: element.max_length, placeholder: element.placeholder && element.placeholder.text,
    oninput: typed, onkeydown: pressed };
  if (element.multiline) return node("textarea", look, held || "");
  const bounds = element.type === "number_input" ? { step: element.is_decimal_allowed ? "any" : "1", min: element.min_value, max: element.max_value } : {};
  return node("input", { ...look, ...bounds, type: TYPES[element.type] || "text", value: held });
}
