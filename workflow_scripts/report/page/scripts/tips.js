// What a number means, in words, for the mouse and the keyboard.
"use strict";

const tips = (() => {
  const tip = $("tip");
  const CELLS = "table td[data-tip], table td[data-v]"; // that have a tip

  function meaning(cell) {
    if (cell.dataset.tip) return cell.dataset.tip;
    const table = cell.closest("table");
    const { v, low, high, chance, reference, n, note } = cell.dataset;
    const head = table.tHead.rows[0].cells[cell.cellIndex];
    const value = v === "" ? "no value" : v;
    return [
      `${cell.closest("tr").dataset.model}, ${head.dataset.name}: ${value}${low ? ` [${low}, ${high}]` : ""}`,
      head.dataset.unit && `Unit: ${head.dataset.unit}.`,
      chance ? `Chance: ${chance}.` : "No chance level.",
      reference && `Reference (the true factors): ${reference}.`,
      n && `Rests on ${n} sounds.`,
      note && `Note: ${note}`,
      table.dataset.meaning,
    ].filter(Boolean).join("\n");
  }

  function show(event) {
    const cell = event.target.closest && event.target.closest(CELLS);
    if (!cell) { tip.hidden = true; return; }
    tip.textContent = meaning(cell);
    tip.hidden = false;
    if (event.type === "focusin") cell.setAttribute("aria-describedby", "tip");
    const box = cell.getBoundingClientRect();
    const [width, height] = [tip.offsetWidth, tip.offsetHeight];
    const left = Math.min(box.left, document.documentElement.clientWidth - width - 8) + scrollX;
    const above = box.bottom + height + 8 > innerHeight && box.top > height + 8;
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${(above ? box.top - height - 6 : box.bottom + 6) + scrollY}px`;
  }
  document.addEventListener("pointerover", show);
  document.addEventListener("focusin", show);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });

  // The tab key stops once in each table: at its first number in sight, or at `chosen`. The arrow keys go from
  // number to number and skip rows that have none.
  function stop(table, chosen = $$(CELLS, table).find((cell) => !cell.closest("tr").hidden)) {
    for (const cell of $$("td[tabindex]", table)) cell.tabIndex = -1;
    if (chosen) chosen.tabIndex = 0;
  }
  for (const table of $$("table")) {
    for (const cell of $$(CELLS, table)) cell.tabIndex = -1;
    stop(table);
    table.addEventListener("keydown", (event) => {
      const cell = event.target.closest("td");
      const by = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (!cell || !by || event.ctrlKey || event.altKey || event.metaKey) return;
      const rows = $$("tbody tr", table).filter((row) => !row.hidden);
      const column = cell.cellIndex + by[1];
      let at = rows.indexOf(cell.closest("tr")) + by[0];
      while (by[0] && rows[at] && !rows[at].cells[column]?.matches(CELLS)) at += by[0];
      const next = rows[at]?.cells[column];
      if (!next || !next.matches(CELLS)) return;
      stop(table, next);
      next.focus();
      event.preventDefault();
    });
  }

  return { stop };
})();
