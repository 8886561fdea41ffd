// The card of each model: facts, layers, estimates and scores, from the JSON of each data set.
"use strict";

(() => {
  const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#1a1a1a"];
  const FONT = { family: "system-ui, sans-serif", size: 12, color: "#1a1a1a" };
  const measures = $$("input[name=measure]").map(({ value }) => value);
  const known = Object.fromEntries( // {data set: {tables, facts}}, in the order of the page
    $$("script.cards").map((script) => [script.dataset.set, JSON.parse(script.textContent)]));

  function plot(box, title, name, traces, layout) {
    const holder = make("div", "", "plot");
    holder.id = `plot-${$$(".plot").length}`;
    const tools = make("p", "", "tools");
    for (const format of ["svg", "png"]) {
      const button = make("button", format.toUpperCase(), "act");
      Object.assign(button.dataset, { act: "plot", format, of: holder.id, name });
      tools.append(button);
    }
    box.append(make("h4", title), holder, tools);
    const axis = { gridcolor: "#e4e4e4", zeroline: false, automargin: true };
    const axes = { xaxis: { ...axis, ...layout.xaxis }, yaxis: { ...axis, ...layout.yaxis } };
    Plotly.newPlot(holder, traces, { margin: { l: 60, r: 20, t: 10, b: 40 }, font: FONT, boxmode: "group", ...axes },
      { displayModeBar: false, responsive: true });
  }

  // Parts of a line of text with a space between them.
  const spaced = (parts) => parts.flatMap((part, i) => (i ? [" ", part] : [part]));

  function scoreOf(cell) { // as nodes: value and interval, chance and reference, note
    if (!cell) return [];
    const [value, low, high, chance, reference, note] = cell;
    const levels = [chance && `chance ${chance}`, reference && `reference ${reference}`].filter(Boolean).join(", ");
    const parts = [value && `${value}${low ? ` [${low}, ${high}]` : ""}`];
    if (levels) parts.push(make("small", levels));
    if (note) parts.push(make("small", note, "note"));
    return spaced(parts.filter(Boolean));
  }

  // All scores of a model on a data set, one table after the other.
  function scoresOf(box, set, model) {
    const table = make("table");
    for (const { heading, columns, rows } of known[set].tables) {
      if (!rows[model]) continue;
      const list = make("dl", "", "facts");
      columns.forEach(([name, unit], i) => {
        const shown = make("dd");
        shown.append(...scoreOf(rows[model][i]));
        list.append(make("dt", `${name}, ${unit}`), shown);
      });
      const [line, cell] = [make("tr"), make("td")];
      cell.append(list);
      line.append(make("th", heading), cell);
      table.append(line);
    }
    const more = make("details");
    more.append(make("summary", "All its scores"), table);
    if (table.rows.length) box.append(more);
  }

  const styled = ([text, kind]) =>
    (kind === "mark" ? make("span", text, "mark") : kind === "small" ? make("small", text) : text);

  // Facts of a model, in full for the first data set that has them. The others show only what differs.
  function factsOf(box, set, model) {
    const facts = known[set].facts[model];
    if (!facts) return;
    const first = Object.keys(known).find((name) => known[name].facts[model]);
    const before = first === set ? {} : Object.fromEntries(known[first].facts[model]);
    const list = make("dl", "", "facts");
    for (const [head, lines] of facts) {
      if (JSON.stringify(before[head]) === JSON.stringify(lines)) continue;
      const shown = make("dd");
      shown.append(...spaced(lines.map(styled)));
      list.append(make("dt", head), shown);
    }
    box.append(make("h4", first === set ? "Facts and audit" : `Facts and audit, where they are not those of ${first}`));
    box.append(list);
  }

  // One factor's scores over depth, with their intervals. points: [[depth, cell], ...].
  function layerTrace(name, points, color) {
    const drawn = points.filter(([, cell]) => cell && cell[0]).sort(([a], [b]) => a - b);
    const values = drawn.map(([, [value]]) => Number(value));
    const reach = (k) => drawn.map(([, cell], i) => Math.abs(Number(cell[k] || cell[0]) - values[i]));
    return {
      type: "scatter", mode: "lines+markers", name: plain(name), line: { color },
      x: drawn.map(([depth]) => depth), y: values,
      error_y: { type: "data", symmetric: false, arrayminus: reach(1), array: reach(2), thickness: 1 },
    };
  }

  // Scores of a model's layers against depth; after a gap its own embedding and its further poolings over time.
  function layersOf(box, set, model) {
    for (const { heading, columns, rows } of known[set].tables.filter(({ name }) => measures.includes(name))) {
      const parts = Object.keys(rows).filter((row) => row.startsWith(`${model}.`))
        .map((row) => row.slice(model.length + 1));
      const depths = parts.filter((part) => /^\d+$/.test(part)).map(Number);
      const poolings = parts.filter((part) => !/^\d+$/.test(part));
      if (!parts.length) continue;
      const own = depths.length ? depths.length + 0.7 : 0;
      const after = poolings.map((part, i) => [own + 1 + i, part]);
      const places = [
        ...depths.map((depth) => [depth, rows[`${model}.${depth}`]]), ...(rows[model] ? [[own, rows[model]]] : []),
        ...after.map(([place, part]) => [place, rows[`${model}.${part}`]]),
      ];
      const traces = columns.map(([column], i) =>
        layerTrace(column, places.map(([place, cells]) => [place, cells[i]]), COLORS[i % COLORS.length]));
      plot(box, `Layers by depth, poolings over time: ${heading}`, `${set}_${model}_layers`, traces, {
        xaxis: {
          title: { text: "layer or pooling" },
          tickvals: [...depths, own, ...after.map(([place]) => place)],
          ticktext: [...depths.map(String), "own", ...poolings.map(plain)],
        },
        yaxis: { title: { text: plain(columns[0][1]) } },
      });
    }
  }

  // Figure 4 of one model beside the controls, from quantiles.
  function ratiosOf(box, set, model) {
    const data = sets.load(set);
    if (!data || !data.models[model]) return;
    const names = [model, "chance", "reference"].filter((m) => data.models[m]);
    const traces = Object.keys(data.factors).flatMap((factor, i) => {
      const shown = names.filter((m) => data.models[m].ratios[factor]);
      if (!shown.length) return [];
      const quantile = (k) => shown.map((m) => Math.exp(data.models[m].ratios[factor][k]));
      return [{
        type: "box", name: plain(factor), x: shown.map(plain), marker: { color: COLORS[i % COLORS.length] },
        lowerfence: quantile(0), q1: quantile(1), median: quantile(2), q3: quantile(3), upperfence: quantile(4),
      }];
    });
    if (!traces.length) return;
    plot(box, "Figure 4: estimated over true factor, by nearest neighbours", `${set}_${model}_ratios`, traces, {
      yaxis: { type: "log", title: { text: "ratio, 1 is exact" }, nticks: 8 },
    });
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

  // A link opens the card or the details that hold its target.
  function follow() {
    let target = null;
    try { target = $(decodeURIComponent(location.hash.slice(1))); } catch { /* not ours */ }
    for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    if (target) target.scrollIntoView();
  }
  addEventListener("hashchange", follow);
  follow();
})();
