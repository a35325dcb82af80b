// The canvas of a run: its size, what is pointed at, and what keys and wheel do there.

function prepare(run) {
  const { data } = run;
  run.scroll = 0;
  const k = run.kindNumber;
  run.phases = [];
  if (data.experiment) {
    for (const [name, from, to] of data.experiment.phases) {
      if (to > from) run.phases.push({ name: String(name), from, to });
    }
  } else {
    for (let i = 0; i < run.n; i++) {
      if (run.kind[i] !== k.phase) continue;
      if (run.phases.length) run.phases.at(-1).to = run.at[i];
      run.phases.push({ name: run.text(i).replace(/^phase | begins$/g, ""), from: run.at[i], to: run.to });
    }
  }
  prepareFaults(run);
  prepareLives(run);
}

// Bands do not cover each other: each lies in the first row that is free.
function prepareFaults(run) {
  run.bands = run.data.faults.filter((f) => f.injected_ns !== null)
    .map((fault) => ({ fault, from: fault.injected_ns, to: fault.healed_ns ?? run.to, instant: fault.instant, row: 0, next: null }))
    .sort((a, b) => a.from - b.from);
  const ends = [], lasts = [];
  for (const band of run.bands) {
    // Room for the label of what is over at once.
    const to = Math.max(band.instant ? band.from : band.to, band.from + (run.to - run.from) * 0.08);
    let row = ends.findIndex((end) => end <= band.from);
    if (row < 0) row = ends.length < 6 ? ends.length : ends.indexOf(Math.min(...ends));
    if (lasts[row]) lasts[row].next = band;
    ends[row] = to; lasts[row] = band; band.row = row;
  }
  run.faultRows = ends.length;
}

function prepareLives(run) {
  run.lives = run.data.processes.map(() => []);
  for (const [event, p, life] of run.data.events.lives) {
    const parts = run.lives[p];
    if (parts.length) parts.at(-1).to = run.at[event];
    parts.push({ life, from: run.at[event], to: run.to });
  }
  // Of what comes before the first event that is shown, nothing is known: it is taken for alive.
  if (run.first) for (const parts of run.lives) if (!parts.length) parts.push({ life: "up", from: run.from, to: run.to });
}

state.worldShown = (run) => {
  if (run.worldKinds === undefined) {
    run.worldKinds = new Set();
    for (let i = 0; i < run.n; i++) if (run.process[i] < 0) run.worldKinds.add(run.kindName(i));
  }
  return [...run.worldKinds].some((kind) => kind !== "violation" && !state.kindOff.has(kind));
};

class Diagram {
  constructor(run, holder) {
    this.run = run;
    prepare(run);
    const box = element("div", { class: "run" });
    if (state.runs.length > 1) {
      const span = spanText(run.data.ended_ns);
      box.append(element("h3", {}, run.data.label, element("span", {}, `${grouped(run.n + run.first)} events, ${span}, ${run.data.faults.length} faults`)));
    }
    this.canvas = element("canvas", { class: "main", tabindex: 0, role: "img", "aria-label": `Diagram of the run ${run.data.label}: lanes of ${run.data.processes.length} processes. Arrow keys pan, plus and minus zoom, n and p go from event to event.` });
    this.overview = element("canvas", { class: "overview", "aria-hidden": "true" });
    box.append(this.canvas, this.overview);
    holder.append(box);
    this.listen();
  }

  measure() {
    const width = this.canvas.parentElement.clientWidth, g = this.canvas.getContext("2d");
    g.font = `600 12px ${state.colours.sans}`;
    const widest = Math.max(60, ...this.run.data.processes.slice(0, 300).map((name) => g.measureText(name).width));
    this.run.gutter = Math.round(Math.min(widest + 24, width * 0.22, 190));
    return width;
  }

  draw() {
    const width = this.measure(), room = Math.max(260, innerHeight * (state.runs.length > 1 ? 0.36 : 0.6));
    this.lay = layOut(this.run, width, room);
    draw(this.run, this.fitted(this.canvas, width, this.lay.height), this.lay);
    drawOverview(this.run, this.fitted(this.overview, width, 30), this.lay);
  }

  fitted(canvas, width, height) {
    const ratio = devicePixelRatio || 1, w = Math.round(width * ratio), h = Math.round(height * ratio);
    if (canvas.width !== w || canvas.height !== h) {
      canvas.width = w; canvas.height = h; canvas.style.height = `${height}px`;
    }
    const g = canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    return g;
  }

  // The event at a point of the picture: the nearest in its lane, or else the message whose arrow is there.
  hit(x, y) {
    const { run, lay } = this;
    if (x < lay.left || y < lay.top) return NONE;
    let best = NONE, distance = 9;
    const from = firstWhere(run.n, (i) => placeOf(run, i) >= lay.place(x - 9));
    for (let i = from; i < run.n && placeOf(run, i) <= lay.place(x + 9); i++) {
      if (!run.shown[i]) continue;
      const laneY = lay.y(run.process[i]);
      if (laneY === null || Math.abs(laneY - y) > Math.min(9, lay.laneHeight / 2)) continue;
      const off = Math.hypot(lay.x(placeOf(run, i)) - x, (laneY - y) / 2) - (WEIGHTY.has(run.kindName(i)) ? 1 : 0);
      if (off < distance) { distance = off; best = i; }
    }
    return best === NONE ? this.hitArrow(x, y) : best;
  }

  hitArrow(x, y) {
    let best = NONE, distance = 5;
    eachArrow(this.run, (from, to) => {
      const l = arrowLine(this.run, this.lay, from, to);
      if (!l || x < Math.min(l.x1, l.x2) - 5 || x > Math.max(l.x1, l.x2) + 5) return;
      const dx = l.x2 - l.x1, dy = l.y2 - l.y1;
      const t = Math.min(1, Math.max(0, ((x - l.x1) * dx + (y - l.y1) * dy) / (dx * dx + dy * dy || 1)));
      const off = Math.hypot(l.x1 + t * dx - x, l.y1 + t * dy - y);
      if (off < distance) { distance = off; best = to; }
    });
    return best;
  }

  listen() {
    const { canvas, run } = this;
    let down = null, moved = false;
    const at = (e) => { const box = canvas.getBoundingClientRect(); return [e.clientX - box.left, e.clientY - box.top]; };
    canvas.addEventListener("pointerdown", (e) => {
      if (e.button !== 0) return;
      const [x, y] = at(e);
      down = { x, y, from: state.from, to: state.to, scroll: run.scroll };
      moved = false;
      canvas.setPointerCapture(e.pointerId);
    });
    canvas.addEventListener("pointermove", (e) => {
      const [x, y] = at(e);
      if (!down) return this.point(e, x, y);
      if (!moved && Math.hypot(x - down.x, y - down.y) < 4) return;
      moved = true; hideTip(); canvas.classList.add("drag");
      const by = (down.x - x) / this.lay.scale;
      run.scroll = down.scroll + down.y - y;
      look(down.from + by, down.to + by);
    });
    canvas.addEventListener("pointerup", (e) => {
      if (!down) return;
      canvas.classList.remove("drag");
      const [x, y] = at(e);
      down = null;
      if (moved) return;
      const begun = e.timeStamp;
      select(run, this.hit(x, y), false);
      requestAnimationFrame(() => setTimeout(() => { tumult.answered = performance.now() - begun; }));
    });
    canvas.addEventListener("pointercancel", () => { down = null; });
    canvas.addEventListener("pointerleave", hideTip);
    canvas.addEventListener("dblclick", (e) => zoom(0.4, this.lay.place(at(e)[0])));
    canvas.addEventListener("wheel", (e) => {
      const sideways = Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey;
      // Who only reads on is not to be held up by the diagram.
      if (!sideways && !e.ctrlKey && !e.metaKey && document.activeElement !== canvas) {
        showTip("click the diagram first, or hold Ctrl, to zoom with the wheel", e.clientX, e.clientY);
        return;
      }
      e.preventDefault(); hideTip();
      if (sideways) pan(((e.deltaX || e.deltaY) * 0.6) / this.lay.width);
      else zoom(Math.exp(Math.max(-120, Math.min(120, e.deltaY)) * 0.0035), this.lay.place(at(e)[0]));
    }, { passive: false });
    canvas.addEventListener("keydown", (e) => {
      const by = { ArrowUp: -30, ArrowDown: 30 }[e.key];
      if (by && this.lay.full + this.lay.top > this.lay.height) {
        run.scroll += by; e.preventDefault(); changed();
      }
    });
    let dragging = false;
    const overviewTo = (e) => {
      const box = this.overview.getBoundingClientRect(), [low, high] = axis(), { left, width } = this.lay;
      const place = low + ((e.clientX - box.left - left) / (width - left - 6)) * (high - low), half = (state.to - state.from) / 2;
      look(place - half, place + half);
    };
    this.overview.addEventListener("pointerdown", (e) => { dragging = true; this.overview.setPointerCapture(e.pointerId); overviewTo(e); });
    this.overview.addEventListener("pointermove", (e) => dragging && overviewTo(e));
    this.overview.addEventListener("pointerup", () => { dragging = false; });
  }

  point(e, x, y) {
    const i = this.lay ? this.hit(x, y) : NONE;
    this.canvas.style.cursor = i === NONE ? "" : "pointer";
    if (i === NONE) return hideTip();
    const { run } = this;
    showTip(`${timeText(run.at[i], 1e3)}  ${run.name(run.process[i])}  ${run.text(i)}`, e.clientX, e.clientY);
  }
}

// The whole run at a glance: how much happens when, faults, the failure, and what part is in sight above.
function drawOverview(run, g, lay) {
  const c = state.colours, [low, high] = axis(), width = Math.max(1, lay.width - lay.left - 6), scale = width / (high - low);
  const x = (place) => lay.left + (place - low) * scale;
  g.clearRect(0, 0, lay.width, 30);
  const key = `${width} ${run.count} ${state.order} ${low} ${high}`;
  if (run.overviewKey !== key) {
    run.overviewKey = key;
    run.overview = new Uint32Array(Math.ceil(width / 2) + 1);
    for (let i = 0; i < run.n; i++) if (run.shown[i]) run.overview[Math.floor(((placeOf(run, i) - low) * scale) / 2)]++;
    run.overviewMost = run.overview.reduce((a, b) => Math.max(a, b), 1);
  }
  g.fillStyle = c.faultFill;
  for (const b of run.bands) g.fillRect(x(placeOfTime(run, b.from)), 2, Math.max(2, x(placeOfTime(run, b.instant ? b.from : b.to)) - x(placeOfTime(run, b.from))), 26);
  g.fillStyle = c.quiet;
  run.overview.forEach((count, k) => {
    if (!count) return;
    const high = Math.max(2, (Math.log(count + 1) / Math.log(run.overviewMost + 1)) * 22);
    g.fillRect(lay.left + k * 2, 28 - high, 2, high);
  });
  if (run.failure) {
    g.fillStyle = c.failure;
    g.fillRect(x(run.failure.event === NONE ? placeOfTime(run, run.failure.at) : placeOf(run, run.failure.event)) - 1, 0, 2, 30);
  }
  const from = x(state.from), to = x(state.to);
  g.fillStyle = c.bg; g.globalAlpha = 0.65;
  g.fillRect(lay.left, 0, from - lay.left, 30); g.fillRect(to, 0, lay.width - to, 30);
  g.globalAlpha = 1;
  g.strokeStyle = c.accent; g.lineWidth = 1; g.strokeRect(Math.round(from) + 0.5, 0.5, Math.max(3, Math.round(to - from) - 1), 29);
  label(g, "overview", 10, 15, lay.left - 14, c.muted, "11px");
}
