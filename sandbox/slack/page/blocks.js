// Block Kit's blocks as page nodes: of messages, windows and the Home tab.

import { chart, table } from "./charts.js";
import { agreed, control, isGroup } from "./controls.js";
import { node, textObject } from "./text.js";

let labels = 0;

export function draw(block, context) {
  const drawer = DRAWERS[block.type];
  return drawer ? drawer(block, context) : node("div", { class: "quiet" }, `(${block.type})`);
}

const DRAWERS = {
  divider: () => node("hr"),
  table,
  data_visualization: chart,
  header: (block) => node("div", { class: "head", role: "heading", "aria-level": "3" }, block.text.text),
  context: (block, { names }) => node("div", { class: "context" }, ...block.elements.map((text) => node("span", {}, textObject(text, names), " "))),
  actions: (block, context) => node("div", { class: "actions" }, ...block.elements.map((element) => acting(block, element, context))),
  section(block, context) {
    const parts = [];
    if (block.text) {
      const text = node("div", {}, textObject(block.text, context.names));
      const side = block.accessory ? node("div", { class: "side" }, acting(block, block.accessory, context)) : null;
      parts.push(node("div", { class: "section" }, text, side));
    }
    if (block.fields) parts.push(node("div", { class: "fields" }, ...block.fields.map((field) => node("div", {}, textObject(field, context.names)))));
    return node("div", {}, ...parts);
  },
  input(block, context) {
    const id = `field-${++labels}`;
    const { element } = block;
    const words = block.label.text + (block.optional && element.type !== "checkboxes" ? " (optional)" : "");
    const group = isGroup(element);
    const label = group && element.type !== "file_input"
      ? node("div", { class: "label", id: `${id}-label` }, words)
      : node("label", { for: id, id: `${id}-label` }, words);
    const hint = block.hint ? node("div", { class: "quiet" }, block.hint.text) : null;
    const told = (context.errors || {})[block.block_id];
    const error = told ? node("div", { class: "error", role: "alert" }, told) : null;
    const look = { id, names: group ? `${id}-label` : "", acts: Boolean(block.dispatch_action) };
    return node("div", { class: "field" }, label, control(block, element, context, look), hint, error);
  },
};

// What the app hears of at once: a button, or another element outside of an input.
function acting(block, element, context) {
  if (element.type === "button") return button(block, element, context);
  if (element.type === "image") return node("span", { class: "quiet" }, element.alt_text);
  const spoken = element.placeholder || block.text;
  const name = spoken ? node("span", {}, textObject(spoken, context.names)).textContent : element.type;
  return control(block, element, context, { name, acts: true });
}

function button(block, element, context) {
  const asked = { block_id: block.block_id, action_id: element.action_id, value: element.value };
  const act = () => { if (agreed(element)) context.act(asked); };
  const spoken = { "aria-label": element.accessibility_label, "data-block": block.block_id, "data-action": element.action_id };
  if (element.url) {
    const look = { class: `button ${element.style || ""}`, href: element.url, target: "_blank", rel: "noreferrer", onclick: act };
    return node("a", { ...look, ...spoken }, element.text.text);
  }
  return node("button", { type: "button", class: element.style || "", onclick: act, ...spoken }, element.text.text);
}
