// The curves of an experiment's probes: phases behind them, what was normal, and when what happened.

function fillProbes() {
  const holder = byId("curves");
  const figures = [];
  for (const run of state.runs) {
    const x = run.data.experiment;
    if (!x || !x.probes.length) continue;
    for (const probe of x.probes) figures.push({ run, x, probe });
  }
  byId("probes").hidden = !figures.length;
  holder.replaceChildren(...figures.map(({ run, x, probe }) => {
    const canvas = element("canvas", { role: "img", "aria-label": curveText(x, probe) });
    const caption = element("figcaption", {}, element("b", {}, probe.name), element("span", {}, curveText(x, probe)));
    if (state.runs.length > 1) caption.append(element("span", {}, run.data.label));
    canvas.probe = { x, probe };
    return element("figure", { class: "curve" }, caption, canvas);
  }));
}

const valueText = (v) => String(Number(v.toPrecision(4)));

function curveText(x, p) {
  const parts = [];
  const ends = x.phases.flatMap((phase) => [phase[1], phase[2]]), step = (Math.max(...ends) - Math.min(...ends)) / 500;
  const since = (ns) => timeText(ns, step);
  if (p.lower !== null || p.upper !== null) {
    const bounds = [p.lower === null ? null : `from ${valueText(p.lower)}`, p.upper === null ? null : `to ${valueText(p.upper)}`];
    parts.push(`normal ${bounds.filter(Boolean).join(" ")} ${p.unit || ""}`.trim());
  }
  if (p.onset_ns !== null) parts.push(`onset ${since(p.onset_ns)}`);
  if (p.peak_ns !== null && p.peak !== null) parts.push(`peak ${valueText(p.peak)} at ${since(p.peak_ns)}`);
  if (p.recovery_ns !== null) parts.push(`recovered ${since(p.recovery_ns)}`);
  else if (p.recovered === false) parts.push("not recovered");
  return parts.join(" · ");
}

function drawProbes() {
  for (const canvas of document.querySelectorAll(".curve canvas")) drawCurve(canvas, canvas.probe.x, canvas.probe.probe);
}

// Steps that people count in.
function ticks(low, high, about) {
  const raw = (high - low) / about || 1, power = 10 ** Math.floor(Math.log10(raw));
  const stepBy = [1, 2, 5, 10].map((n) => n * power).find((s) => s >= raw);
  const all = [];
  for (let n = Math.ceil(low / stepBy); n * stepBy <= high + stepBy * 1e-9; n++) all.push(n * stepBy);
  return all;
}

function drawCurve(canvas, x, p) {
  const c = state.colours, width = canvas.parentElement.clientWidth - 22, height = 170;
  const g = Diagram.prototype.fitted(canvas, width, height);
  const phases = x.phases.filter((phase) => phase[2] > phase[1]);
  const low = Math.min(...phases.map((phase) => phase[1]), p.at_ns[0] ?? 0), high = Math.max(...phases.map((phase) => phase[2]), p.at_ns.at(-1) ?? 1);
  const values = p.value.filter((v) => v !== null).concat([p.lower, p.upper, p.peak].filter((v) => v !== null));
  let bottom = Math.min(...values), top = Math.max(...values);
  if (!values.length) { bottom = 0; top = 1; }
  const room = (top - bottom || Math.abs(top) || 1) * 0.08;
  bottom -= room; top += room;
  const left = 52, right = width - 8, head = 32, foot = height - 18;
  const X = (ns) => left + ((ns - low) / (high - low || 1)) * (right - left), Y = (v) => foot - ((v - bottom) / (top - bottom)) * (foot - head);
  g.clearRect(0, 0, width, height);
  phases.forEach(([name, from, to], n) => {
    if (n % 2 === 0) { g.fillStyle = c.phase; g.fillRect(X(from), 0, X(to) - X(from), foot); }
    g.fillStyle = c.line; g.fillRect(Math.round(X(from)), 0, 1, foot);
    label(g, String(name), X(from) + 4, 8, X(to) - X(from) - 6, c.muted, "11px");
  });
  g.font = `10.5px ${c.mono}`; g.textBaseline = "middle";
  for (const v of ticks(bottom, top, 4)) {
    g.fillStyle = c.line; g.fillRect(left, Math.round(Y(v)), right - left, 1);
    g.fillStyle = c.muted; g.textAlign = "right"; g.fillText(valueText(v), left - 6, Y(v));
  }
  for (const t of ticks(low, high, width / 110)) {
    g.fillStyle = c.muted; g.textAlign = "center"; g.fillText(`${valueText(t / 1e9)} s`, Math.min(X(t), right - 12), height - 8);
  }
  for (const bound of [p.lower, p.upper]) {
    if (bound === null) continue;
    g.strokeStyle = c.ok; g.lineWidth = 1; g.setLineDash([5, 4]);
    g.beginPath(); g.moveTo(left, Y(bound)); g.lineTo(right, Y(bound)); g.stroke(); g.setLineDash([]);
  }
  g.strokeStyle = c.accent; g.lineWidth = 1.5; g.lineJoin = "round";
  g.beginPath();
  let pen = false;
  p.at_ns.forEach((at, n) => {
    const v = p.value[n];
    if (v === null) { pen = false; return; }
    if (pen) g.lineTo(X(at), Y(v)); else g.moveTo(X(at), Y(v));
    pen = true;
  });
  g.stroke();
  g.fillStyle = c.failure;
  p.at_ns.forEach((at, n) => { if (p.value[n] === null) g.fillRect(X(at) - 1, foot - 6, 2, 6); });
  drawMoments(g, c, x, p, X, Y, head, foot, right);
}

// What happened when, each with a line and a name; names that would lie on each other are set lower.
function drawMoments(g, c, x, p, X, Y, head, foot, right) {
  const moments = [["onset", p.onset_ns, c.fault], ["peak", p.peak_ns, c.failure], ["rollback", x.rollback_ns, c.muted], ["recovered", p.recovery_ns, c.ok]]
    .filter((m) => m[1] !== null).sort((a, b) => a[1] - b[1]);
  const ends = [-9, -9, -9];
  for (const [name, at, colour] of moments) {
    const px = Math.round(X(at));
    g.strokeStyle = g.fillStyle = colour; g.lineWidth = 1; g.setLineDash([2, 2]);
    g.beginPath(); g.moveTo(px + 0.5, head - 8); g.lineTo(px + 0.5, foot); g.stroke(); g.setLineDash([]);
    g.font = `11px ${c.sans}`;
    const wide = g.measureText(name).width, tx = Math.min(px + 3, right - wide);
    const row = Math.max(0, ends.findIndex((end) => end < tx));
    ends[row] = tx + wide + 4;
    g.textAlign = "left"; g.textBaseline = "middle"; g.fillText(name, tx, head - 8 + row * 12);
    if (name === "peak" && p.peak !== null) { g.beginPath(); g.arc(px, Y(p.peak), 3.5, 0, 7); g.fill(); }
  }
}
