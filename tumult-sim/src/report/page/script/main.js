// Puts it all together: what the data says, the controls, the keys.

const page = JSON.parse(byId("data").textContent);
const diagrams = [];
const tumult = { opened: null, answered: null, state };
window.tumult = tumult;

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["bg", "surface", "line", "strong", "text", "muted", "accent", "message", "lost", "fault", "disk", "machine", "said", "life", "quiet", "failure", "match", "phase", "ok", "mono", "sans"];
  for (const name of names) state.colours[name] = style.getPropertyValue(`--${name}`).trim();
  state.colours.faultFill = style.getPropertyValue("--fault-fill").trim();
}

// Light or dark as the machine has it, until someone says otherwise.
const dark = matchMedia("(prefers-color-scheme: dark)");
let theme = null;
try { theme = localStorage.getItem("tumult-theme"); } catch { theme = null; }
function useTheme() {
  document.documentElement.dataset.theme = theme || (dark.matches ? "dark" : "light");
  readColours();
  drawProbes();
  changed();
}
function toggleTheme() {
  theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  try { localStorage.setItem("tumult-theme", theme); } catch { /* A file may have no storage: the choice is lost with the page. */ }
  useTheme();
}

function fillHead() {
  byId("title").textContent = page.title;
  const run = page.runs[0], badges = byId("badges");
  const badge = (text, name = "span") => badges.append(element(name, {}, text));
  if (run) {
    if (run.failure) badge(run.failure.invariant || run.failure.what.split(/[:\n]/)[0].slice(0, 60), "b");
    badge(`seed ${run.seed}`);
    badge(`${grouped(run.events.kind.length + run.events.left_out)} events`);
    badge(`${spanText(run.ended_ns)} of virtual time`);
  }
  const text = byId("text");
  for (const line of page.text.trimEnd().split("\n")) {
    const label = /^ ([A-Z]{2,7})( +)/.exec(line);
    if (!label) { text.append(line + "\n"); continue; }
    text.append(element("b", label[1] === "WHAT" ? { class: "what" } : {}, ` ${label[1]}`), line.slice(label[1].length + 1) + "\n");
  }
  byId("report").hidden = !page.text.trim();
  byId("copy").addEventListener("click", () => {
    const chosen = getSelection();
    chosen.selectAllChildren(text);
    const copied = navigator.clipboard ? navigator.clipboard.writeText(page.text) : Promise.reject();
    copied.catch(() => document.execCommand("copy")).finally(() => { byId("copy").textContent = "Copied"; chosen.removeAllRanges(); });
  });
}

function fillFilters() {
  const counts = new Map();
  for (const run of state.runs) for (let i = 0; i < run.n; i++) counts.set(run.kindName(i), (counts.get(run.kindName(i)) || 0) + 1);
  const order = Object.values(GROUPS).flat(), place = (kind) => (order.indexOf(kind) + 1 || 99);
  for (const kind of [...counts.keys()].sort((a, b) => place(a) - place(b))) {
    if (groupOf(kind) === "quiet" || kind === "phase") state.kindOff.add(kind);
    byId("kinds").append(chip(kind, state.kindOff, kind, counts.get(kind)));
  }
  const names = [...new Set(state.runs.flatMap((run) => run.data.processes))];
  byId("who").hidden = names.length < 2;
  const all = element("button", { type: "button" }, "all"), none = element("button", { type: "button" }, "none");
  const buttons = names.map((name) => chip(name, state.processOff));
  const set = (off) => { state.processOff = new Set(off ? names : []); buttons.forEach((b) => b.refresh()); filter(); };
  all.addEventListener("click", () => set(false));
  none.addEventListener("click", () => set(true));
  byId("processes").append(element("span", { class: "group" }, all, none), ...buttons);
  byId("who").open = names.length <= 8 && names.length > 1;
}

// A button that is pressed while what it stands for is shown. With Alt it shows that alone.
function chip(name, off, kind, count) {
  const button = element("button", { type: "button", "data-name": name, title: "Alt+click: this alone" },
    ...(kind ? [element("i", { style: `background: var(--${groupOf(kind)})` })] : []), name, ...(count ? [element("small", {}, grouped(count))] : []));
  const set = () => (kind ? state.kindOff : state.processOff);
  button.refresh = () => button.setAttribute("aria-pressed", String(!set().has(name)));
  button.refresh();
  button.addEventListener("click", (e) => {
    const hidden = set();
    if (e.altKey) for (const other of button.parentElement.querySelectorAll("[data-name]")) hidden.add(other.dataset.name);
    if (e.altKey || hidden.has(name)) hidden.delete(name); else hidden.add(name);
    for (const other of button.parentElement.querySelectorAll("[data-name]")) other.refresh();
    filter();
  });
  return button;
}

function setOrder(order) {
  if (state.order === order) return;
  // What is in the middle stays there.
  const run = state.runs[state.listed], middle = (state.from + state.to) / 2;
  const i = Math.min(run.n - 1, firstWhere(run.n, (i) => placeOf(run, i) >= middle));
  const part = (state.to - state.from) / (axis()[1] - axis()[0]);
  state.order = order;
  byId("by-time").setAttribute("aria-pressed", String(!order));
  byId("by-order").setAttribute("aria-pressed", String(order));
  const [low, high] = axis(), span = (high - low) * part, at = run.n ? placeOf(run, i) : low;
  look(at - span / 2, at + span / 2);
}

function showFailure() {
  const run = state.runs.find((run) => run.failure) || state.runs[0];
  if (!run.failure) return fit();
  if (run.failure.event !== NONE) select(run, run.failure.event, false);
  const at = run.failure.event === NONE ? placeOfTime(run, run.failure.at) : placeOf(run, run.failure.event);
  const span = state.order ? 60 : (run.to - run.from) * 0.04;
  look(at - span * 0.8, at + span * 0.2);
}

function listen() {
  const click = (id, what) => byId(id).addEventListener("click", what);
  click("theme", toggleTheme);
  click("in", () => zoom(0.5)); click("out", () => zoom(2)); click("fit", fit); click("failure", showFailure);
  click("by-time", () => setOrder(false)); click("by-order", () => setOrder(true));
  click("next", () => step(state.matches, 1)); click("previous", () => step(state.matches, -1));
  byId("slice").addEventListener("change", (e) => { state.onlySlice = e.target.checked; filter(); });
  byId("find").addEventListener("input", (e) => { state.find = e.target.value; search(); });
  byId("find").addEventListener("keydown", (e) => {
    if (e.key === "Enter") step(state.matches, e.shiftKey ? -1 : 1);
    if (e.key === "Escape") { e.target.value = state.find = ""; search(); diagrams[0].canvas.focus(); }
  });
  addEventListener("resize", () => { drawProbes(); changed(); });
  dark.addEventListener("change", useTheme);
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || !state.runs.length) return;
    const run = state.runs[state.listed], chosen = state.selected;
    const keys = {
      ArrowLeft: () => pan(-0.15), ArrowRight: () => pan(0.15), "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1 / 0.6),
      0: fit, f: showFailure, o: () => setOrder(!state.order), t: toggleTheme, "/": () => byId("find").focus(), Escape: () => select(run, NONE),
      n: () => step(listOf(run), 1), p: () => step(listOf(run), -1),
      c: () => chosen && follow(chosen, chosen.run.causes(chosen.event)), e: () => chosen && follow(chosen, chosen.run.effects(chosen.event)),
    };
    if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
  });
}
const follow = (chosen, list) => { if (list.length) select(chosen.run, list[0]); };

function refresh() {
  for (const diagram of diagrams) diagram.draw();
  fillPanel();
  fillRows();
  byId("found").textContent = state.find.trim() ? `${grouped(state.matches.length)} ${state.matches.length === 1 ? "match" : "matches"}` : "";
  byId("next").disabled = byId("previous").disabled = !state.matches.length;
  for (const tab of byId("tabs").children) tab.setAttribute("aria-pressed", String(Number(tab.dataset.run) === state.listed));
}

function start() {
  fillHead();
  state.runs = page.runs.filter((data) => data.events.kind.length).map(readRun);
  readColours();
  byId("diagram").hidden = !state.runs.length;
  for (const run of state.runs) diagrams.push(new Diagram(run, byId("runs")));
  if (!state.runs.length) { useTheme(); byId("theme").addEventListener("click", toggleTheme); return; }
  fillFilters();
  filter();
  fit();
  fillTables();
  fillProbes();
  if (state.runs.length > 1) for (const run of state.runs) {
    const tab = element("button", { type: "button", "data-run": run.number }, run.data.label);
    tab.addEventListener("click", () => { state.listed = run.number; search(); });
    byId("tabs").append(tab);
  }
  for (const part of ["report", "diagram", "probes", "faults", "processes-part"]) {
    const section = byId(part);
    if (!section.hidden) byId("parts").append(element("a", { href: `#${part}` }, section.getAttribute("aria-label")));
  }
  listen();
  listenToRows();
  onChange(refresh);
  useTheme();
  refresh();
  requestAnimationFrame(() => setTimeout(() => { tumult.opened = performance.now(); }));
}

// For tests: where the arrows in sight are, from the window's corner.
tumult.arrows = () => {
  const found = [], box = diagrams[0].canvas.getBoundingClientRect(), { run, lay } = diagrams[0];
  eachArrow(run, (from, to) => {
    const l = arrowLine(run, lay, from, to);
    if (l && l.x1 > lay.left && l.x2 < lay.width) found.push({ from, to, x: box.left + (l.x1 + l.x2) / 2, y: box.top + (l.y1 + l.y2) / 2, lost: l.lost, apart: Math.hypot(l.x2 - l.x1, l.y2 - l.y1) });
  });
  return found;
};
tumult.look = look;
tumult.select = (event) => select(state.runs[state.listed], event);

start();
