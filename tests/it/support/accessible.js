// What a page must be for everybody (WCAG 2.2 AA, as far as a program can tell): gives what is wrong as sentences. Runs in the page.
const wrong = new Set();
const shown = (element) => element.checkVisibility({ checkVisibilityCSS: true }) && element.getClientRects().length > 0;
const told = (element) => `<${element.tagName.toLowerCase()}${element.id ? ` id=${element.id}` : ""}${element.className && typeof element.className === "string" ? ` class="${element.className}"` : ""}> ${(element.innerText ?? "").trim().slice(0, 40)}`;
const textOf = (ids) => (ids ?? "").split(/\s+/).map((id) => (id && document.getElementById(id)?.textContent) ?? "").join(" ").trim();

// A name for everything that is operated.
function nameOf(element) {
  const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(" ").trim();
  return textOf(element.getAttribute("aria-labelledby")) || element.getAttribute("aria-label")?.trim() || labels
    || (["INPUT", "SELECT", "TEXTAREA"].includes(element.tagName) ? "" : element.textContent.trim()) || element.title;
}
// What nobody meets, neither by looking nor by keyboard nor by ear, is there for the browser: the button that Enter presses.
const met = (element) => !(element.matches(".hidden-text") && element.closest("[aria-hidden=true]") && element.tabIndex < 0);
const operated = [...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden])")].filter(shown).filter(met);
for (const element of operated) {
  if (!nameOf(element)) wrong.add(`without a name: ${told(element)}`);
  if (element.closest("[aria-hidden=true]") && element.tabIndex >= 0) wrong.add(`hidden from screen readers, and focused: ${told(element)}`);
  if (element.tabIndex > 0) wrong.add(`out of its order: ${told(element)}`);
}

// What is pressed is large enough, alone or with its label; links in a text are as its lines.
for (const element of operated.filter((element) => ["BUTTON", "SELECT", "INPUT", "SUMMARY"].includes(element.tagName) && !element.matches(".link"))) {
  const areas = [element, ...(element.labels ?? [])].map((area) => area.getBoundingClientRect());
  if (areas.every((area) => area.width < 24 || area.height < 24)) wrong.add(`smaller than a fingertip: ${told(element)}`);
}

// What attributes name is there, once.
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.add(`an id twice: ${id}`);
for (const name of ["aria-labelledby", "aria-describedby", "aria-controls", "for", "list"]) {
  for (const element of document.querySelectorAll(`[${name}]`)) {
    for (const id of element.getAttribute(name).trim().split(/\s+/)) {
      if (id && !document.getElementById(id)) wrong.add(`${name} names ${id}, which is not there: ${told(element)}`);
    }
  }
}

// Headings go down one at a time, and the parts of a page are told apart.
let level = 0;
for (const heading of [...document.querySelectorAll("main :is(h1, h2, h3, h4, h5, h6)")].filter(shown)) {
  const own = Number(heading.tagName[1]);
  if (own > level + 1) wrong.add(`a heading skips a level: ${told(heading)}`);
  level = own;
}
if (document.querySelectorAll("main").length !== 1) wrong.add("not one main part");
if (!document.documentElement.lang) wrong.add("no language");
if (!document.title.trim()) wrong.add("no title");
for (const kind of ["nav", "aside"]) {
  const parts = [...document.querySelectorAll(kind)].filter(shown);
  const names = parts.map(nameOf);
  if (parts.length > 1 && new Set(names).size < parts.length) wrong.add(`${kind} several times under one name`);
}
for (const image of document.querySelectorAll("img:not([alt])")) wrong.add(`a picture without words: ${told(image)}`);
for (const table of [...document.querySelectorAll("table")].filter(shown)) {
  if (!table.querySelector("th")) wrong.add(`a table without heads: ${told(table)}`);
}
for (const list of document.querySelectorAll("ul, ol")) {
  for (const item of list.children) if (!["LI", "SCRIPT", "TEMPLATE"].includes(item.tagName)) wrong.add(`in a list and no item: ${told(item)}`);
}

// Nothing moves sideways.
if (document.documentElement.scrollWidth > innerWidth + 1) wrong.add(`wider than the window: ${document.documentElement.scrollWidth} of ${innerWidth}`);

// Words are read against what is behind them.
const brush = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
const seen = new Map();
function rgba(color) {
  if (!seen.has(color)) {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = color;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
    seen.set(color, [r, g, b, a / 255]);
  }
  return seen.get(color);
}
const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
function behind(element) {
  const layers = [];
  for (let one = element; one; one = one.parentElement) {
    const style = getComputedStyle(one);
    if (style.backgroundImage !== "none" || Number(style.opacity) < 1) return null;
    const color = rgba(style.backgroundColor);
    if (color[3] > 0) layers.push(color);
    if (color[3] === 1) break;
  }
  return layers.reverse().reduce((under, layer) => over(layer, under), rgba(getComputedStyle(document.body).backgroundColor));
}
function light([r, g, b]) {
  const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
}
const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = words.nextNode(); node; node = words.nextNode()) {
  const element = node.parentElement;
  if (!node.textContent.trim() || !shown(element) || element.closest("[disabled], [aria-disabled=true], .hidden-text, script, option, svg")) continue;
  const style = getComputedStyle(element);
  const under = behind(element);
  if (!under) continue;
  const [lighter, darker] = [light(over(rgba(style.color), under)), light(under)].sort((one, other) => other - one);
  const ratio = (lighter + 0.05) / (darker + 0.05);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  if (ratio < (large ? 3 : 4.5) - 0.01) wrong.add(`too faint (${ratio.toFixed(2)}): ${told(element)}`);
}
return [...wrong];
