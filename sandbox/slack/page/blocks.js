// Block Kit as page nodes: blocks of messages and windows, and reading a form back.

import { node, textObject } from "./text.js";

let labels = 0;

export function draw(block, context) {
  const drawer = DRAWERS[block.type];
  return drawer ? drawer(block, context) : node("div", { class: "quiet" }, `(${block.type})`);
}

const DRAWERS = {
  divider: () => node("hr"),
  header: (block) => node("div", { class: "head", role: "heading", "aria-level": "3" }, block.text.text),
  context: (block, { names }) => node("div", { class: "context" }, ...block.elements.map((text) => node("span", {}, textObject(text, names), " "))),
  actions: (block, context) => node("div", { class: "actions" }, ...block.elements.map((element) => press(block, element, context))),
  section(block, context) {
    const parts = [];
    if (block.text) {
      const text = node("div", {}, textObject(block.text, context.names));
      const side = block.accessory ? node("div", {}, press(block, block.accessory, context)) : null;
      parts.push(node("div", { class: "section" }, text, side));
    }
    if (block.fields) parts.push(node("div", { class: "fields" }, ...block.fields.map((field) => node("div", {}, textObject(field, context.names)))));
    return node("div", {}, ...parts);
  },
  input(block, { errors = {}, load }) {
    const id = `field-${++labels}`;
    const note = block.optional && block.element.type !== "checkboxes" ? " (optional)" : "";
    const label = node("label", { for: id }, block.label.text + note);
    const hint = block.hint ? node("div", { class: "quiet" }, block.hint.text) : null;
    const error = errors[block.block_id] ? node("div", { class: "error", role: "alert" }, errors[block.block_id]) : null;
    const control = field(block.element, id, (query) => load({ block_id: block.block_id, action_id: block.element.action_id, query }));
    control.dataset.block = block.block_id;
    control.dataset.action = block.element.action_id;
    control.dataset.kind = block.element.type;
    return node("div", { class: "field" }, label, control, hint, error);
  },
};

function press(block, element, context) {
  if (element.type !== "button") return node("span", { class: "quiet" }, `(${element.type})`);
  const asked = { block_id: block.block_id, action_id: element.action_id, value: element.value };
  const act = () => { if (!element.confirm || confirm(element.confirm.text.text)) context.act(asked); };
  if (element.url) {
    const look = { class: `button ${element.style || ""}`, href: element.url, target: "_blank", rel: "noreferrer", onclick: act };
    return node("a", look, element.text.text);
  }
  return node("button", { type: "button", class: element.style || "", onclick: act }, element.text.text);
}

function options(element) {
  if (!element.option_groups) return (element.options || []).map(option(element));
  return element.option_groups.map((group) => node("optgroup", { label: group.label.text }, ...group.options.map(option(element))));
}

function option(element) {
  const chosen = element.initial_option && element.initial_option.value;
  return (choice) => node("option", { value: choice.value, selected: choice.value === chosen }, choice.text.text);
}

function field(element, id, load) {
  switch (element.type) {
    case "external_select": {
      const list = node("select", { id });
      const fill = async (query) => {
        const { options: loaded = [] } = await load(query);
        list.replaceChildren(...loaded.map((choice) => node("option", { value: JSON.stringify(choice) }, choice.text.text)));
      };
      const filter = node("input", { "aria-label": "Filter", placeholder: "Type to search", oninput: (event) => fill(event.target.value) });
      if (!element.min_query_length) fill("");
      return node("div", {}, filter, list);
    }
    case "static_select":
      return node("select", { id }, node("option", { value: "" }, element.placeholder ? element.placeholder.text : ""), ...options(element));
    case "checkboxes": {
      const ticked = (element.initial_options || []).map((choice) => choice.value);
      return node("div", { id }, ...element.options.map((choice) =>
        node("label", {}, node("input", { type: "checkbox", value: choice.value, checked: ticked.includes(choice.value) }), " ", choice.text.text)));
    }
    default:
      return element.multiline
        ? node("textarea", { id, maxlength: element.max_length }, element.initial_value || "")
        : node("input", { id, value: element.initial_value || "", maxlength: element.max_length });
  }
}

export function read(root) {
  const values = {};
  for (const control of root.querySelectorAll("[data-block]")) {
    const { block, action, kind } = control.dataset;
    const ticked = [...control.querySelectorAll("input:checked")].map((box) => box.value);
    const loaded = kind === "external_select" ? control.querySelector("select").value : "";
    values[block] = { [action]: kind === "checkboxes" ? ticked : kind === "external_select" ? loaded && JSON.parse(loaded) : control.value };
  }
  return values;
}
