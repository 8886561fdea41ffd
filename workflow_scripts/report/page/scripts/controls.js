// The controls of the explorer: what they show of the state, and what they change in it.
"use strict";

const controls = (() => {
  const AT_ONCE = 6; // views: each takes a WebGL context, of which browsers give some 16

  function fill(select, values, chosen) {
    select.replaceChildren(...values.map((value) => new Option(value, value, false, value === chosen)));
  }

  function defaults() {
    const models = Object.keys(sets.shown().models);
    const factors = Object.keys(sets.shown().factors);
    if (!factors.includes(state.f) && state.f !== "component") state.f = factors[0];
    state.m = [...new Set(state.m)].filter((m) => models.includes(m)).slice(0, AT_ONCE);
    const whole = models.filter((m) => !["chance", "reference"].includes(m) && !m.includes("."));
    if (!state.m.length) state.m = whole.slice(0, 3);
    if (!state.m.length) state.m = models.slice(0, 1);
  }

  function build() { // controls and views of the state
    defaults();
    $("dataset").value = state.d;
    fill($("color"), [...Object.keys(sets.shown().factors), "component"], state.f);
    for (const id of ["map", "by"]) $(id).value = state[id];
    for (const id of ["near", "bridges"]) $(id).checked = state[id];
    fill($("one"), Object.keys(sets.shown().models), state.m[0]);
    $("one-label").hidden = state.by === "model";
    $("models-box").hidden = state.by !== "model";
    offer();
    ranges();
    for (const absent of $$("p[data-of]", root)) absent.hidden = absent.dataset.of !== state.d;
    const { n, N, sound } = sets.shown();
    $("kept").textContent = [
      n < N && `${n} of ${N} sounds are shown, evenly spread over the data set, `
        + "and of neighbours and bridges those between them.",
      sound.cut && `Of each sound the first ${sound.cut} s are heard.`,
    ].filter(Boolean).join(" ");
    state.stale = true;
    return clouds.draw();
  }

  function offer() { // a box for each model, made once for a data set so that the keyboard keeps its place
    const models = Object.keys(sets.shown().models);
    if ($("models").dataset.of !== state.d) {
      $("models").dataset.of = state.d;
      $("models").replaceChildren(...models.map((model) => {
        const [label, box] = [make("label"), Object.assign(make("input"), { type: "checkbox", value: model })];
        box.addEventListener("change", () => {
          const chosen = $$(":checked", $("models")).map((b) => b.value);
          state.m = chosen.length ? chosen : [model];
          build();
          link.remember();
        });
        label.append(box, ` ${model}`);
        return label;
      }));
    }
    for (const box of $$("input", $("models"))) {
      box.checked = state.m.includes(box.value);
      box.disabled = !box.checked && state.m.length >= AT_ONCE;
    }
    $("models-count").textContent = `Models (${state.m.length} of ${models.length}, at most ${AT_ONCE} at once)`;
  }

  // The factors that have a view of their own: as many as go at once, among them the chosen one.
  function abreast() {
    const factors = Object.keys(sets.shown().factors);
    const from = AT_ONCE * Math.floor(Math.max(0, factors.indexOf(state.f)) / AT_ONCE);
    return factors.slice(from, from + AT_ONCE);
  }

  function ranges() { // the number fields of the range
    const field = (id, value) => {
      $(id).value = value === undefined ? "" : number(value);
      $(id).disabled = state.f === "component";
    };
    const of = state.range && state.range.f === state.f ? state.range : {};
    field("low", of.low);
    field("high", of.high);
    $("unit").textContent = state.f === "component" ? "" : `${state.f}, ${sets.factor().unit}`;
  }

  const change = (id, what) => $(id).addEventListener("change", (event) => { what(event.target); link.remember(); });
  change("dataset", ({ value }) => {
    Object.assign(state, { d: value, range: null, picked: null, s: -1, camera: null, path: [] });
    build();
  });
  change("color", ({ value }) => {
    state.f = value;
    ranges();
    if (state.by === "model") state.views.forEach((view) => { view.factor = value; });
    else if (state.views.every(({ factor: name }) => name !== value)) state.stale = true;
    clouds.draw();
  });
  change("map", ({ value }) => { state.map = value; clouds.draw(); });
  change("by", ({ value }) => { state.by = value; build(); });
  change("one", ({ value }) => { state.m = [value, ...state.m]; build(); });
  change("near", ({ checked }) => { state.near = checked; clouds.mark(); });
  change("bridges", ({ checked }) => { state.bridges = checked; clouds.draw(); });
  $("volume").addEventListener("input", ({ target }) => { player.volume = target.value / 100; });
  for (const id of ["low", "high"]) change(id, () => {
    const [low, high] = ["low", "high"].map((k) => $(k).value);
    state.range = low === "" && high === "" ? null
      : { f: state.f, low: low === "" ? -Infinity : Number(low), high: high === "" ? Infinity : Number(high) };
    clouds.draw();
  });
  $("select").addEventListener("click", ({ target }) => {
    const on = target.getAttribute("aria-pressed") !== "true";
    target.setAttribute("aria-pressed", on);
    $("views").classList.toggle("selecting", on);
  });
  $("clear").addEventListener("click", () => {
    state.range = state.picked = null;
    ranges();
    clouds.draw();
    link.remember();
  });
  $("play").addEventListener("click", () => current.choose(state.s));
  $("closer").addEventListener("click", () => camera.turn([0, 0], 0.8));
  $("farther").addEventListener("click", () => camera.turn([0, 0], 1.25));
  $("front").addEventListener("click", () => {
    if (state.stale) return;
    camera.follow(null, camera.facing());
    link.remember();
  });
  $("picture").addEventListener("click", async () => {
    for (const { div, model, factor } of state.views.filter(({ drawn }) => drawn)) {
      const filename = `${state.d}_${model}_${factor}`;
      await Plotly.downloadImage(div, { format: "png", width: 1000, height: 1000, filename });
    }
  });
  $("send").addEventListener("click", async () => {
    history.replaceState(null, "", link.now());
    try { await navigator.clipboard.writeText(location.href); $("sent").textContent = "Link copied."; }
    catch { $("sent").textContent = "The link is in the address bar."; }
  });
  function step(direction) { // to the next sound along the factor
    const next = current.neighbor(direction);
    if (next >= 0) current.choose(next, state.s >= 0);
  }

  function color(direction) { // by the next factor
    const factors = Object.keys(sets.shown().factors);
    const from = state.f === "component" ? (direction > 0 ? -1 : 0) : factors.indexOf(state.f);
    $("color").value = factors[(from + direction + factors.length) % factors.length];
    $("color").dispatchEvent(new Event("change"));
  }

  $("views").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return; // the browser's own
    const along = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (event.target.tagName === "A" && event.key === "Enter") return;
    if (along && event.shiftKey) camera.turn([0.15 * along[0], -0.15 * along[1]]);
    else if (along && along[0]) step(along[0]);
    else if (along) color(along[1]);
    else if (event.key === "Enter" || event.key === " ") { if (state.s >= 0) current.choose(state.s); }
    else if (event.key === "+") camera.turn([0, 0], 0.8);
    else if (event.key === "-") camera.turn([0, 0], 1.25);
    else return;
    event.preventDefault();
  });

  // Opens the explorer on a data set: on one model with a view per factor (its row of Figure 3), or on two models.
  function show(name, changes) {
    sets.reset({ d: name, ...changes });
    build().then(() => { root.scrollIntoView(); link.remember(); });
  }

  async function begin() {
    const sent = link.restore();
    await build();
    if (sent) root.scrollIntoView();
  }
  begin();
  window.addEventListener("hashchange", () => { if (link.restore()) build().then(() => root.scrollIntoView()); });

  return { show, ranges, abreast };
})();
