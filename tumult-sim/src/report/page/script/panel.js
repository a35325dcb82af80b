// What is known of the selected event, with links to those it follows from and those that follow from it.

const LINKS = 12;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined && value !== null) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
const byId = (id) => document.getElementById(id);
const dot = (kind) => element("i", { style: `background: var(--${groupOf(kind)})` });

function fillPanel() {
  const panel = byId("panel"), chosen = state.selected;
  if (!chosen) {
    if (panel.dataset.of === "none") return;
    panel.dataset.of = "none";
    panel.replaceChildren(element("p", { class: "muted" }, "Click an event or an arrow: here you see what it is, what it follows from, and what follows from it."), legend());
    return;
  }
  const { run, event: i } = chosen, of = `${run.number} ${i}`;
  if (panel.dataset.of === of) return;
  panel.dataset.of = of;
  const fields = element("dl");
  const field = (name, value) => value !== undefined && value !== "" && value !== null && fields.append(element("dt", {}, name), element("dd", {}, value));
  const kind = run.kindName(i);
  field("time", timeText(run.at[i]));
  field("event", `${grouped(run.first + i + 1)} of ${grouped(run.first + run.n)}`);
  field("process", run.name(run.process[i]));
  field(kind === "deliver" ? "from" : "to", run.name(run.peer[i]));
  field("task", run.task[i] < 0 ? "" : run.data.events.tasks[run.task[i]]);
  const fault = run.data.faults[run.faultEvents.get(i) ?? NONE];
  field("fault", fault && fault.plan);
  if (kind === "deliver" || kind === "drop") {
    const sent = run.causes(i).find((c) => run.kindName(c) === "send");
    if (sent !== undefined) field("under way", spanText(run.at[i] - run.at[sent]));
  }
  const payload = dump(run.data.events.texts[run.data.events.payloads[i]]);
  const parts = [
    element("h2", {}, dot(kind), kind),
    element("p", { class: "said" }, run.text(i)),
    fields,
    payload ? element("h3", {}, "Payload") : null, payload ? element("pre", {}, payload) : null,
    ...links(run, i, "Follows from", run.causes(i), "causes"),
    ...links(run, i, "Leads to", run.effects(i), "effects"),
  ];
  if (run.sliceCount > 1) parts.push(element("p", { class: "muted" }, `${grouped(run.sliceCount - 1)} ${run.sliceCount === 2 ? "event" : "events"} led to it.`));
  panel.replaceChildren(...parts.filter(Boolean));
  panel.scrollTop = 0;
}

// The beginning of a payload in lines of eight bytes, in hexadecimal and as text.
function dump(packed) {
  if (!packed) return "";
  const [length, hex] = packed.split(" "), lines = [];
  for (let at = 0; at < hex.length; at += 16) {
    const bytes = hex.slice(at, at + 16).match(/../g);
    const text = bytes.map((b) => parseInt(b, 16)).map((b) => (b > 31 && b < 127 ? String.fromCharCode(b) : "\u00b7")).join("");
    lines.push(`${bytes.join(" ").padEnd(23)}  ${text}`);
  }
  const more = length - hex.length / 2;
  if (more > 0) lines.push(`and ${grouped(more)} bytes more`);
  return lines.join("\n");
}

function links(run, i, title, list, id) {
  if (!list.length) return [element("h3", {}, title), element("p", { class: "muted", id }, id === "causes" ? "Nothing before it that the trace knows of." : "Nothing.")];
  const items = list.slice(0, LINKS).map((other) => {
    const apart = Math.abs(run.at[other] - run.at[i]);
    const when = apart ? `${spanText(apart)} ${other < i ? "before" : "later"}` : "at the same time";
    const link = element("button", { type: "button", class: "jump", "data-event": other },
      `${run.name(run.process[other])} ${run.text(other)} `.trimStart(), element("span", {}, `${run.kindName(other)}, ${when}`));
    link.addEventListener("click", () => select(run, other));
    return element("li", {}, link);
  });
  const more = list.length > LINKS ? element("p", { class: "muted" }, `and ${grouped(list.length - LINKS)} more`) : null;
  return [element("h3", {}, title), element("ol", { id }, ...items), more];
}

function legend() {
  const rows = [
    ["send", "messages: sent, arrived"], ["drop", "lost on their way, or damaged"], ["process", "starts, ends, stops"],
    ["fault", "faults, and the lanes they touch"], ["disk", "disk"], ["clock", "clock, cores, memory, limits"],
    ["note", "what the code says: output, notes, points"], ["poll", "inner life: tasks, timers, draws"], ["violation", "the failure"],
  ];
  const list = element("dl", { style: "margin-top: 12px; grid-template-columns: 14px 1fr" });
  for (const [kind, text] of rows) list.append(element("dt", {}, element("i", { style: `display:inline-block;width:8px;height:8px;border-radius:50%;background: var(--${groupOf(kind)})` })), element("dd", { class: "muted" }, text));
  return list;
}

function showTip(text, x, y) {
  const tip = byId("tip");
  tip.textContent = text; tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, Math.min(x + 12, innerWidth - box.width - 8))}px`;
  tip.style.top = `${y + 18 + box.height > innerHeight ? y - box.height - 10 : y + 18}px`;
}
const hideTip = () => { byId("tip").hidden = true; };
