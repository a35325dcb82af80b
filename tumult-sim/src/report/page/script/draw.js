// The space-time diagram of one run: only what is in sight, and in bins where there is too much of it.

const RULER = 22, STRIP = 17, WORLD = 22, GLYPHS = 2500, ARROWS = 2500;

// Where everything is, for this picture.
function layOut(run, width, room) {
  const lanes = [];
  const world = state.worldShown(run);
  if (world) lanes.push(NONE);
  run.data.processes.forEach((name, p) => { if (!state.processOff.has(name)) lanes.push(p); });
  const phases = run.phases.length ? STRIP : 0, faults = run.faultRows * STRIP;
  const top = RULER + phases + faults + 4;
  // What happens to no process has a lane of its own, which is low.
  const above = world ? WORLD : 0, count = lanes.length - (world ? 1 : 0);
  const laneHeight = Math.min(Math.max(54, Math.min(110, (280 - top - above) / Math.max(1, count))), Math.max(17, (room - top - above) / Math.max(1, count)));
  const rowOf = new Map(lanes.map((p, row) => [p, row]));
  const left = run.gutter;
  // A window may be narrower than the names.
  const scale = Math.max(1, width - left - 6) / (state.to - state.from);
  const full = above + count * laneHeight;
  const height = Math.round(Math.min(top + full, Math.max(room, top + 60)));
  run.scroll = Math.min(Math.max(0, run.scroll), Math.max(0, top + full - height));
  return {
    lanes, top, laneHeight, left, width, height, scale, phases, faults, rowOf, full,
    x: (place) => left + (place - state.from) * scale,
    place: (x) => state.from + (x - left) / scale,
    y: (p) => {
      const row = rowOf.get(p);
      if (row === undefined) return null;
      return p === NONE ? top + WORLD / 2 - run.scroll : top + above + (row - (world ? 1 : 0) + 0.5) * laneHeight - run.scroll;
    },
  };
}

function draw(run, g, lay) {
  const c = state.colours;
  g.clearRect(0, 0, lay.width, lay.height);
  g.save();
  g.beginPath(); g.rect(lay.left, 0, lay.width - lay.left, lay.height); g.clip();
  drawPhases(run, g, lay, c);
  drawRuler(run, g, lay, c);
  drawFaults(run, g, lay, c);
  g.beginPath(); g.rect(lay.left, lay.top - 2, lay.width - lay.left, lay.height); g.clip();
  drawLanes(run, g, lay, c);
  const from = firstWhere(run.n, (i) => placeOf(run, i) >= state.from);
  const to = firstWhere(run.n, (i) => placeOf(run, i) > state.to);
  const faded = run.slice ? 0.3 : 1;
  drawArrows(run, g, lay, c, faded);
  drawEvents(run, g, lay, c, from, to, faded);
  if (run.slice) drawSlice(run, g, lay, c, from, to);
  drawMatches(run, g, lay, c);
  g.restore();
  drawFailure(run, g, lay, c);
  drawNames(run, g, lay, c);
}

function drawPhases(run, g, lay, c) {
  run.phases.forEach((phase, n) => {
    const x = Math.max(lay.left, lay.x(placeOfTime(run, phase.from))), end = Math.min(lay.width, lay.x(placeOfTime(run, phase.to)));
    if (end <= lay.left || x >= lay.width) return;
    if (n % 2 === 0) { g.fillStyle = c.phase; g.fillRect(x, RULER, end - x, lay.height); }
    g.fillStyle = c.line; g.fillRect(x, RULER, 1, lay.height);
    label(g, phase.name, x + 5, RULER + STRIP / 2, end - x - 8, c.muted, "600 11px");
  });
}

// Steps of 1, 2 or 5 times a power of ten, some 110 pixels apart.
function drawRuler(run, g, lay, c) {
  const span = state.to - state.from, wanted = (span * 120) / Math.max(1, lay.width - lay.left);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const stepBy = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((s) => s >= wanted));
  g.font = `11px ${c.mono}`; g.textBaseline = "middle"; g.textAlign = "left";
  for (let n = Math.ceil(state.from / stepBy); n * stepBy <= state.to; n++) {
    const at = n * stepBy, x = Math.round(lay.x(at));
    if (at < 0) continue;
    g.fillStyle = c.line; g.fillRect(x, 0, 1, lay.height);
    const list = state.order ? listOf(run) : null;
    const text = !state.order ? timeText(at, stepBy) : at < list.length ? timeText(run.at[list[at]], 1e5) : "";
    g.fillStyle = c.muted; g.fillText(text, x + 4, RULER / 2);
  }
  g.fillStyle = c.line; g.fillRect(lay.left, RULER, lay.width, 1);
}

function drawFaults(run, g, lay, c) {
  const top = RULER + lay.phases;
  for (const band of run.bands) {
    const x = lay.x(placeOfTime(run, band.from)), end = band.instant ? x : lay.x(placeOfTime(run, band.to));
    if (end < lay.left - 1 || x > lay.width) continue;
    const begin = Math.max(x, lay.left), width = Math.max(2, Math.min(end, lay.width) - begin);
    g.fillStyle = c.faultFill;
    for (const p of band.fault.processes) {
      const y = lay.y(p);
      if (y !== null) g.fillRect(begin, y - lay.laneHeight / 2, width, lay.laneHeight);
    }
    const y = top + band.row * STRIP;
    g.fillRect(begin, y + 2, width, STRIP - 3);
    g.fillStyle = c.fault;
    if (x >= lay.left) g.fillRect(x, y + 2, 2, STRIP - 3);
    const next = band.next ? lay.x(placeOfTime(run, band.next.from)) : lay.width;
    label(g, `${band.fault.id} ${band.fault.what}`, begin + 5, y + STRIP / 2 + 0.5, Math.min(next, lay.width) - begin - 8, c.fault, "11px");
  }
}

// A lane is a line while its process lives: thin and broken while it stands still, gone while it is down.
function drawLanes(run, g, lay, c) {
  for (const p of lay.lanes) {
    const y = Math.round(lay.y(p)) + 0.5;
    if (y < lay.top - lay.laneHeight || y > lay.height + lay.laneHeight) continue;
    if (p === NONE) { segment(g, lay.left, lay.width, y, c.line, [2, 3]); continue; }
    for (const part of run.lives[p]) {
      const x = Math.max(lay.left, lay.x(placeOfTime(run, part.from))), end = Math.min(lay.width, lay.x(placeOfTime(run, part.to)));
      if (end < x || part.life === "down") continue;
      segment(g, x, end, y, c.strong, part.life === "paused" ? [3, 4] : []);
    }
  }
}

function segment(g, x, end, y, colour, dash) {
  g.strokeStyle = colour; g.lineWidth = 1; g.setLineDash(dash);
  g.beginPath(); g.moveTo(x, y); g.lineTo(end, y); g.stroke(); g.setLineDash([]);
}

// The arrows in sight, told one by one to `tell(sent, end, index)`.
function eachArrow(run, tell) {
  const low = firstWhere(run.arrowTo.length, (k) => placeOf(run, run.arrowTo[k]) >= state.from);
  for (let k = low; k < run.arrowTo.length; k++) {
    const from = run.arrowFrom[k], to = run.arrowTo[k];
    if (!state.order && run.at[to] - run.longest > state.to) break;
    if (placeOf(run, from) > state.to) continue;
    if (run.shown[to] && (run.shown[from] || state.onlySlice || state.kindOff.has("send"))) tell(from, to, k);
  }
}

// Ends of an arrow on the picture. A message that was lost ends between the lanes, where it was cut.
function arrowLine(run, lay, from, to) {
  const lost = run.kind[to] === run.kindNumber.drop;
  const a = run.process[from], b = lost ? run.peer[to] : run.process[to];
  const y1 = lay.y(a), y2 = lay.y(b);
  if (y1 === null || y2 === null) return null;
  const x1 = lay.x(placeOf(run, from)), x2 = lay.x(placeOf(run, to));
  if (!lost) return { x1, y1, x2, y2, lost };
  const part = a === b ? 0 : 0.5;
  return { x1, y1, x2: Math.max(x2, x1 + 5), y2: y1 + (y2 - y1) * part - (a === b ? 8 : 0), lost };
}

function drawArrows(run, g, lay, c, faded) {
  const many = state.manyArrows = countArrows(run) > ARROWS;
  const lastAt = new Map(), few = lay.laneHeight > 24 && (state.to - state.from) * lay.scale > 0 && !many;
  const lost = [], plain = [];
  eachArrow(run, (from, to) => {
    const line = arrowLine(run, lay, from, to);
    if (!line) return;
    // Where they are too many, one stands for all that look the same.
    if (many) {
      const key = (run.process[from] + 1) * 65536 + run.process[to] + (line.lost ? 32768 : 0), at = Math.round(line.x1 / 3);
      if (lastAt.get(key) === at) return;
      lastAt.set(key, at);
    }
    (line.lost ? lost : plain).push(line);
  });
  g.lineWidth = 1;
  g.globalAlpha = faded * (many ? Math.max(0.04, Math.min(0.3, 500 / plain.length)) : 0.75);
  g.strokeStyle = c.message; g.fillStyle = c.message;
  g.beginPath();
  for (const l of plain) { g.moveTo(l.x1, l.y1); g.lineTo(l.x2, l.y2); }
  g.stroke();
  if (few && plain.length < 1200) for (const l of plain) arrowHead(g, l);
  g.globalAlpha = faded * (many ? Math.max(0.15, Math.min(0.6, 200 / (lost.length + 1))) : 0.95);
  g.strokeStyle = c.lost;
  g.beginPath();
  for (const l of lost) {
    g.moveTo(l.x1, l.y1); g.lineTo(l.x2, l.y2);
    const r = many ? 2 : 3.5;
    g.moveTo(l.x2 - r, l.y2 - r); g.lineTo(l.x2 + r, l.y2 + r); g.moveTo(l.x2 + r, l.y2 - r); g.lineTo(l.x2 - r, l.y2 + r);
  }
  g.stroke();
  g.setLineDash([3, 3]); g.strokeStyle = c.message;
  g.beginPath();
  for (const i of many ? [] : run.pending) {
    const place = placeOf(run, i), y1 = lay.y(run.process[i]), y2 = lay.y(run.peer[i]);
    if (!run.shown[i] || place < state.from || place > state.to || y1 === null || y2 === null) continue;
    g.moveTo(lay.x(place), y1); g.lineTo(lay.x(place) + 14, y1 + (y2 - y1) * 0.4);
  }
  g.stroke(); g.setLineDash([]);
  g.globalAlpha = 1;
}

function countArrows(run) {
  const low = firstWhere(run.arrowTo.length, (k) => placeOf(run, run.arrowTo[k]) >= state.from);
  const high = firstWhere(run.arrowTo.length, (k) => placeOf(run, run.arrowTo[k]) > state.to);
  return high - low;
}

function arrowHead(g, l) {
  const angle = Math.atan2(l.y2 - l.y1, l.x2 - l.x1), size = 7;
  if (Math.abs(l.y2 - l.y1) < 6) return;
  const x = l.x2 - 3 * Math.cos(angle), y = l.y2 - 3 * Math.sin(angle);
  g.beginPath(); g.moveTo(x, y);
  g.lineTo(x - size * Math.cos(angle - 0.36), y - size * Math.sin(angle - 0.36));
  g.lineTo(x - size * Math.cos(angle + 0.36), y - size * Math.sin(angle + 0.36));
  g.fill();
}

function drawEvents(run, g, lay, c, from, to, faded) {
  let count = 0;
  for (let i = from; i < to; i++) count += run.shown[i];
  const each = count <= GLYPHS;
  run.labelled = count < 160 && lay.laneHeight > 26;
  if (!each) drawBins(run, g, lay, c, from, to, faded);
  const lastLabel = new Map(), lastX = new Map();
  for (let i = from; i < to; i++) {
    if (!run.shown[i]) continue;
    const kind = run.kindName(i);
    if (!each && !WEIGHTY.has(kind)) continue;
    const y = lay.y(run.process[i]);
    if (y === null || y < lay.top - 9 || y > lay.height + 9) continue;
    const x = lay.x(placeOf(run, i)), group = groupOf(kind);
    // The cut end of its arrow marks it.
    if (kind === "drop" && each && run.causes(i).length) continue;
    if (!each) {
      const key = run.process[i] * 16 + group.length;
      if (x - (lastX.get(key) ?? -9) < 3) continue;
      lastX.set(key, x);
    }
    g.globalAlpha = run.slice && !run.slice[i] ? 0.35 : 1;
    if (kind === "drop" && !each) { g.fillStyle = c.lost; g.fillRect(x - 0.5, y - 4, 1.5, 8); continue; }
    glyph(g, x, y, kind, group, c);
    if (run.labelled && group !== "quiet" && run.process[i] !== NONE && x > (lastLabel.get(run.process[i]) ?? -1e9)) {
      const text = run.text(i).replace(/^(<-|->) /, (s) => (s === "<- " ? "← " : "→ ")).replace(/, (\d+ bytes?|empty).*$/, "");
      const short = text.length > 30 ? text.slice(0, 29) + "…" : text;
      g.font = `10.5px ${c.mono}`;
      const wide = g.measureText(short).width;
      g.fillStyle = c.surface; g.globalAlpha *= 0.8;
      g.fillRect(x + 4, y - 17, wide + 4, 12);
      g.globalAlpha = run.slice && !run.slice[i] ? 0.35 : 1;
      g.fillStyle = c[group] || c.text; g.textBaseline = "middle"; g.textAlign = "left";
      g.fillText(short, x + 6, y - 11);
      lastLabel.set(run.process[i], x + wide + 12);
    }
  }
  g.globalAlpha = 1;
}

// How many events there are, column by column of two pixels: higher is more.
function drawBins(run, g, lay, c, from, to, faded) {
  const columns = Math.max(0, Math.ceil((lay.width - lay.left) / 2)) + 1;
  const bins = new Uint32Array(lay.lanes.length * columns);
  let most = 1;
  for (let i = from; i < to; i++) {
    const row = run.shown[i] ? lay.rowOf.get(run.process[i]) : undefined;
    if (row === undefined) continue;
    const column = Math.floor((lay.x(placeOf(run, i)) - lay.left) / 2);
    if (column >= 0 && column < columns) most = Math.max(most, ++bins[row * columns + column]);
  }
  g.fillStyle = c.message;
  const tall = lay.laneHeight * 0.4, log = Math.log(most + 1);
  lay.lanes.forEach((p, row) => {
    const y = lay.y(p);
    if (y < lay.top - lay.laneHeight || y > lay.height + lay.laneHeight) return;
    g.globalAlpha = faded * 0.6;
    for (let column = 0; column < columns; column++) {
      const count = bins[row * columns + column];
      if (!count) continue;
      const high = Math.max(1, (Math.log(count + 1) / log) * tall);
      g.fillRect(lay.left + column * 2, y - high / 2, 2, high);
    }
  });
  g.globalAlpha = 1;
}

function glyph(g, x, y, kind, group, c) {
  g.fillStyle = g.strokeStyle = c[group] || c.text;
  g.lineWidth = 1.5;
  g.beginPath();
  if (kind === "send") { g.fillStyle = c.surface; g.arc(x, y, 2.6, 0, 7); g.fill(); g.stroke(); }
  else if (kind === "deliver") { g.arc(x, y, 3, 0, 7); g.fill(); }
  else if (group === "lost" || group === "fault") { g.moveTo(x, y - 4); g.lineTo(x + 4, y); g.lineTo(x, y + 4); g.lineTo(x - 4, y); g.fill(); }
  else if (group === "failure") { star(g, x, y); }
  else if (kind === "process") { g.rect(x - 1.5, y - 8, 3, 16); g.fill(); }
  else if (group === "disk") { g.rect(x - 2.5, y - 2.5, 5, 5); g.fill(); }
  else if (group === "quiet") { g.rect(x - 0.5, y - 4, 1, 8); g.fill(); }
  else if (group === "said") { g.moveTo(x, y + 4); g.lineTo(x - 3.5, y - 3); g.lineTo(x + 3.5, y - 3); g.fill(); }
  else { g.rect(x - 1, y - 4, 2, 8); g.fill(); }
}

function star(g, x, y) {
  for (let n = 0; n < 10; n++) {
    const r = n % 2 ? 4 : 9, a = (n * Math.PI) / 5 - Math.PI / 2;
    g.lineTo(x + r * Math.cos(a), y + r * Math.sin(a));
  }
  g.closePath(); g.fill();
}

// What led to the selected event: each step from a cause to its effect.
function drawSlice(run, g, lay, c, from, to) {
  g.strokeStyle = c.accent; g.fillStyle = c.accent; g.lineWidth = 2;
  g.beginPath();
  const seen = new Set();
  const step = (cause, i) => {
    const y1 = lay.y(run.process[cause]), y2 = lay.y(run.process[i]);
    if (y1 === null || y2 === null) return;
    const x1 = lay.x(placeOf(run, cause)), x2 = lay.x(placeOf(run, i));
    if (x2 < lay.left - 2 || x1 > lay.width) return;
    const key = `${Math.round(x1)} ${y1} ${Math.round(x2)} ${y2}`;
    if (seen.has(key)) return;
    seen.add(key);
    g.moveTo(x1, y1); g.lineTo(x2, y2);
  };
  // Causes lie before what they cause, so what ends behind the picture may begin in it.
  const last = Math.min(run.n, Math.max(to, state.selected && state.selected.run === run ? state.selected.event + 1 : to));
  for (let i = from; i < last && seen.size < 6000; i++) if (run.slice[i]) for (const cause of run.causes(i)) step(cause, i);
  g.stroke();
  g.lineWidth = 1.5; g.setLineDash([2, 2]); g.beginPath();
  if (state.selected && state.selected.run === run) {
    for (const effect of run.effects(state.selected.event).slice(0, 200)) step(state.selected.event, effect);
  }
  g.stroke(); g.setLineDash([]);
  if (state.selected && state.selected.run === run) {
    const i = state.selected.event, y = lay.y(run.process[i]) ?? lay.top, x = lay.x(placeOf(run, i));
    g.lineWidth = 2; g.beginPath(); g.arc(x, y, 7, 0, 7); g.stroke();
    g.globalAlpha = 0.35; g.fillRect(Math.round(x), RULER, 1, lay.height); g.globalAlpha = 1;
  }
}

function drawMatches(run, g, lay, c) {
  if (run.number !== state.listed || !state.matches.length) return;
  const list = state.matches, low = firstWhere(list.length, (k) => placeOf(run, list[k]) >= state.from);
  g.strokeStyle = g.fillStyle = c.match; g.lineWidth = 2;
  let last = -9;
  for (let k = low; k < list.length && placeOf(run, list[k]) <= state.to; k++) {
    const x = lay.x(placeOf(run, list[k])), y = lay.y(run.process[list[k]]);
    if (y === null || x - last < 2) continue;
    last = x;
    g.beginPath(); g.arc(x, y, 5.5, 0, 7); g.stroke();
  }
}

// Where it fails: a line through all lanes, and what failed at its top.
function drawFailure(run, g, lay, c) {
  const failure = run.failure;
  if (!failure) return;
  const x = lay.x(failure.event === NONE ? placeOfTime(run, failure.at) : placeOf(run, failure.event));
  if (x < lay.left || x > lay.width) return;
  g.fillStyle = c.failure;
  g.fillRect(Math.round(x) - 1, RULER - 4, 2, lay.height);
  const text = run.data.failure.invariant || "fails";
  g.font = `600 11px ${c.sans}`;
  const wide = g.measureText(text).width + 10, left = Math.min(Math.max(lay.left, x - wide / 2), lay.width - wide);
  g.fillRect(left, 2, wide, 17);
  g.fillStyle = c.surface; g.textAlign = "left"; g.textBaseline = "middle"; g.fillText(text, left + 5, 11);
  const y = lay.y(failure.process ?? (failure.event === NONE ? NONE : run.process[failure.event]));
  if (y !== null && y > lay.top) { g.fillStyle = c.failure; g.beginPath(); star(g, x, y); }
}

function drawNames(run, g, lay, c) {
  g.fillStyle = c.surface; g.fillRect(0, 0, lay.left, lay.height);
  g.fillStyle = c.line; g.fillRect(lay.left - 1, 0, 1, lay.height);
  label(g, state.order ? "order" : "virtual time", 10, RULER / 2, lay.left - 14, c.muted, "11px");
  if (lay.phases) label(g, "phases", 10, RULER + STRIP / 2, lay.left - 14, c.muted, "11px");
  if (lay.faults) label(g, "faults", 10, RULER + lay.phases + STRIP / 2, lay.left - 14, c.muted, "11px");
  g.save();
  g.beginPath(); g.rect(0, lay.top, lay.left, lay.height); g.clip();
  for (const p of lay.lanes) {
    const name = p === NONE ? "(world)" : run.name(p);
    label(g, name, 10, lay.y(p), lay.left - 16, p === NONE ? c.muted : c.text, p === NONE ? "11px" : "600 12px");
  }
  g.restore();
}

// A text that is cut where its room ends.
function label(g, text, x, y, room, colour, font) {
  if (room < 14) return;
  g.font = `${font} ${state.colours.sans}`; g.fillStyle = colour; g.textAlign = "left"; g.textBaseline = "middle";
  let cut = text;
  if (g.measureText(text).width > room) {
    const fits = firstWhere(text.length, (n) => g.measureText(text.slice(0, n + 1) + "…").width > room);
    if (!fits) return;
    cut = text.slice(0, fits) + "…";
  }
  g.fillText(cut, x, y);
}
