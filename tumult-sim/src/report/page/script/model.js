// The run as it was laid out in columns, made ready to be asked: who caused what, what an arrow joins.

// What a kind of event is drawn as: its group gives the colour, and whether it is seen at first.
const GROUPS = {
  message: ["send", "deliver"], lost: ["drop", "corrupt"], life: ["process", "spawn", "end"], disk: ["disk"],
  machine: ["clock", "cpu", "memory", "limit", "name"], said: ["note", "output", "point", "site", "log"],
  fault: ["fault", "overlay", "phase"], failure: ["violation", "panic"],
  quiet: ["poll", "timer", "observe", "draw", "segment"],
};
const GROUP_OF = {};
for (const [group, kinds] of Object.entries(GROUPS)) for (const kind of kinds) GROUP_OF[kind] = group;
const groupOf = (kind) => GROUP_OF[kind] || "said";
// Seen one by one at every zoom, since each may be what is looked for.
const WEIGHTY = new Set(["drop", "process", "fault", "violation", "panic", "clock", "corrupt"]);

const NONE = -1;

// The first index from which on `test` holds, in a list in which it holds from some index on.
function firstWhere(length, test) {
  let low = 0, high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(middle)) high = middle; else low = middle + 1;
  }
  return low;
}

function readRun(data, number) {
  const e = data.events, n = e.kind.length;
  const run = {
    number, data, n, at: new Float64Array(n), kind: Uint8Array.from(e.kind), process: Int32Array.from(e.process),
    peer: Int32Array.from(e.peer), task: e.task, kinds: e.kinds, shown: new Uint8Array(n), slice: null,
    rank: new Float64Array(n), first: e.left_out,
  };
  let at = 0;
  for (let i = 0; i < n; i++) run.at[i] = at += e.after_ns[i];
  run.from = n && e.left_out ? run.at[0] : 0;
  run.to = Math.max(data.ended_ns, n ? run.at[n - 1] : 0, run.from + 1);
  run.kindNumber = Object.fromEntries(e.kinds.map((name, i) => [name, i]));
  run.text = (i) => e.texts[e.text[i]];
  run.kindName = (i) => e.kinds[e.kind[i]];
  run.name = (p) => (p < 0 ? "" : data.processes[p]);
  run.causes = (i) => {
    const all = e.cause[i] ? [i - e.cause[i]] : [];
    return e.causes[i] ? all.concat(e.causes[i]) : all;
  };
  readEffects(run, e);
  readArrows(run);
  run.failure = readFailure(run);
  run.faultEvents = new Map();
  for (const [event, fault] of e.faults) run.faultEvents.set(event, fault);
  return run;
}

// Effects are the causes turned round, as one list with the place at which each event's begin.
function readEffects(run, e) {
  const start = new Uint32Array(run.n + 2);
  const each = (what) => {
    for (let i = 0; i < run.n; i++) {
      if (e.cause[i]) what(i - e.cause[i], i);
      if (e.causes[i]) for (const c of e.causes[i]) what(c, i);
    }
  };
  each((cause) => start[cause + 2]++);
  for (let i = 2; i < start.length; i++) start[i] += start[i - 1];
  const list = new Uint32Array(start[run.n + 1]);
  each((cause, effect) => { list[start[cause + 1]++] = effect; });
  run.effects = (i) => Array.from(list.subarray(start[i], start[i + 1]));
}

// A message from its sending to what became of it: `to` is NONE for one that was under way when the run ended.
function readArrows(run) {
  const { kindNumber: k } = run, from = [], to = [], answered = new Uint8Array(run.n);
  run.longest = 0;
  for (let i = 0; i < run.n; i++) {
    if (run.kind[i] !== k.deliver && run.kind[i] !== k.drop) continue;
    const sent = run.causes(i).find((c) => run.kind[c] === k.send);
    if (sent === undefined) continue;
    from.push(sent); to.push(i); answered[sent] = 1;
    run.longest = Math.max(run.longest, run.at[i] - run.at[sent]);
  }
  run.arrowFrom = Int32Array.from(from);
  run.arrowTo = Int32Array.from(to);
  run.pending = [];
  for (let i = 0; i < run.n; i++) if (run.kind[i] === k.send && !answered[i]) run.pending.push(i);
}

// The event at which it failed, or when.
function readFailure(run) {
  const k = run.kindNumber, failure = run.data.failure;
  if (!failure) return null;
  let event = NONE;
  for (let i = run.n - 1; i >= 0 && event === NONE; i--) {
    if (run.kind[i] === k.violation || run.kind[i] === k.panic) event = i;
  }
  return { event, at: event === NONE ? failure.at_ns : run.at[event], process: failure.process };
}

// Every event from which `of` follows, itself included; none where it has no cause.
function sliceOf(run, of) {
  const slice = new Uint8Array(run.n), open = [of], { cause, causes } = run.data.events;
  let count = 0;
  slice[of] = 1;
  while (open.length) {
    count++;
    const i = open.pop(), first = i - cause[i], more = causes[i];
    if (!slice[first]) { slice[first] = 1; open.push(first); }
    if (more) for (const other of more) if (!slice[other]) { slice[other] = 1; open.push(other); }
  }
  return { mask: slice, count };
}

// A time as a number of seconds, with so many digits as a step of `step` nanoseconds needs.
function timeText(ns, step = 1) {
  const digits = Math.min(9, Math.max(0, Math.ceil(9 - Math.log10(Math.max(step, 1)))));
  return (ns / 1e9).toFixed(digits) + " s";
}

// A duration in the unit that suits it.
function spanText(ns) {
  const units = [[3.6e12, "h"], [6e10, "min"], [1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]];
  const [size, unit] = units.find(([size]) => Math.abs(ns) >= size) || [1, "ns"];
  return `${Number((ns / size).toPrecision(4))} ${unit}`;
}

const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u202f");
