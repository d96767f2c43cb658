// What stands in the fields of each message, window and Home tab. As in Slack's client, a field keeps what was typed or chosen for as
// long as its block and its action are there, whatever initial value the app sends anew; with a new block it begins again.

const surfaces = new Map();
const fileNames = new Map();

const STATELESS = ["button", "overflow"];
const SEVERAL = ["checkboxes", "multi_static_select", "file_input"];
const ONE = ["static_select", "radio_buttons"];

export function options(element) {
  return [...(element.options || []), ...(element.option_groups || []).flatMap((group) => group.options)];
}

function initial(element) {
  if (element.type === "external_select") return element.initial_option || null;
  if (element.initial_options) return element.initial_options.map((option) => option.value);
  if (element.initial_option) return element.initial_option.value;
  if (SEVERAL.includes(element.type)) return [];
  return element.initial_date || element.initial_user || element.initial_value || "";
}

function fits(element, held) {
  if (held === undefined) return false;
  const offered = options(element).map((option) => option.value);
  if (element.type === "file_input") return Array.isArray(held);
  if (SEVERAL.includes(element.type)) return Array.isArray(held) && held.every((value) => offered.includes(value));
  if (ONE.includes(element.type)) return held === "" || offered.includes(held);
  return element.type === "external_select" ? held === null || typeof held === "object" : typeof held === "string";
}

function elements(blocks) {
  const parts = (block) => [...(block.elements || []), block.accessory, block.element];
  const stateful = (element) => element && element.action_id && !STATELESS.includes(element.type);
  return blocks.flatMap((block) => parts(block).filter(stateful).map((element) => [block.block_id, element]));
}

export function fieldsOf(surface, blocks) {
  const before = surfaces.get(surface) || {};
  const values = {};
  for (const [block, element] of elements(blocks)) {
    const held = (before[block] || {})[element.action_id];
    values[block] = { ...values[block], [element.action_id]: fits(element, held) ? held : initial(element) };
  }
  for (const block of Object.keys(before)) delete before[block];
  surfaces.set(surface, Object.assign(before, values));
  return {
    values: before,
    get: (block, action) => (before[block] || {})[action],
    set: (block, action, value) => { before[block] = { ...before[block], [action]: value }; },
  };
}

export function rememberFile(file) { fileNames.set(file.id, file.name); }

export function fileName(id) { return fileNames.get(id) || id; }
