// What is looked at: which part of the axis, which kinds and processes, which event. Shared by all runs of the page.

const state = {
  runs: [], order: false, from: 0, to: 1, kindOff: new Set(), processOff: new Set(), selected: null, onlySlice: false,
  find: "", matches: [], matching: null, listed: 0, colours: {},
};
const listeners = [];
const onChange = (what) => listeners.push(what);
let drawing = 0;

// Draws once before the next picture, however much has changed.
function changed() {
  if (!drawing) drawing = requestAnimationFrame(() => { drawing = 0; for (const tell of listeners) tell(); });
}

const endOf = (run) => (state.order ? Math.max(1, run.count) : run.to);
const beginOf = (run) => (state.order ? 0 : run.from);
const axis = () => {
  const from = Math.min(...state.runs.map(beginOf)), to = Math.max(...state.runs.map(endOf));
  const room = (to - from) * 0.015;
  return [from - room, to + room];
};

// Where an event lies along the axis.
const placeOf = (run, i) => (state.order ? run.rank[i] : run.at[i]);
// Where a time does.
function placeOfTime(run, at) {
  if (!state.order) return at;
  const i = firstWhere(run.n, (i) => run.at[i] >= at);
  return i < run.n ? run.rank[i] : run.count;
}

function look(from, to) {
  const [low, high] = axis();
  const least = state.order ? 4 : 50;
  let span = Math.min(Math.max(to - from, least), high - low);
  let begin = (from + to) / 2 - span / 2;
  begin = Math.min(Math.max(begin, low), high - span);
  state.from = begin; state.to = begin + span;
  changed();
}
const zoom = (factor, about = (state.from + state.to) / 2) =>
  look(about - (about - state.from) * factor, about + (state.to - about) * factor);
const pan = (part) => { const by = (state.to - state.from) * part; look(state.from + by, state.to + by); };
const fit = () => look(...axis());

// Brings an event into sight, and zooms in where it would be lost among many.
function bringIntoSight(run, i) {
  const at = placeOf(run, i), span = state.to - state.from;
  if (at < state.from + span * 0.03 || at > state.to - span * 0.03) look(at - span / 2, at + span / 2);
}

function select(run, i, sight = true) {
  state.selected = i === NONE ? null : { run, event: i };
  for (const r of state.runs) r.slice = null;
  if (i !== NONE) {
    const slice = sliceOf(run, i);
    run.slice = slice.mask; run.sliceCount = slice.count;
    state.listed = run.number;
    if (state.onlySlice) filter();
    if (sight) bringIntoSight(run, i);
  } else if (state.onlySlice) filter();
  changed();
}

// Which events are shown, and their ranks among those.
function filter() {
  for (const run of state.runs) {
    const kindOn = run.kinds.map((kind) => !state.kindOff.has(kind));
    const processOn = run.data.processes.map((name) => !state.processOff.has(name));
    const only = state.onlySlice ? run.slice : null;
    let rank = 0;
    for (let i = 0; i < run.n; i++) {
      const p = run.process[i], q = run.peer[i];
      const on = kindOn[run.kind[i]] && (p < 0 || processOn[p]) && (q < 0 || processOn[q]) && (!only || only[i]);
      run.shown[i] = on ? 1 : 0;
      run.rank[i] = rank;
      if (on) rank++;
    }
    run.count = rank;
    run.list = null;
  }
  search();
  if (state.order) look(state.from, state.to);
  changed();
}

// The shown events of a run, as a list: for rows, and for going from one to the next.
function listOf(run) {
  if (!run.list) {
    run.list = new Uint32Array(run.count);
    for (let i = 0, k = 0; i < run.n; i++) if (run.shown[i]) run.list[k++] = i;
  }
  return run.list;
}

function search() {
  const run = state.runs[state.listed], word = state.find.trim().toLowerCase();
  state.matches = [];
  state.matching = null;
  if (run && word) {
    const holds = run.data.events.texts.map((text) => text.toLowerCase().includes(word));
    const names = run.data.processes.map((name) => name.toLowerCase().includes(word));
    const kinds = run.kinds.map((kind) => kind.includes(word));
    const text = run.data.events.text;
    state.matching = new Uint8Array(run.n);
    for (let i = 0; i < run.n; i++) {
      const p = run.process[i];
      if (run.shown[i] && (holds[text[i]] || kinds[run.kind[i]] || (p >= 0 && names[p]))) {
        state.matches.push(i);
        state.matching[i] = 1;
      }
    }
  }
  changed();
}

// The match, or the shown event, after or before the selected one.
function step(list, by) {
  const run = state.runs[state.listed];
  if (!list.length) return;
  const here = state.selected && state.selected.run === run ? state.selected.event : by > 0 ? NONE : run.n;
  let k = firstWhere(list.length, (k) => list[k] >= here);
  if (by > 0) { if (k < list.length && list[k] === here) k++; } else k--;
  select(run, list[(k + list.length) % list.length]);
}
