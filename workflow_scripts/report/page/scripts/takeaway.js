// What can be taken away: tables as CSV, texts, pictures.
"use strict";

(() => {
  const quoted = (words) => words.map((w) => (/[",\n]/.test(w) ? `"${w.replace(/"/g, '""')}"` : w)).join(",");
  const flat = (cell) => cell.innerText.replace(/\s+/g, " ").trim();

  function save(name, content, type) {
    const link = make("a");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  // A table as it stands.
  function plainRows(table) {
    const spread = (cell) => [flat(cell), ...Array(cell.colSpan - 1).fill("")];
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
    return [table.tHead.rows[0], ...rows].map((row) => [...row.cells].flatMap(spread));
  }

  // Scores as a list, one number a line with all that belongs to it. Scores that the page rescales have a
  // column for that, too.
  function scoreRows(table, items) {
    const isScaled = items.some(({ dataset }) => dataset.raw !== undefined);
    const names = ["model", "score", "column", "unit", "value", "low", "high", "chance", "reference", "n", "note"];
    const lines = items.map((item) => {
      const head = table.tHead.rows[0].cells[item.closest("td").cellIndex];
      const { v, raw, measure, unit, low = "", high = "", chance = "", reference = "" } = item.dataset;
      const { n = "", note = "", score = table.dataset.score } = item.dataset;
      const { model } = item.closest("tr").dataset;
      const line = [model, measure ?? score, head.dataset.name, unit || head.dataset.unit || ""];
      line.push(raw ?? v, low, high, chance, reference, n, note);
      return isScaled ? [...line, raw === undefined ? "" : v] : line;
    });
    return [isScaled ? [...names, "rescaled"] : names, ...lines];
  }

  function csvOf(table) {
    const items = $$("td[data-v], td [data-v]", table);
    return (items.length ? scoreRows(table, items) : plainRows(table)).map(quoted).join("\n");
  }

  const ACTS = {
    csv: (element, { name }) => save(`${name}.csv`, `${csvOf(element)}\n`, "text/csv"),
    text: (element, { name }) => save(name, element.textContent, "text/plain"),
    png: (element, { name }) => save(name, bytesOf(element.src.split(",")[1]), "image/png"),
    plot: (element, { name, format }) =>
      Plotly.downloadImage(element, { format, width: 1100, height: 400, filename: name }),
    factors: (_, { set, model }) => controls.show(set, { m: [model], by: "factor" }),
    pair: (_, { set, pair, factor }) => controls.show(set, { m: pair.split(","), f: factor, by: "model" }),
  };

  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button.act");
    if (button) ACTS[button.dataset.act]($(button.dataset.of), button.dataset);
  });
})();
