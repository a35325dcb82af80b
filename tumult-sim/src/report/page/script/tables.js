// Faults and what became of each; processes and what they did.

function table(heads, rows) {
  const head = element("tr", {}, ...heads.map(([text, kind]) => element("th", { class: kind, scope: "col" }, text)));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((cell, n) => element("td", { class: heads[n][1] }, cell))));
  return element("div", { class: "scroll" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...body)));
}

function became(f) {
  if (f.skipped !== null) return element("span", {}, element("span", { class: "tag no" }, "skipped"), ` ${f.skipped}`);
  if (f.injected_ns === null) return element("span", { class: "tag no" }, "never due");
  return element("span", { class: f.met_ns === null ? "tag no" : "tag met" }, f.met_ns === null ? "not met" : "met");
}

const atOrNot = (ns) => (ns === null ? "" : timeText(ns, 1e5));

function goTo(run, ns, span) {
  const at = placeOfTime(run, ns), end = placeOfTime(run, ns + span), room = Math.max((end - at) * 0.25, (run.to - run.from) * 0.002, state.order ? 10 : 0);
  state.listed = run.number;
  look(at - room, end + room);
  byId("diagram").scrollIntoView({ behavior: "smooth" });
}

function fillTables() {
  const several = state.runs.length > 1;
  const faults = [], processes = [];
  for (const run of state.runs) {
    for (const f of run.data.faults) {
      let show = "";
      if (f.injected_ns !== null) {
        show = element("button", { type: "button", class: "small", "aria-label": `Show ${f.id} in the diagram` }, "show");
        show.addEventListener("click", () => goTo(run, f.injected_ns, (f.healed_ns ?? run.to) - f.injected_ns));
      }
      faults.push([...(several ? [run.data.label] : []), f.id, f.plan.replace(`${f.id} `, ""), became(f), atOrNot(f.injected_ns), atOrNot(f.met_ns), atOrNot(f.healed_ns), show]);
    }
    const counts = run.data.processes.map(() => ({ sent: 0, arrived: 0, lost: 0, all: 0, lives: 0 }));
    const k = run.kindNumber;
    for (let i = 0; i < run.n; i++) {
      const of = counts[run.process[i]];
      if (!of) continue;
      of.all++;
      if (run.kind[i] === k.send) of.sent++; else if (run.kind[i] === k.deliver) of.arrived++; else if (run.kind[i] === k.drop) of.lost++;
    }
    run.data.processes.forEach((name, p) => {
      const lives = run.lives[p], of = counts[p], down = lives.filter((l) => l.life !== "up").reduce((sum, l) => sum + l.to - l.from, 0);
      processes.push([...(several ? [run.data.label] : []), name, lives.length ? { up: "runs", down: "ended", paused: "stands still" }[lives.at(-1).life] : "never started",
        down ? spanText(down) : "", grouped(of.all), grouped(of.sent), grouped(of.lost), grouped(of.arrived)]);
    });
  }
  const first = several ? [["run"]] : [];
  byId("faults").hidden = !faults.length;
  byId("fault-table").replaceChildren(table([...first, ["fault", "mono"], ["plan", "mono"], ["outcome"], ["injected", "n"], ["met", "n"], ["healed", "n"], [""]], faults));
  byId("processes-part").hidden = !processes.length;
  byId("process-table").replaceChildren(table([...first, ["process", "mono"], ["at the end"], ["down or paused", "n"], ["events", "n"], ["sent", "n"], ["of these lost", "n"], ["arrived", "n"]], processes));
}
