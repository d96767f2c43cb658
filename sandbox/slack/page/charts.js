// Slack's newer blocks as page nodes: tables, and charts of bars, slices and lines.

import { node } from "./text.js";

const COLOURS = ["#1264a3", "#9bc4e2", "#2bac76", "#e8912d", "#8a4b8f", "#7a8794"];
const SVG = "http://www.w3.org/2000/svg";
const HIGH = 170;
const WIDE = 460;
const FOOT = 20;

export function table(block) {
  const [head, ...rows] = block.rows;
  const side = (number) => ((block.column_settings || [])[number] || {}).align || "left";
  const cells = (row, tag) => row.map((cell, number) => node(tag, { style: `text-align:${side(number)}` }, String(cell.text ?? cell.value)));
  return node("div", { class: "table" }, node("table", {},
    node("thead", {}, node("tr", {}, ...cells(head, "th"))),
    node("tbody", {}, ...rows.map((row) => node("tr", {}, ...cells(row, "td"))))));
}

export function chart(block) {
  const { chart: drawn } = block;
  const named = drawn.type === "pie" ? drawn.segments.map((each) => each.label) : drawn.series.map((each) => each.name);
  const legend = named.length > 1 || drawn.type === "pie" ? node("div", { class: "legend" }, ...named.map(key)) : null;
  const picture = drawn.type === "pie" ? pie(drawn.segments) : axes(drawn);
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", `${block.title}: ${said(drawn)}`);
  return node("div", { class: "chart" }, node("div", { class: "title" }, block.title), picture, legend);
}

// What a screen reader says of a chart.
function said(drawn) {
  if (drawn.type === "pie") return drawn.segments.map((each) => `${each.label} ${each.value}`).join(", ");
  return drawn.series.map((each) => `${each.name}: ${each.data.map((point) => `${point.label} ${point.value}`).join(", ")}`).join("; ");
}

function key(name, number) {
  return node("span", {}, node("i", { style: `background:${COLOURS[number]}`, "aria-hidden": "true" }), name);
}

function part(tag, attributes, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

function axes(drawn) {
  const { categories } = drawn.axis_config;
  const picture = part("svg", { viewBox: `0 0 ${WIDE} ${HIGH + FOOT}`, class: "axes" });
  const most = Math.max(1, ...drawn.series.flatMap((each) => each.data.map((point) => point.value)));
  const step = WIDE / categories.length;
  categories.forEach((category, number) => {
    picture.append(part("text", { x: step * (number + .5), y: HIGH + 14, "text-anchor": "middle" }, category));
  });
  drawn.series.forEach((each, number) => {
    if (drawn.type === "bar") bars(picture, each, number, drawn.series.length, step, most);
    else line(picture, each, number, step, most);
  });
  return picture;
}

function bars(picture, series, number, of, step, most) {
  const wide = step * .7 / of;
  series.data.forEach((point, place) => {
    const high = (HIGH - 16) * point.value / most;
    const x = step * place + step * .15 + wide * number;
    picture.append(part("rect", { x, y: HIGH - high, width: wide - 2, height: high, fill: COLOURS[number] }));
    picture.append(part("text", { x: x + wide / 2, y: HIGH - high - 4, "text-anchor": "middle" }, String(point.value)));
  });
}

function line(picture, series, number, step, most) {
  const at = (point, place) => `${step * (place + .5)},${HIGH - (HIGH - 16) * point.value / most}`;
  picture.append(part("polyline", { points: series.data.map(at).join(" "), fill: "none", stroke: COLOURS[number], "stroke-width": 2 }));
}

function pie(segments) {
  const picture = part("svg", { viewBox: "-1 -1 2 2", class: "pie" });
  const whole = segments.reduce((sum, each) => sum + each.value, 0);
  let from = -Math.PI / 2;
  segments.forEach((each, number) => {
    const turn = 2 * Math.PI * each.value / whole;
    const to = from + Math.min(turn, 2 * Math.PI - .0001);
    const [x, y, a, b] = [Math.cos(from), Math.sin(from), Math.cos(to), Math.sin(to)];
    picture.append(part("path", { d: `M0 0 L${x} ${y} A1 1 0 ${turn > Math.PI ? 1 : 0} 1 ${a} ${b} Z`, fill: COLOURS[number] }));
    from = to;
  });
  return picture;
}
