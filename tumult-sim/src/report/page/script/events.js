// The events as rows of text: only those in sight are made, however many there are.

const ROW = 20;
// No browser makes an element higher than this; longer lists are walked in larger steps.
const HIGHEST = 8e6;

function scrollScale(run) { return Math.max(1, (run.count * ROW) / HIGHEST); }

function fillRows() {
  const run = state.runs[state.listed], rows = byId("rows"), room = byId("room");
  if (!run) return;
  const list = listOf(run), scale = scrollScale(run);
  room.style.height = `${(list.length * ROW) / scale}px`;
  byId("shown").textContent = run.count === run.n ? `${grouped(run.n)} events` : `${grouped(run.count)} of ${grouped(run.n)} events are shown`;
  if (run.first) byId("shown").textContent += `; ${grouped(run.first)} before them are left out`;
  const chosen = state.selected && state.selected.run === run ? state.selected.event : NONE;
  if (chosen !== rows.chosen) {
    rows.chosen = chosen;
    if (chosen !== NONE) {
      const top = (run.rank[chosen] * ROW) / scale;
      if (top < rows.scrollTop || top > rows.scrollTop + rows.clientHeight - ROW) rows.scrollTop = top - rows.clientHeight / 2;
    }
  }
  const first = Math.max(0, Math.floor((rows.scrollTop * scale) / ROW) - (scale > 1 ? 0 : 4));
  const last = Math.min(list.length, first + Math.ceil(rows.clientHeight / ROW) + 8);
  const width = `${Math.min(22, Math.max(4, ...run.data.processes.slice(0, 300).map((name) => name.length)))}ch`;
  const made = [];
  for (let k = first; k < last; k++) {
    const i = list[k], kind = run.kindName(i);
    const row = element("div", { class: "row", role: "option", "data-event": i, "aria-selected": i === chosen },
      element("span", { class: "at" }, timeText(run.at[i], 1e3)), dot(kind),
      element("span", { class: "by", style: `width:${width}` }, run.name(run.process[i])),
      element("span", { class: "kind" }, kind), element("span", { class: "what" }, run.text(i)));
    row.style.top = `${scale > 1 ? rows.scrollTop + (k - first) * ROW : k * ROW}px`;
    if (run.slice && run.slice[i]) row.classList.add("slice");
    if (state.matching && state.matching[i]) row.classList.add("match");
    if (i === chosen) row.classList.add("selected");
    made.push(row);
  }
  room.replaceChildren(...made);
}

function listenToRows() {
  const rows = byId("rows");
  rows.addEventListener("scroll", fillRows, { passive: true });
  rows.addEventListener("click", (e) => {
    const row = e.target.closest(".row");
    if (row) select(state.runs[state.listed], Number(row.dataset.event));
  });
  rows.addEventListener("keydown", (e) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (!by) return;
    e.preventDefault(); e.stopPropagation();
    step(listOf(state.runs[state.listed]), by);
  });
}
