// Casebell's script. Every page works without it; with it, clocks run, keys work, and typed words are kept safe. What the page
// of a case has no use for is in `rest.js`, so that it is there the sooner.

const clock = document.querySelector('meta[name="casebell-clock"]');
const words = clock ? JSON.parse(clock.content) : null;
const plural = new Intl.PluralRules(document.documentElement.lang || "en");
// Counts from the server's clock, so that a wrong clock here promises nothing too early.
const skew = clock ? Date.parse(clock.dataset.now) - Date.now() : 0;
const now = () => Date.now() + skew;

// What both scripts use. The other one adds how a list is read again, and what is to be done once parts have been put anew.
const casebell = globalThis.casebell = { draft, drafts, guard, isKey, keepDraft, kept, place, put, swap, tell, tick };

/* Relative times */

function count(unit, n) {
  const form = plural.select(n);
  const [sample, text] = words[unit].find(([sample]) => plural.select(sample) === form) ?? words[unit][0];
  return text.replace(String(sample), String(n));
}

function duration(minutes) {
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const two = (large, small) => words.two.replace("\u0001", large).replace("\u0002", small);
  if (minutes === 0) return words.instant;
  if (hours === 0) return count("minutes", minutes);
  if (days === 0) return minutes % 60 ? two(count("hours", hours), count("minutes", minutes % 60)) : count("hours", hours);
  if (days < 7 && hours % 24) return two(count("days", days), count("hours", hours % 24));
  if (days < 60) return count("days", days);
  return days < 730 ? count("months", Math.floor(days / 30)) : count("years", Math.floor(days / 365));
}

function relative(at) {
  const ahead = (at - now()) / 60000;
  if (ahead > 0) {
    const unit = ahead < 1440 ? 1 : ahead < 10080 ? 60 : 1440;
    return words.in.replace("\u0001", duration(Math.ceil(ahead / unit) * unit));
  }
  const ago = Math.floor(-ahead);
  return ago === 0 ? words.now : words.ago.replace("\u0001", duration(ago));
}

function tick() {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const said = relative(Date.parse(time.dateTime));
    if (time.textContent !== said) time.textContent = said;
  }
  // What was due soon is due, and looks otherwise.
  for (const time of document.querySelectorAll("span.soon time")) {
    if (Date.parse(time.dateTime) <= now()) dispatchEvent(new Event("due"));
  }
}

if (words) {
  setInterval(tick, 20000);
  document.addEventListener("visibilitychange", tick);
}

/* Parts of the page that are asked for anew */

// What is typed or chosen in a part goes over into the part that takes its place, and so does the focus.
function carry(old, fresh) {
  const fields = (part) => [...part.querySelectorAll("input[name], textarea[name], select[name]")];
  const same = (field) => fields(old).find((one) => one.name === field.name && one.type === field.type && one.value === field.value)
    ?? fields(old).find((one) => one.name === field.name && one.type === field.type);
  for (const field of fields(fresh)) {
    const before = ["hidden", "password", "file"].includes(field.type) ? null : same(field);
    if (!before) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = before.checked;
    else if (before.value !== before.defaultValue || field.value === "") field.value = before.value;
  }
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const [id, href] = [focused?.id, focused?.getAttribute("href")];
  return () => {
    if (id) document.getElementById(id)?.focus();
    else if (href) document.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus();
  };
}

async function put(answer, ...parts) {
  place(new DOMParser().parseFromString(await answer.text(), "text/html"), ...parts);
}

function place(page, ...parts) {
  // Forms keep the key of this page, so that what has not changed is seen to be the same.
  const key = document.querySelector('input[name="once"]')?.value;
  for (const field of page.querySelectorAll('input[name="once"]')) field.setAttribute("value", key ?? field.value);
  for (const part of parts) {
    const [old, fresh] = [document.querySelector(part), page.querySelector(part)];
    // What somebody has unfolded stays so.
    for (const fold of fresh ? [fresh, ...fresh.querySelectorAll("details[id]")] : []) {
      const before = document.getElementById(fold.id);
      if (fold.matches("details") && before?.matches("details")) fold.toggleAttribute("open", before.open);
    }
    // What has not changed stays as it is, also under a finger that is about to press it.
    if (!old || !fresh || old.isEqualNode(fresh)) continue;
    const focus = carry(old, fresh);
    old.replaceWith(document.adoptNode(fresh));
    focus();
  }
  // The title counts what waits.
  if (document.getElementById("needs")) document.title = page.title;
  showColumn();
  casebell.placed?.();
}

// Where there is room for one column of a case, the one that the address leads into stays in sight, also when what it led to
// is put anew.
function showColumn() {
  const columns = [...document.querySelectorAll("#whole > .tab")];
  const within = document.getElementById(location.hash.slice(1))?.closest("#whole > .tab");
  const shown = within ?? columns.find((column) => column.classList.contains("first"));
  for (const column of columns) {
    column.classList.toggle("first", column === shown);
    const link = document.getElementById(`to-${column.id}`);
    if (column === shown) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

showColumn();
addEventListener("hashchange", showColumn);

async function swap(address, ...parts) {
  await swapWhat(address, () => parts);
}

// The same of the parts that are wanted once the page is here.
async function swapWhat(address, parts) {
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  if (answer.ok) await put(answer, ...parts());
}

// The bell asks the server at its instant: support may have updated the case meanwhile.
function watchBell() {
  const bell = document.querySelector("[data-enable-at]");
  if (!bell) return;
  const wait = Date.parse(bell.dataset.enableAt) - now();
  // Browsers count no further than 24 days.
  if (wait > 2 ** 31 - 1) return;
  setTimeout(async () => {
    await swap(location.href, "[data-foot]", "#before");
    watchBell();
  }, Math.max(wait, 0) + 500);
}

watchBell();

/* Words that are not saved yet */

const changed = casebell.changed = new Set();
const reader = document.querySelector('meta[name="casebell-reader"]')?.content;
const done = document.querySelector("[data-done]") !== null;
const back = performance.getEntriesByType("navigation")[0]?.type === "back_forward";

// What was typed is kept by the browser until it is taken: for this person, this page and this form, and for this window alone.
function draft(form) {
  return `draft ${reader} ${location.pathname} ${form.getAttribute("action")} ${form.id}`;
}

function typed(form) {
  return [...form.elements].filter((field) => field.name && !["hidden", "password", "file", "submit", "button"].includes(field.type));
}

function isChanged(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return !field.selectedOptions[0]?.defaultSelected;
  return field.value !== field.defaultValue;
}

// What a form was made for goes with what was typed into it, so that what others change meanwhile is found all the same.
function madeFor(form) {
  return [...form.elements].filter((field) => field.name === "version" || field.name.startsWith("was."));
}

function keep(form, sent) {
  // Of several to choose one from, the chosen one says it all.
  const own = typed(form).filter((field) => isChanged(field) && (field.type !== "radio" || field.checked));
  const fields = own.length ? [...own, ...madeFor(form)].map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]) : [];
  try {
    const versions = kept(form).map((told) => [told.dataset.draft, told.dataset.version]);
    if (fields.length) sessionStorage.setItem(draft(form), JSON.stringify({ sent, fields, versions }));
    else sessionStorage.removeItem(draft(form));
  } catch { /* Without room the words are on the page alone. */ }
}

// What was typed here before comes back, unless it was taken meanwhile.
function bringBack(form) {
  const text = sessionStorage.getItem(draft(form));
  if (!text) return;
  const { sent, fields, versions = [] } = JSON.parse(text);
  if (sent && done && !back) return sessionStorage.removeItem(draft(form));
  for (const [name, value] of fields) {
    const fresh = [...typed(form).filter((field) => !isChanged(field)), ...madeFor(form)];
    for (const field of fresh.filter((field) => field.name === name)) {
      if (field.type === "checkbox") field.checked = value;
      else if (field.type === "radio") field.checked = field.value === value;
      else field.value = value;
    }
  }
  if (typed(form).some(isChanged)) changed.add(form);
  // What was typed here goes on from the draft that was here, whatever was kept elsewhere meanwhile.
  for (const told of kept(form)) {
    const known = versions.find(([place]) => place === told.dataset.draft)?.[1];
    const own = told.dataset.whole ? typed(form) : [fieldOf(told)];
    if (known === undefined || known === told.dataset.version || !own.some(isChanged)) continue;
    told.dataset.version = known;
    askWhich(told);
  }
}

/* Drafts: what is typed is kept on the server when typing pauses, for its writer alone */

// Of a form, what says of each field that its words are kept.
function kept(form) {
  return [...form.querySelectorAll("[data-draft]")];
}

function fieldOf(told) {
  return told.closest(".field").querySelector("textarea, input");
}

// What of a form is kept: the words of its field, and of a whole form what else is written or chosen in it, as it would be sent.
function content(told) {
  const field = fieldOf(told);
  const body = field.value.trim() ? field.value : undefined;
  if (!told.dataset.whole || !field.form) return { body };
  // What is typed for another reason is carried along.
  const others = [...typed(field.form), ...field.form.querySelectorAll("[data-reason] > [type=hidden]")]
    .filter((one) => one !== field && one.value.trim() && (one.checked || !["checkbox", "radio"].includes(one.type)))
    .filter((one) => !one.closest("[data-template], [data-attach]"));
  return { body, fields: Object.fromEntries(others.map((one) => [one.name, one.value])) };
}

// For comparing: the server keeps no space around words.
function asText({ body, fields }) {
  const pairs = Object.entries({ ...fields, "": body ?? "" });
  return pairs.map((pair) => pair.join(" ").replace(/\s+/g, " ").trim()).sort().join("\n");
}

function toDraft(told, method, body, more) {
  const headers = { "content-type": "application/json", "x-csrf-token": fieldOf(told).form.elements.csrf_token.value };
  const asked = { method, headers, signal: AbortSignal.timeout(5000), ...more };
  if (body) asked.body = JSON.stringify(body);
  return fetch(told.dataset.draft, asked).catch(() => null);
}

// Another window or machine was here since: nothing is written over before its writer has said which of the two goes on.
function askWhich(told) {
  told.dataset.asks = "";
  told.textContent = told.dataset.newer;
  const offer = (label, chosen) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = label;
    button.addEventListener("click", async () => {
      const answer = await toDraft(told, "GET");
      if (!answer?.ok && answer?.status !== 404) return;
      const there = answer.ok ? await answer.json() : { body: "", version: 0 };
      delete told.dataset.asks;
      told.dataset.version = String(there.version);
      told.textContent = "";
      chosen(there);
      fieldOf(told).focus();
    });
    told.append(" ", button);
  };
  offer(told.dataset.theirs, (there) => {
    const { form } = fieldOf(told);
    if (!told.dataset.whole) fieldOf(told).value = there.body;
    else {
      // The server shows it: it may have other rows, and other questions.
      sessionStorage.removeItem(draft(form));
      changed.delete(form);
      location.assign(told.dataset.whole);
    }
  });
  offer(told.dataset.mine, () => keepDraft(told));
}

// What was kept last may be what stands here, or stood here at first: then it is gone on from.
async function compare(told) {
  const answer = await toDraft(told, "GET");
  const there = answer?.ok ? await answer.json() : { body: "", version: 0 };
  const here = [told.began, told.saved, asText(content(told))];
  const gone = answer?.status === 404;
  if (!gone && !(answer?.ok && here.includes(asText(there)))) return askWhich(told);
  told.dataset.version = String(there.version);
  setTimeout(() => keepDraft(told), 0);
}

async function keepDraft(told, more) {
  const field = fieldOf(told);
  const form = field.form;
  if (!form || told.dataset.asks !== undefined || told.saved === asText(content(told))) return;
  const before = underway.get(form);
  const all = (async () => {
    const here = (await before) ?? true;
    const said = content(told);
    const text = asText(said);
    const version = Number(told.dataset.version);
    const empty = text === "";
    if (empty && version === 0) return here;
    const answer = empty ? await toDraft(told, "DELETE", null, more) : await toDraft(told, "PUT", { ...said, based_on: version }, more);
    if (answer?.ok) {
      told.saved = text;
      told.dataset.version = String(empty ? 0 : (await answer.json()).version);
      told.textContent = empty ? "" : told.dataset.kept;
      if (changed.has(form)) keep(form, false);
    } else if (empty && answer?.status === 404) {
      told.saved = text;
      told.dataset.version = "0";
    } else if (answer?.status === 412) await compare(told);
    else told.textContent = told.dataset.notKept;
    return here;
  })();
  // A form that is sent waits for this, so that what was sent is not kept afterwards.
  underway.set(form, all);
  await all;
  if (underway.get(form) === all) underway.delete(form);
}

function drafts() {
  for (const told of document.querySelectorAll("[data-draft]:not([data-drafting])")) {
    if (!reader) continue;
    told.dataset.drafting = "";
    const field = fieldOf(told);
    if (!told.dataset.whole) told.saved = asText({ body: field.defaultValue });
    told.began = asText(content(told));
    let waits = null;
    for (const button of field.form.querySelectorAll("[data-keep]")) button.hidden = true;
    (told.dataset.whole ? field.form : field).addEventListener("input", () => {
      clearTimeout(waits);
      waits = setTimeout(() => keepDraft(told), 1500);
    });
    field.form.addEventListener("submit", () => clearTimeout(waits));
  }
}

// Whoever goes elsewhere may not come back to this window.
addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "hidden") return;
  for (const form of changed) {
    if (form.isConnected) for (const told of kept(form)) keepDraft(told, { keepalive: true });
  }
});

function guard() {
  for (const form of document.querySelectorAll("form[data-guard]:not([data-guarded])")) {
    form.dataset.guarded = "";
    if (reader) bringBack(form);
    form.addEventListener("input", () => {
      changed.add(form);
      if (reader) keep(form, false);
    });
    form.addEventListener("submit", (event) => {
      changed.delete(form);
      if (!reader) return;
      if (event.submitter?.dataset.reshape === undefined) keep(form, true);
      else sessionStorage.removeItem(draft(form));
    });
  }
  mentions();
  drafts();
  for (const proposals of document.querySelectorAll("[data-proposals]")) proposals.hidden = false;
}

// While a name is typed behind an @, those are offered who can be told. A name that is typed in full needs none of this.
function mentions() {
  for (const field of document.querySelectorAll("textarea[data-mentions]:not([data-mentioning])")) {
    field.dataset.mentioning = "";
    const list = document.createElement("p");
    list.className = "mentions";
    list.hidden = true;
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", field.dataset.mentionsLabel);
    field.after(list);
    let asked = 0;
    field.addEventListener("input", async () => {
      const mine = ++asked;
      const typed = /(?:^|[^\p{L}\p{N}])@(\p{L}[^\n@]{0,40})$/u.exec(field.value.slice(0, field.selectionStart))?.[1];
      list.hidden = true;
      if (typed === undefined) return;
      // Not at every key.
      await new Promise((done) => setTimeout(done, 200));
      if (mine !== asked) return;
      const answer = await fetch(`${field.dataset.mentions}&q=${encodeURIComponent(typed.trim())}`);
      if (!answer.ok || mine !== asked) return;
      const { items } = await answer.json();
      const others = items.filter((person) => person.name.toLowerCase() !== typed.trim().toLowerCase());
      list.replaceChildren(...others.map((person) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button link";
        button.textContent = `${person.name} · ${person.organization}`;
        button.addEventListener("click", () => {
          field.setRangeText(`${person.name} `, field.selectionStart - typed.length, field.selectionStart, "end");
          field.dispatchEvent(new Event("input", { bubbles: true }));
          field.focus();
        });
        return button;
      }));
      list.hidden = others.length === 0;
    });
  }
}

// Whether a form that is still on the page holds something that was typed.
function leaving() {
  return [...changed].some((form) => form.isConnected);
}

guard();
// What was sent from another page and taken has no use any more.
if (done) {
  for (const key of Object.keys(sessionStorage).filter((key) => key.startsWith("draft "))) {
    if (JSON.parse(sessionStorage.getItem(key)).sent) sessionStorage.removeItem(key);
  }
}
// Whoever signs out leaves nothing behind.
document.querySelector('form[action="/sign-out"]')?.addEventListener("submit", () => sessionStorage.clear());
addEventListener("beforeunload", (event) => {
  if (leaving()) event.preventDefault();
});

/* How long something can still be taken back */

function countDown() {
  for (const left of document.querySelectorAll("[data-until]")) {
    const seconds = Math.ceil((Date.parse(left.dataset.until) - now()) / 1000);
    if (seconds > 0) left.textContent = left.dataset.left.replace("$seconds", String(seconds));
    else left.closest("[data-undo]").remove();
  }
}

setInterval(countDown, 1000);

/* What happened since one looked */

const icon = document.querySelector('link[rel="icon"]');
const plain = { title: document.title, icon: icon?.href };
const waits = { here: 0, bell: 0 };

// Tabs show title and icon alone. The first page's title counts what waits by itself.
function tell(count) {
  if (!document.getElementById("needs")) document.title = count ? `(${count}) ${plain.title}` : plain.title;
  waits.here = count;
  dot();
}

// The icon has a dot while something waits here, or at the bell.
function dot() {
  if (icon) icon.href = waits.here || waits.bell ? icon.dataset.unseen : plain.icon;
}

// The bell counts what happened on one's cases, on whichever page one is.
async function ring() {
  const bell = document.querySelector("[data-bell] .count");
  if (!bell || document.hidden) return;
  const answer = await fetch("/api/v1/news?limit=1").catch(() => null);
  if (!answer?.ok) return;
  const { count } = await answer.json();
  bell.textContent = count > 99 ? "99+" : String(count);
  bell.hidden = count === 0;
  waits.bell = count;
  dot();
}

ring();
document.addEventListener("visibilitychange", ring);

/* News without reloading */

// The stream only says that there is news; the page itself is asked for it, so that both always say the same. What was
// typed stays: a part in which somebody types gets its new entries alone.
function follow() {
  const live = document.querySelector("[data-live]");
  if (!live) return;
  // A list is followed from the instant at which it was made.
  const since = live.dataset.lists === undefined ? "" : `${Date.parse(clock.dataset.now) * 1000}-0`;
  const stream = new EventSource(live.dataset.live + since);
  let asked = null;
  const say = (text) => { live.textContent = text; };
  const show = (...classes) => {
    live.classList.remove("hidden-text");
    live.classList.add("banner", ...classes);
  };
  const typing = (part) => [...changed].some((form) => form.isConnected && form.closest(part))
    || document.querySelector(part)?.contains(document.activeElement)
    // What somebody is about to do stays under their hands.
    || document.querySelector(`${part} .act[open]`);
  // Each part, and what of it is asked for alone while somebody types in it.
  const parts = [["#case-head"], ["#decision"], ["#feeds"], ["#case-feed", "#case-entries"], ["#request"], ["#assessment"],
    ["#escalation-feed", "#escalation-entries"], [".side", "#next-steps"], ["[data-foot]"],
    ["[data-figures]"], ["[data-fresh]", "[data-fresh] table"],
    // Nothing is typed on the first page, and the focus goes over.
    ["#needs", "#needs"]];
  const quiet = () => casebell.isList?.(live) ?? false;
  let last = 0;
  let unseen = 0;
  const news = () => {
    clearTimeout(asked);
    if (quiet()) {
      // Whoever looks on asks once in two seconds at the most, or as seldom as the page says, however much happens.
      asked = setTimeout(() => {
        last = Date.now();
        casebell.readAgain(live);
        ring();
      }, Math.max(100, last + Number(live.dataset.every ?? 2000) - Date.now()));
      return;
    }
    if (document.hidden) {
      tell(++unseen);
      // To ask for a case is to read it, and nobody looks: it is asked for when they are back.
      if (document.getElementById("case-feed")) return;
    }
    asked = setTimeout(async () => {
      await swapWhat(location.href, () => parts.map(([part, less]) => (typing(part) ? less : part)).filter((part) => part));
      guard();
      watchBell();
      ring();
      if (live.dataset.shown !== undefined) show("soon");
      say(live.dataset.news);
    }, 100);
  };
  stream.addEventListener("case", news);
  stream.addEventListener("changed", news);
  addEventListener("due", news);
  stream.addEventListener("end", () => {
    stream.close();
    if (leaving()) {
      show("late");
      say(live.dataset.ended);
    } else location.reload();
  });
  addEventListener("pagehide", () => stream.close());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || quiet()) return;
    if (unseen) news();
    unseen = 0;
    tell(0);
  });
}

follow();

/* Files that are attached */

// What is not taken is told before any of it is sent.
function refusal({ dataset }, file) {
  const ending = file.name.replace(/[. ]+$/, "").split(".").slice(1).pop()?.toLowerCase();
  const why = file.size > dataset.most ? dataset.large : dataset.kinds.split(", ").includes(ending) ? dataset.kind : "";
  return why.replace("$name", () => file.name).replace("$kinds", () => dataset.kinds);
}

// Without a script they go with the form. With one they go at once, so that one sees how far they are.
async function send(attach, file) {
  const told = attach.querySelector("[data-told]");
  const say = (text) => {
    told.hidden = text === "";
    told.textContent = text;
  };
  const why = refusal(attach, file);
  if (why) {
    say(why);
    return false;
  }
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${attach.dataset.attach}?name=${encodeURIComponent(file.name)}`);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.setRequestHeader("x-csrf-token", attach.closest("form").elements.csrf_token.value);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      const percent = String(event.total ? Math.floor((100 * event.loaded) / event.total) : 0);
      say(attach.dataset.sending.replace("$name", () => file.name).replace("$percent", percent));
    });
    request.addEventListener("loadend", () => {
      const answer = request.response;
      if (request.status === 201) {
        say("");
        hold(attach, answer);
      } else {
        const why = answer?.errors?.[0]?.message ?? answer?.detail ?? "";
        say(`${attach.dataset.failed.replace("$name", () => file.name)} ${why}`);
      }
      resolve(request.status === 201);
    });
    request.send(file);
  });
}

// A file that is here, and goes with the form as long as it is ticked.
function hold(attach, file) {
  const list = attach.querySelector("[data-files]");
  const item = document.createElement("li");
  const label = document.createElement("label");
  const tick = document.createElement("input");
  const name = document.createElement("span");
  const places = [...list.querySelectorAll("input")].map((held) => Number(/\d+/.exec(held.name)?.[0] ?? 0));
  tick.type = "checkbox";
  tick.name = `attachments[${Math.max(-1, ...places) + 1}]`;
  tick.value = file.id;
  tick.checked = true;
  tick.id = label.htmlFor = `file-${file.id}`;
  label.className = "tick";
  name.textContent = file.name;
  name.dir = "auto";
  label.append(tick, name);
  item.append(label);
  list.append(item);
}

// The files of a form that are on their way, one after the other: whether all of them are here in the end.
const underway = casebell.underway = new WeakMap();
// Forms that are sent once their files are here.
const waiting = new WeakSet();

async function sendAll(attach, files) {
  const form = attach.closest("form");
  form.dispatchEvent(new Event("input"));
  const before = underway.get(form);
  const all = (async () => {
    let here = (await before) ?? true;
    for (const file of files) {
      if (await send(attach, file)) continue;
      here = false;
      break;
    }
    return here;
  })();
  underway.set(form, all);
  await all;
  if (underway.get(form) === all) underway.delete(form);
}

// No file is left behind that is still on its way. Where one was not taken, the form stays, and says so.
addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    const all = underway.get(form);
    if (!all) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (waiting.has(form)) return;
    waiting.add(form);
    const submitter = event.submitter;
    let here = true;
    while (here && underway.has(form)) here = await underway.get(form);
    waiting.delete(form);
    if (here) form.requestSubmit(submitter);
  },
  true,
);

addEventListener("change", async (event) => {
  const attach = event.target.closest?.("[data-attach]");
  if (!attach || event.target.type !== "file") return;
  const files = [...event.target.files];
  event.target.value = "";
  await sendAll(attach, files);
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  addEventListener(kind, (event) => {
    const attach = event.target.closest?.("form")?.querySelector("[data-attach]");
    if (!attach || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    attach.classList.toggle("over", kind === "dragover");
    if (kind === "drop") sendAll(attach, [...event.dataTransfer.files]);
  });
}

addEventListener("paste", (event) => {
  const attach = event.target.closest?.("form")?.querySelector("[data-attach]");
  const files = [...(event.clipboardData?.files ?? [])];
  if (!attach || files.length === 0) return;
  event.preventDefault();
  sendAll(attach, files);
});

/* Dates that are proposed, and answers that are written already */

function fillIn(field, write) {
  write();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

addEventListener("click", (event) => {
  const proposal = event.target.closest?.("[data-proposals] button");
  const field = proposal?.closest(".field").querySelector("input");
  if (field) fillIn(field, () => { field.value = proposal.value; });
});

// The server fills a template in, as it does without a script; here it comes to where the cursor is.
addEventListener("click", async (event) => {
  const insert = event.target.closest?.("[data-template] button");
  if (!insert) return;
  event.preventDefault();
  const part = insert.closest("[data-template]");
  const [select, told, field] = [part.querySelector("select"), part.querySelector("[data-told]"), document.getElementById(part.dataset.into)];
  if (!select.value) return select.focus();
  const answer = await fetch(part.dataset.template).catch(() => null);
  const found = answer?.ok ? (await answer.json()).items.find((one) => one.id === select.value) : null;
  // The page that says why not is the server's.
  if (!found) return part.closest("form").requestSubmit(insert);
  const before = field.value.slice(0, field.selectionStart);
  const text = before === "" || before.endsWith("\n") ? found.text : `\n\n${found.text}`;
  fillIn(field, () => field.setRangeText(text, field.selectionStart, field.selectionEnd, "end"));
  told.hidden = found.missing.length === 0;
  told.textContent = told.hidden ? "" : part.dataset.missing.replace("$fields", () => found.missing.join(", "));
});

/* Another row of next steps */

for (const add of document.querySelectorAll("[data-add]")) {
  add.addEventListener("click", (event) => {
    event.preventDefault();
    const rows = add.closest("[data-rows]").querySelectorAll("[data-row-group]");
    const row = rows[rows.length - 1].cloneNode(true);
    const renumber = (text) => text.replace(/(next[_-]steps[[-])\d+/, `$1${rows.length}`);
    for (const field of row.querySelectorAll("[id], [for], [name], [list]")) {
      for (const name of ["id", "for", "name", "list"]) {
        if (field.hasAttribute(name)) field.setAttribute(name, renumber(field.getAttribute(name)));
      }
      if ("value" in field && field.tagName === "INPUT") field.value = "";
    }
    rows[rows.length - 1].after(row);
    const total = add.form.elements.rows;
    if (total) total.value = String(rows.length + 1);
    row.querySelector("input")?.focus();
  });
}

// On paper nothing is folded.
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("main details")) fold.open = true;
});

/* What is found while one types */

const find = document.querySelector("[data-search]");
if (find) {
  const finds = find.form.querySelector("[data-finds]");
  let waits = null;
  let newest = 0;
  const close = () => { finds.hidden = true; };
  const show = async () => {
    const typed = find.value.trim();
    const asked = ++newest;
    if (typed.length < 2) return close();
    const answer = await fetch(`/search?typing=on&q=${encodeURIComponent(typed)}`, { headers: { accept: "text/html" } }).catch(() => null);
    const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const found = page?.querySelector("[data-found]");
    if (asked !== newest || document.activeElement !== find) return;
    if (!found) return close();
    found.removeAttribute("id");
    finds.replaceChildren(document.adoptNode(found));
    finds.hidden = false;
  };
  find.addEventListener("input", () => {
    clearTimeout(waits);
    waits = setTimeout(show, 200);
  });
  find.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && !finds.hidden) finds.querySelector("a")?.focus();
    else return;
    event.preventDefault();
  });
  finds.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const links = [...finds.querySelectorAll("a")];
    const next = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    (links[next] ?? (next < 0 ? find : links[0])).focus();
    event.preventDefault();
  });
  find.form.addEventListener("keyup", (event) => {
    if (event.key !== "Escape") return;
    close();
    find.focus();
  });
  addEventListener("click", (event) => {
    if (!find.form.contains(event.target)) close();
  });
}

/* Keys */

const keys = document.getElementById("keys");
let gone = false;

// The verbs of an escalation that stand on its page, or that of its case. A verb that asks for something has its form there, and the first
// field of it has the focus.
function verb(key) {
  const name = { c: "claim", a: "accept", d: "decline", s: "assign" }[key];
  if (!name || !/^\/(cases|escalations)\//.test(location.pathname)) return false;
  const form = document.querySelector(`#do form[action$="/${name}"]`);
  const link = document.querySelector(`a[href^="/escalations/"][href$="?do=${name}#do"]`);
  const button = document.querySelector(`form[action$="/${name}"]:not(#do form) button`);
  if (form) into();
  else if (link) {
    // Without the place on the page: a browser that goes there takes the focus away again.
    sessionStorage.setItem("into", link.getAttribute("href"));
    location.assign(link.pathname + link.search);
  } else if (button) button.click();
  return Boolean(form || link || button);
}

function into() {
  document.querySelector("#do :is(input:not([type=hidden]), textarea, select)")?.focus();
}

const whole = sessionStorage.getItem("into");
sessionStorage.removeItem("into");
if (whole?.split("#")[0] === location.pathname + location.search) {
  into();
  addEventListener("load", () => {
    history.replaceState(null, "", whole);
    showColumn();
  });
}

// A key that was pressed on the row of a list is meant for the page of that row.
const pressed = sessionStorage.getItem("press");
sessionStorage.removeItem("press");
if (pressed) verb(pressed);

// Whether a key is meant for the page, and not for what is typed in.
function isKey(event) {
  const typing = event.target.closest?.("input:not(.pick), textarea, select, [contenteditable]");
  return !typing && !event.ctrlKey && !event.metaKey && !event.altKey && !keys?.open;
}

// A narrow page has no field in its bar.
function seek() {
  const field = [...document.querySelectorAll("#filter-q, [data-search]")].find((one) => one.offsetParent);
  if (field) field.focus();
  else location.assign("/search#filter-q");
}

addEventListener("keydown", (event) => {
  if (!isKey(event)) return;
  const after = gone;
  gone = event.key === "g";
  const go = { h: "/", c: "/cases", q: "/escalations" }[event.key];
  if (after && go) location.assign(go);
  else if (event.key === "/") seek();
  else if (event.key === "?") keys?.showModal();
  else if (!verb(event.key)) return;
  event.preventDefault();
});

// A menu closes when one looks elsewhere.
addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".bar details[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
addEventListener("keyup", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(".bar details[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
