// What a page of a case has no use for: lists, and forms with pages of their own. It is read after `casebell.js`.

const { changed, draft, drafts, guard, isKey, keepDraft, kept, place, put, swap, tell, tick, underway } = casebell;

/* Forms of their own */

// Another reason asks other questions. The form says at once which, by the same way as its button, and keeps what was typed.
const reasons = document.querySelector("[data-reasons]");
if (reasons) {
  const step = reasons.querySelector("[data-step]");
  step.hidden = reasons.querySelector('input[name="reason"]:checked') !== null;
  reasons.addEventListener("change", async (event) => {
    if (event.target.name !== "reason") return;
    const chosen = new URLSearchParams(new FormData(reasons));
    chosen.set("step", "reason");
    step.hidden = true;
    // What is being kept is there before the page says which draft it goes on from.
    await underway.get(reasons);
    const answer = await fetch(reasons.action, { method: "POST", body: chosen, headers: { accept: "text/html" } });
    const still = new FormData(reasons).get("reason") === chosen.get("reason");
    if (answer.ok && still) {
      await put(answer, "[data-problems]", "[data-reason]");
      drafts();
      for (const told of kept(reasons)) keepDraft(told);
    } else step.hidden = answer.ok;
  });
}

/* Rows of a form that come and go */

// The server makes them, as it does without a script; what was typed comes back with them.
addEventListener("click", async (event) => {
  const button = event.target.closest?.("button[data-reshape]");
  const form = button?.form;
  if (!form) return;
  event.preventDefault();
  const asked = new URLSearchParams(new FormData(form));
  asked.set(button.name, button.value);
  // What is kept of it goes by places that are about to change.
  sessionStorage.removeItem(draft(form));
  changed.delete(form);
  form.inert = true;
  const answer = await fetch(form.action, { method: "POST", body: asked, headers: { accept: "text/html" } }).catch(() => null);
  const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const fresh = page?.getElementById(form.id);
  form.inert = false;
  // The page that says why not is the server's.
  if (!fresh) return form.requestSubmit(button);
  form.replaceWith(document.adoptNode(fresh));
  guard();
  changed.add(fresh);
  fresh.querySelector("[autofocus]")?.focus();
});

/* Articles about what a case is about, while its subject is typed */

const suggests = document.querySelector("[data-suggests]");
const subject = suggests && document.querySelector(suggests.dataset.suggests);
if (subject) {
  let asked = null;
  subject.addEventListener("input", () => {
    clearTimeout(asked);
    asked = setTimeout(async () => {
      const text = subject.value.trim();
      // A word or two say little.
      if (text.length < 6) return;
      const answer = await fetch(`/articles/suggestions?subject=${encodeURIComponent(text)}`, { headers: { accept: "text/html" } });
      if (answer.ok && subject.value.trim() === text) await put(answer, "[data-suggested]");
    }, 400);
  });
}

/* The page of what is found, where it has the field itself: it follows what is typed, as the field in the bar does */

const sought = document.querySelector("[data-seeks]");
if (sought) {
  let asked = null;
  let newest = 0;
  sought.addEventListener("input", () => {
    clearTimeout(asked);
    asked = setTimeout(async () => {
      const mine = ++newest;
      const answer = await fetch(`/search?typing=on&q=${encodeURIComponent(sought.value.trim())}`, { headers: { accept: "text/html" } }).catch(() => null);
      if (answer?.ok && mine === newest) await put(answer, "#found");
    }, 200);
  });
}

/* Lists under the hands of their reader */

// A list keeps its order under the hands of its reader. What is in it is brought up to date where it stands; what came, went or
// moved is counted, and shown when they ask for it.
const updated = new Set();

function rows(part) {
  const all = [...part.querySelectorAll("tr[data-row]")];
  return new Map(all.map((row) => [row.querySelector("a.row")?.getAttribute("href") ?? row.cells[0].textContent, row]));
}

function refresh(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const picked = old.querySelector(".pick")?.checked;
  for (let index = 0; index < fresh.cells.length; index++) {
    const [before, after] = [old.cells[index], fresh.cells[index]];
    if (before && after && !before.isEqualNode(after)) before.replaceWith(after.cloneNode(true));
  }
  const tick = old.querySelector(".pick");
  if (tick && picked !== undefined) tick.checked = picked;
  if (focused && !focused.isConnected) old.querySelector(focused.matches(".pick") ? ".pick" : "a.row")?.focus();
}

// What a row says, whatever the time: that time goes by is no change.
function facts(row) {
  const copy = row.cloneNode(true);
  for (const time of copy.querySelectorAll("time")) time.textContent = time.dateTime;
  return copy.textContent;
}

// Gives how many rows are not as the reader saw them.
function compareRows(page) {
  const [had, has] = [rows(document), rows(page)];
  const others = new Set(updated);
  for (const [key, row] of has) {
    const mine = had.get(key);
    if (!mine) others.add(key);
    // Another set of columns is shown with the rest.
    else if (mine.cells.length === row.cells.length && mine.innerHTML !== row.innerHTML) {
      const before = facts(mine);
      refresh(mine, row);
      if (before !== facts(mine)) {
        updated.add(key);
        others.add(key);
      }
    }
  }
  const stay = [...had.keys()].filter((key) => has.has(key));
  const order = [...has.keys()].filter((key) => had.has(key));
  for (const key of had.keys()) if (!has.has(key)) others.add(key);
  stay.forEach((key, index) => { if (order[index] !== key) others.add(key); });
  return others.size;
}

// What is asked for seldom is no list, but waits for its time like one.
casebell.isList = (live) => live.dataset.every !== undefined || live.dataset.changed !== undefined && document.querySelector("[data-fresh] tr[data-row]") !== null;

// Nobody looks at it: it is asked for when they are back, once, however often it has changed.
function whenBack() {
  if (document.hidden) return;
  document.removeEventListener("visibilitychange", whenBack);
  casebell.readAgain(document.querySelector("[data-live]"));
}

// What is on the page now is brought up to date, and what is not is counted.
casebell.readAgain = async (live) => {
  const say = (text) => { live.textContent = text; };
  if (live.dataset.every !== undefined) {
    if (document.hidden) document.addEventListener("visibilitychange", whenBack);
    else {
      await swap(location.href, "[data-fresh]");
      say(live.dataset.news);
    }
    return;
  }
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const count = compareRows(page);
  place(page, "[data-figures]", "[data-tabs]");
  tick();
  tell(count);
  live.classList.toggle("hidden-text", count === 0);
  live.classList.toggle("banner", count > 0);
  if (count === 0) return say("");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.textContent = live.dataset.show;
  button.addEventListener("click", async () => {
    await swap(location.href, "[data-fresh]", "[data-figures]");
    updated.clear();
    tell(0);
    say("");
    live.classList.remove("banner");
    live.classList.add("hidden-text");
    document.querySelector("[data-list] a.row")?.focus();
  });
  // Said once more only if it is another number.
  const said = live.dataset.changed.replace("$count", () => String(count));
  if (live.firstChild?.textContent !== said || !live.querySelector("button")) live.replaceChildren(said, " ", button);
};

/* Long lists of ticks, of which one types what one looks for */

// More than these are not seen at one glance.
const GLANCE = 8;
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

for (const narrow of document.querySelectorAll("[data-narrow]")) {
  const ticks = [...narrow.parentElement.querySelectorAll(".field")].filter((field) => field.querySelector("input[type=checkbox]"));
  narrow.hidden = ticks.length <= GLANCE;
  narrow.addEventListener("input", () => {
    const words = folded(narrow.value).split(/\s+/);
    // What is ticked stays in sight.
    for (const tick of ticks) tick.hidden = !tick.querySelector("input:checked") && !words.every((word) => folded(tick.textContent).includes(word));
  });
  narrow.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

/* Copying */

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = button.dataset.copied;
  });
}

/* Rows that are chosen */

function picks() {
  return [...document.querySelectorAll("[data-list] .pick")];
}

function showPicked() {
  const told = document.querySelector("[data-picked]");
  if (!told) return;
  const count = picks().filter((pick) => pick.checked).length;
  told.hidden = count === 0;
  told.textContent = String(count);
}

addEventListener("change", (event) => {
  if (event.target.matches?.(".pick")) showPicked();
});
// All of this page, or none of it.
addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-pick-all]")) return;
  event.preventDefault();
  const all = picks();
  const on = all.some((pick) => !pick.checked);
  for (const pick of all) pick.checked = on;
  showPicked();
});
showPicked();

// The row in which the focus is: of a list, or of the first page.
function here() {
  return document.activeElement?.closest?.("[data-list] tr[data-row], .needs > li");
}

function choose(row) {
  const pick = row?.querySelector(".pick");
  if (!pick) return;
  pick.checked = !pick.checked;
  showPicked();
}

// Whoever acts on rows gets to what is to be done, with the row in focus if none is chosen; a contact who has chosen none escalates
// that. On the first page, a row has one act.
function act() {
  const [bar, row] = [document.getElementById("acts"), here()];
  if (row?.matches(".needs > li")) return row.querySelector(".button")?.click();
  const none = !picks().some((pick) => pick.checked);
  if (none && row?.dataset.escalate) location.assign(row.dataset.escalate);
  else if (bar) {
    if (none) choose(row);
    bar.open = true;
    bar.querySelector("select, button")?.focus();
  }
}

casebell.placed = showPicked;

/* Keys of lists */

function move(step) {
  const links = [...document.querySelectorAll("[data-list] a.row")];
  const at = links.indexOf(here()?.querySelector("a.row"));
  links[at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1)]?.focus();
}

// The verbs of an escalation are done on its page, by the same keys.
function decide(key) {
  const href = here()?.querySelector("a.row").getAttribute("href");
  if (!["c", "a", "d", "s"].includes(key) || !href?.startsWith("/escalations/")) return false;
  sessionStorage.setItem("press", key);
  location.assign(href);
  return true;
}

addEventListener("keydown", (event) => {
  if (!isKey(event)) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "x" && here()) choose(here());
  else if (event.key === "e") act();
  else if (event.defaultPrevented || !decide(event.key)) return;
  event.preventDefault();
});
