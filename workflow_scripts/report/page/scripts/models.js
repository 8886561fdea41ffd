// The models of the page: which of them are shown, and in which order, by their names and their cards.
"use strict";

(() => {
  const known = JSON.parse($("main-facts").textContent); // {model: {parameters, D, task, ...}}
  const WORDS = ["task", "training_data", "licence", "module"]; // that a word is looked for in, besides the name
  const LIMIT = /^([a-z]+)(<=|>=|<|>|=)([\d.]+)([kmg]?)$/;
  const FACTOR = { "": 1, k: 1e3, m: 1e6, g: 1e9 };
  const HOLDS = {
    "<": (a, b) => a < b, ">": (a, b) => a > b, "=": (a, b) => a === b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b,
  };

  // A limit such as parameters>1M as a test of a card, or null if the word is none.
  function limitOf(word) {
    const [, name, sign, digits, unit] = word.match(LIMIT) ?? [];
    if (!name) return null;
    const key = name === "d" ? "D" : name;
    return (card) => typeof card[key] === "number" && HOLDS[sign](card[key], Number(digits) * FACTOR[unit]);
  }

  // Whether a model has any of the words and keeps all limits.
  function wanted(text) {
    const parts = text.toLowerCase().split(/[\s,]+/).filter(Boolean);
    const limits = parts.map(limitOf).filter(Boolean);
    const words = parts.filter((part) => !limitOf(part));
    return (model) => {
      const card = known[model] ?? {};
      const said = [model, ...WORDS.map((key) => card[key] ?? "")].join(" ").toLowerCase();
      const named = words.length === 0 || words.some((word) => said.includes(word));
      return named && limits.every((limit) => limit(card));
    };
  }

  const filter = $("filter");
  filter.addEventListener("input", () => {
    const isWanted = wanted(filter.value);
    for (const row of $$("[data-model]")) row.hidden = !isWanted(row.dataset.model) && !row.closest(".controls");
    for (const table of $$("table")) tips.stop(table);
  });

  const [order, falling] = [$("order"), $("falling")];
  const lists = [...$$("table.sortable").map((table) => table.tBodies[0]), $("models-of-the-run")]
    .map((list) => [list, [...list.children].filter((item) => item.dataset.model !== undefined)]);

  // Puts the models of a list in order, those of which the value is unknown last. items: as the config has them.
  function arrange(list, items) {
    const key = order.value, sign = falling.checked ? -1 : 1;
    const value = ({ dataset: { model } }) => (key === "name" ? model : known[model]?.[key]);
    const isKnown = (item) => value(item) !== undefined && value(item) !== null && value(item) !== "unknown";
    const difference = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b));
    const compare = (a, b) => sign * difference(value(a), value(b));
    const sorted = key ? items.filter(isKnown).sort(compare) : [...items];
    if (!key && falling.checked) sorted.reverse();
    list.append(...sorted, ...(key ? items.filter((item) => !isKnown(item)) : []));
  }

  function arrangeAll() {
    for (const th of $$("th[aria-sort]")) th.removeAttribute("aria-sort");
    for (const [list, items] of lists) arrange(list, items);
  }
  order.addEventListener("change", arrangeAll);
  falling.addEventListener("change", arrangeAll);
})();
