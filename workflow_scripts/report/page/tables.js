// Tables of the report: sort, filter, tips, CSV; the cards of the models, composed from the tables' rows.
"use strict";

(() => {
  const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, text = "", className = "") =>
    Object.assign(document.createElement(tag), { textContent: text, className });

  function save(name, content, type) {
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // --- sort and filter ----------------------------------------------------------------------------

  // The cell of a row that lies in a column: itself may span several.
  function cellAt(row, column) {
    let at = 0;
    return [...row.cells].find((cell) => (at += cell.colSpan) > column);
  }

  // What a cell sorts by: its number if it has one, else its words; numbers first, nothing last.
  function keyOf(row, column) {
    const cell = cellAt(row, column);
    if (!cell || (cell.colSpan > 1 && !cell.dataset.v)) return "";
    const shown = cell.matches("[data-v]") ? cell : cell.querySelector("[data-v]:not([hidden])");
    const text = shown ? shown.dataset.v : cell.textContent.trim();
    return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  }

  function sort(table, column, direction) {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [keyOf(row, column), row]);
    const numbers = rows.filter(([key]) => typeof key === "number").sort(([a], [b]) => direction * (a - b));
    const words = rows.filter(([key]) => typeof key === "string" && key).sort(([a], [b]) => direction * a.localeCompare(b, undefined, { numeric: true }));
    const empty = rows.filter(([key]) => key === "");
    body.append(...[...numbers, ...words, ...empty].map(([, row]) => row));
    for (const th of $$("thead th", table)) th.removeAttribute("aria-sort");
    table.tHead.rows[0].cells[column].setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
  }

  for (const table of $$("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((th, column) => {
      const button = make("button");
      button.type = "button";
      button.append(...th.childNodes);
      th.append(button);
      button.addEventListener("click", () => {
        const first = column === 0 ? 1 : -1; // names from A, numbers from the largest
        const now = { ascending: 1, descending: -1 }[th.getAttribute("aria-sort")];
        sort(table, column, now ? -now : first);
      });
    });
  }

  const filter = document.getElementById("filter");
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/[\s,]+/).filter(Boolean);
    for (const row of $$("[data-model]")) {
      const name = row.dataset.model.toLowerCase();
      row.hidden = words.length > 0 && !words.some((word) => name.includes(word)) && !row.closest(".controls");
    }
    for (const table of $$("table")) stop(table);
  });

  const measures = $$("input[name=measure]");
  function measure() {
    const chosen = measures.find((radio) => radio.checked);
    if (!chosen) return;
    for (const item of $$("[data-measure]")) item.hidden = item.dataset.measure !== chosen.value;
    for (const table of $$("table.encodes")) {
      const [column, th] = [...table.tHead.rows[0].cells].map((th, i) => [i, th]).find(([, th]) => th.ariaSort) || [];
      if (th && column > 0) sort(table, column, th.ariaSort === "ascending" ? 1 : -1);
    }
  }
  for (const radio of measures) radio.addEventListener("change", measure);
  measure();

  // --- tips: what a number means ------------------------------------------------------------------

  const tip = document.getElementById("tip");
  function meaning(cell) {
    if (cell.dataset.tip) return cell.dataset.tip;
    const table = cell.closest("table");
    const { v, low, high, chance, reference, n, note } = cell.dataset;
    const head = table.tHead.rows[0].cells[cell.cellIndex];
    return [
      `${cell.closest("tr").dataset.model}, ${head.dataset.name}: ${v === "" ? "no value" : v}${low ? ` [${low}, ${high}]` : ""}`,
      head.dataset.unit && `Unit: ${head.dataset.unit}.`,
      chance ? `Chance: ${chance}.` : "No chance level.",
      reference && `Reference (the true factors): ${reference}.`,
      n && `Rests on ${n} sounds.`,
      note && `Note: ${note}`,
      table.dataset.meaning,
    ].filter(Boolean).join("\n");
  }
  const TOLD = "table td[data-tip], table td[data-v]";
  function tell(event) {
    const cell = event.target.closest && event.target.closest(TOLD);
    if (!cell) { tip.hidden = true; return; }
    tip.textContent = meaning(cell);
    tip.hidden = false;
    if (event.type === "focusin") cell.setAttribute("aria-describedby", "tip");
    const box = cell.getBoundingClientRect();
    const left = Math.min(box.left + scrollX, scrollX + document.documentElement.clientWidth - tip.offsetWidth - 8);
    const above = box.bottom + tip.offsetHeight + 8 > innerHeight && box.top > tip.offsetHeight + 8;
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${above ? box.top + scrollY - tip.offsetHeight - 6 : box.bottom + scrollY + 6}px`;
  }
  document.addEventListener("pointerover", tell);
  document.addEventListener("focusin", tell);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });

  // One stop of the tab key per table, its first number in sight unless another is given; arrow keys go from
  // number to number, over rows that have none.
  function stop(table, chosen = $$(TOLD, table).find((cell) => !cell.closest("tr").hidden)) {
    for (const cell of $$("td[tabindex]", table)) cell.tabIndex = -1;
    if (chosen) chosen.tabIndex = 0;
  }
  for (const table of $$("table")) {
    for (const cell of $$(TOLD, table)) cell.tabIndex = -1;
    stop(table);
    table.addEventListener("keydown", (event) => {
      const cell = event.target.closest("td");
      const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (!cell || !by || event.ctrlKey || event.altKey || event.metaKey) return;
      const rows = $$("tbody tr", table).filter((row) => !row.hidden);
      const column = cell.cellIndex + by[1];
      let at = rows.indexOf(cell.closest("tr")) + by[0];
      while (by[0] && rows[at] && !rows[at].cells[column]?.matches(TOLD)) at += by[0];
      const next = rows[at]?.cells[column];
      if (!next || !next.matches(TOLD)) return;
      stop(table, next);
      next.focus();
      event.preventDefault();
    });
  }

  // --- take away ----------------------------------------------------------------------------------

  const quoted = (words) => words.map((w) => (/[",\n]/.test(w) ? `"${w.replace(/"/g, '""')}"` : w)).join(",");
  const flat = (cell) => cell.innerText.replace(/\s+/g, " ").trim();

  // Scores one number a line with all that belongs to it, rescaled where the page shows them so; other tables
  // as they stand.
  function csvOf(table) {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    const told = $$("td[data-v], td [data-v]", table);
    const spread = (cell) => [flat(cell), ...Array(cell.colSpan - 1).fill("")];
    if (!told.length) return [heads.map(flat), ...rows.map((row) => [...row.cells].flatMap(spread))].map(quoted).join("\n");
    const scaled = told.some(({ dataset }) => dataset.raw !== undefined);
    const lines = [["model", "score", "column", "unit", "value", "low", "high", "chance", "reference", "n", "note", ...(scaled ? ["rescaled"] : [])]];
    for (const item of told) {
      const cell = item.closest("td"), head = heads[cell.cellIndex];
      const { low = "", high = "", chance = "", reference = "", n = "", note = "", measure, raw, unit } = item.dataset;
      const score = measure || item.dataset.score || table.dataset.score;
      lines.push([item.closest("tr").dataset.model, score, head.dataset.name, unit || head.dataset.unit || "",
        raw ?? item.dataset.v, low, high, chance, reference, n, note, ...(scaled ? [raw === undefined ? "" : item.dataset.v] : [])]);
    }
    return lines.map(quoted).join("\n");
  }

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button.act");
    if (!button) return;
    const { act } = button.dataset;
    if (act === "csv") save(`${button.dataset.name}.csv`, `${csvOf(document.getElementById(button.dataset.of))}\n`, "text/csv");
    if (act === "text") save(button.dataset.name, document.getElementById(button.dataset.of).textContent, "text/plain");
    if (act === "png") save(button.dataset.name, bytesOf(document.getElementById(button.dataset.of).src.split(",")[1]), "image/png");
    if (act === "plot") {
      const div = document.getElementById(button.dataset.of);
      Plotly.downloadImage(div, { format: button.dataset.format, width: 1100, height: 400, filename: button.dataset.name });
    }
    if (act === "factors") explorer.show(button.dataset.set, button.dataset.model);
  });

  // --- cards --------------------------------------------------------------------------------------

  const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#1a1a1a"];
  const PLAIN = { displayModeBar: false, responsive: true };

  function plot(box, title, name, traces, layout) {
    const holder = make("div", "", "plot");
    holder.id = `plot-${document.querySelectorAll(".plot").length}`;
    const tools = make("p", "", "tools");
    for (const format of ["svg", "png"]) {
      const button = make("button", format.toUpperCase(), "act");
      Object.assign(button.dataset, { act: "plot", format, of: holder.id, name });
      tools.append(button);
    }
    box.append(make("h4", title), holder, tools);
    const axis = { gridcolor: "#e4e4e4", zeroline: false, automargin: true };
    Plotly.newPlot(holder, traces, {
      margin: { l: 60, r: 20, t: 10, b: 40 }, font: { family: "system-ui, sans-serif", size: 12, color: "#1a1a1a" }, boxmode: "group",
      ...layout, xaxis: { ...axis, ...layout.xaxis }, yaxis: { ...axis, ...layout.yaxis } }, PLAIN);
  }

  // Rows of a model in the tables of a data set, one by one as a small table.
  function scoresOf(box, set, model) {
    const table = make("table");
    for (const scores of $$("table.scores")) {
      if (scores.dataset.set !== set) continue;
      const row = $$("tr[data-model]", scores).find((tr) => tr.dataset.model === model);
      if (!row) continue;
      const [line, name, cell] = [make("tr"), make("th", scores.dataset.heading), make("td")];
      const inner = make("dl", "", "facts");
      for (const td of $$("td[data-v]", row)) {
        const head = scores.tHead.rows[0].cells[td.cellIndex];
        const shown = make("dd");
        shown.append(...[...td.childNodes].map((node) => node.cloneNode(true)));
        for (const br of $$("br", shown)) br.replaceWith(" ");
        inner.append(make("dt", `${head.dataset.name}, ${head.dataset.unit}`), shown);
      }
      cell.append(inner);
      line.append(name, cell);
      table.append(line);
    }
    const more = make("details");
    more.append(make("summary", "All its scores"), table);
    if (table.rows.length) box.append(more);
  }

  function factsOf(box, set, model) {
    const told = $$("table.models").map((table) => [table, $$("tr", table).find((tr) => tr.dataset.model === model)]).filter(([, tr]) => tr);
    const [table, row] = told.find(([t]) => t.dataset.set === set) ?? [];
    if (!row) return;
    const [first, known] = told[0]; // of other data sets only what differs
    const same = (i) => row !== known && flat(row.cells[i]) === flat(known.cells[i]);
    const list = make("dl", "", "facts");
    const heads = [...table.tHead.rows[0].cells];
    if (row.cells.length === heads.length) {
      [...row.cells].slice(1).forEach((cell, i) => {
        if (same(i + 1)) return;
        const shown = make("dd");
        shown.append(...[...cell.childNodes].map((node) => node.cloneNode(true)));
        for (const br of $$("br", shown)) br.replaceWith(" ");
        list.append(make("dt", flat(heads[i + 1])), shown);
      });
    } else list.append(make("dt", "module"), make("dd", [...row.cells].slice(1).map(flat).filter(Boolean).join("; ")));
    box.append(make("h4", row === known ? "Facts and audit" : `Facts and audit, where they are not those of ${first.dataset.set}`), list);
  }

  // Scores of a model's layers against depth, its own embedding after a gap.
  function layersOf(box, set, model) {
    for (const table of $$("table.scores")) {
      if (table.dataset.set !== set || !measures.some(({ value }) => value === table.dataset.score)) continue;
      const rows = $$("tr[data-model]", table).filter((tr) => tr.dataset.model === model || tr.dataset.model.replace(/\.\d+$/, "") === model);
      const layers = rows.filter((tr) => tr.dataset.model !== model);
      if (!layers.length) continue;
      const depth = (tr) => (tr.dataset.model === model ? layers.length + 0.7 : Number(tr.dataset.model.split(".").pop()));
      const columns = [...table.tHead.rows[0].cells].slice(1);
      const traces = columns.map((head, i) => {
        const cells = rows.map((tr) => [depth(tr), tr.cells[i + 1].dataset]).filter(([, d]) => d.v).sort(([a], [b]) => a - b);
        const bound = (key) => cells.map(([, d]) => Math.abs(Number(d[key] || d.v) - Number(d.v)));
        return { type: "scatter", mode: "lines+markers", name: plain(head.dataset.name), x: cells.map(([x]) => x), y: cells.map(([, d]) => Number(d.v)),
          error_y: { type: "data", symmetric: false, array: bound("high"), arrayminus: bound("low"), thickness: 1 }, line: { color: COLORS[i % COLORS.length] } };
      });
      const ticks = layers.map(depth);
      plot(box, `Layers by depth: ${table.dataset.heading}`, `${set}_${model}_layers`, traces, {
        xaxis: { title: { text: "layer" }, tickvals: [...ticks, layers.length + 0.7], ticktext: [...ticks.map(String), "own"] },
        yaxis: { title: { text: plain(columns[0].dataset.unit) } } });
    }
  }

  // Figure 4 of one model beside the controls, from quantiles.
  function ratiosOf(box, set, model) {
    const data = explorer.load(set);
    if (!data || !data.models[model]) return;
    const names = [model, "chance", "reference"].filter((m) => data.models[m]);
    const traces = Object.keys(data.factors).flatMap((factor, i) => {
      const found = names.filter((m) => data.models[m].ratios[factor]);
      if (!found.length) return [];
      const quantile = (k) => found.map((m) => Math.exp(data.models[m].ratios[factor][k]));
      return [{ type: "box", name: plain(factor), x: found.map(plain), lowerfence: quantile(0), q1: quantile(1), median: quantile(2), q3: quantile(3),
        upperfence: quantile(4), marker: { color: COLORS[i % COLORS.length] } }];
    });
    if (traces.length) plot(box, "Figure 4: estimated over true factor, by nearest neighbours", `${set}_${model}_ratios`, traces, {
      yaxis: { type: "log", title: { text: "ratio, 1 is exact" }, nticks: 8 } });
  }

  for (const card of $$("details.card")) {
    const fill = () => {
      if (!card.open || card.dataset.filled) return;
      card.dataset.filled = "yes";
      for (const box of $$("[data-fill]", card)) {
        const { fill: set } = box.dataset, { model } = card.dataset;
        factsOf(box, set, model);
        layersOf(box, set, model);
        ratiosOf(box, set, model);
        scoresOf(box, set, model);
      }
    };
    card.addEventListener("toggle", fill);
    fill();
  }

  // A link to a card or into closed details opens what it leads to.
  function open() {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { /* not ours */ }
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    if (target) target.scrollIntoView();
  }
  addEventListener("hashchange", open);
  open();
})();
