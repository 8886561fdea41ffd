// The map of models: two that are chosen are compared in words, and their clouds open side by side.
"use strict";

(() => {
  const percent = (share) => `${number(100 * share)} %`;

  // What models.csv says of two models, in words.
  function worded(a, b, pair) {
    if (pair.cka === null) return `${a} and ${b} cannot be compared: one of the two is constant.`;
    const alike = `${a} and ${b}: CKA ${pair.cka}, RSA ${pair.rsa}, neighbours in common ${percent(pair.overlap)}, `
      + `Procrustes ${pair.procrustes}.`;
    if (!pair.parted) return `${alike} No factor alone makes them differ more than by chance.`;
    const [factor, share, low, high, model] = pair.parted;
    return `${alike} They differ most in ${factor}: its distances alone explain ${percent(share)} `
      + `[${number(100 * low)}, ${number(100 * high)}] of how their distances differ; ${model} follows it more.`;
  }

  for (const map of $$("svg.alike")) {
    const { set } = map.dataset;
    const pairs = JSON.parse($$("script.alike-pairs").find((script) => script.dataset.set === set).textContent);
    const line = $$("line.between", map)[0];
    const open = $(`alike-open-${set}`);
    let chosen = [];

    function mark() {
      for (const node of $$(".node", map)) node.setAttribute("aria-pressed", chosen.includes(node));
      line.setAttribute("visibility", chosen.length === 2 ? "visible" : "hidden");
      open.hidden = true;
      if (chosen.length < 2) {
        const first = chosen.length ? `${chosen[0].dataset.model} is chosen; choose another one.` : "";
        $(`alike-${set}`).textContent = first || "No two models are chosen yet.";
        return;
      }
      for (const [i, node] of chosen.entries()) {
        const [x, y] = node.getAttribute("transform").match(/-?[\d.]+/g);
        line.setAttribute(`x${i + 1}`, x);
        line.setAttribute(`y${i + 1}`, y);
      }
      const names = chosen.map((node) => node.dataset.model);
      const [a, b] = names.join("|") in pairs ? names : [...names].reverse();
      $(`alike-${set}`).textContent = worded(a, b, pairs[`${a}|${b}`]);
      const data = root && sets.load(set);
      open.hidden = !data || !names.every((name) => Object.hasOwn(data.models, name));
      Object.assign(open.dataset, { pair: names.join(","), factor: pairs[`${a}|${b}`].parted?.[0] ?? "" });
    }

    function choose(node) { // a third model takes the place of the first of two
      chosen = chosen.includes(node) ? chosen.filter((other) => other !== node) : [...chosen, node].slice(-2);
      mark();
    }

    map.addEventListener("click", ({ target }) => {
      const node = target.closest(".node");
      if (node) choose(node);
    });
    map.addEventListener("keydown", (event) => {
      if (!event.target.matches(".node") || !["Enter", " "].includes(event.key)) return;
      event.preventDefault();
      choose(event.target);
    });
  }
})();
