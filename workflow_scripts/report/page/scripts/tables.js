// Tables of the page: sorted by a column, shown by one measure.
"use strict";

(() => {
  // The cell of a row that lies in a column. A cell may span several columns.
  function cellAt(row, column) {
    let at = 0;
    return [...row.cells].find((cell) => (at += cell.colSpan) > column);
  }

  // What a cell sorts by: its number if it has one, else its words.
  function keyOf(row, column) {
    const cell = cellAt(row, column);
    if (!cell || (cell.colSpan > 1 && !cell.dataset.v)) return "";
    if (cell.dataset.sort) return Number(cell.dataset.sort);
    const shown = cell.matches("[data-v]") ? cell : cell.querySelector("[data-v]:not([hidden])");
    const text = shown ? shown.dataset.v : cell.textContent.trim();
    return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
  }

  // Sorts the rows by a column: numbers first, then words, then empty cells. direction: 1 rises, -1 falls.
  function sort(table, column, direction) {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [keyOf(row, column), row]);
    const numbers = rows.filter(([key]) => typeof key === "number").sort(([a], [b]) => direction * (a - b));
    const words = rows.filter(([key]) => typeof key === "string" && key)
      .sort(([a], [b]) => direction * a.localeCompare(b, undefined, { numeric: true }));
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

  const measures = $$("input[name=measure]");
  function measure() {
    const chosen = measures.find((radio) => radio.checked);
    if (!chosen) return;
    for (const item of $$("[data-measure]")) item.hidden = item.dataset.measure !== chosen.value;
    for (const table of $$("table.encodes")) {
      const heads = [...table.tHead.rows[0].cells];
      const column = heads.findIndex((th) => th.ariaSort);
      if (column > 0) sort(table, column, heads[column].ariaSort === "ascending" ? 1 : -1);
    }
  }
  for (const radio of measures) radio.addEventListener("change", measure);
  measure();
})();
