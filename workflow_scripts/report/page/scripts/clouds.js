// The clouds side by side: one view each, drawn by Plotly, under one camera and one selection.
"use strict";

const clouds = (() => {
  const later = (what) => requestAnimationFrame(what);
  const pick = (array, indices) => indices.map((i) => array[i]);

  function lines(cloud, pairs) {
    const out = { x: [], y: [], z: [] };
    for (const [a, b] of pairs) {
      for (const axis of ["x", "y", "z"]) out[axis].push(cloud[axis][a], cloud[axis][b], null);
    }
    return out;
  }

  function around(cloud) { // a sound's nearest neighbours, and the path that led to it
    const k = sets.shown().neighbors;
    const near = state.s < 0 || !state.near ? []
      : Array.from(cloud.neighbors.slice(state.s * k, (state.s + 1) * k)).filter((i) => i >= 0);
    const here = state.s < 0 ? [] : [state.s];
    return [
      lines(cloud, near.map((i) => [state.s, i])),
      { x: pick(cloud.x, state.path), y: pick(cloud.y, state.path), z: pick(cloud.z, state.path) },
      { x: pick(cloud.x, here), y: pick(cloud.y, here), z: pick(cloud.z, here) },
    ];
  }

  function traces(view, mask) {
    const { cloud } = view;
    const drawn = [...mask.keys()].filter((i) => !Number.isNaN(cloud.x[i]));
    const [on, off] = [drawn.filter((i) => mask[i]), drawn.filter((i) => !mask[i])];
    const common = { type: "scatter3d", hoverinfo: "none", showlegend: false };
    const points = (indices) => ({ x: pick(cloud.x, indices), y: pick(cloud.y, indices), z: pick(cloud.z, indices) });
    const places = (indices) => ({ ...points(indices), customdata: indices });
    const color = view.factor === "component"
      ? { color: on.map((i) => PIECES[Math.min(cloud.component[i], 7)]) }
      : { color: pick(sets.shown().factors[view.factor].places, on), cmin: 0, cmax: 1, colorscale: MAPS[state.map] };
    const [near, walked, here] = around(cloud);
    const line = { ...common, mode: "lines", hoverinfo: "skip" };
    const ring = { size: 9, symbol: "circle-open", color: "#e0218a", line: { width: 3 } };
    return [
      { ...common, ...places(off), mode: "markers", marker: { size: 2, color: "#b4b4b4", opacity: 0.35 } },
      { ...common, ...places(on), mode: "markers", marker: { size: 3.2, opacity: 1, ...color } },
      { ...line, ...lines(cloud, state.bridges ? cloud.bridges : []),
        line: { color: "#d62728", width: 2, dash: "dash" } },
      { ...line, ...near, line: { color: "#1a1a1a", width: 3 } },
      { ...line, ...walked, line: { color: "#e0218a", width: 5 } },
      { ...common, ...here, mode: "markers", hoverinfo: "skip", marker: ring },
    ];
  }

  function layout(reach) {
    const axis = {
      range: [-reach, reach], autorange: false, title: { text: "" }, showticklabels: false, ticks: "", zeroline: false,
      showspikes: false, showbackground: true, backgroundcolor: "#f6f6f6", gridcolor: "#e4e4e4", nticks: 5,
    };
    const axes = { xaxis: axis, yaxis: { ...axis }, zaxis: { ...axis } };
    return {
      margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, uirevision: "keep", paper_bgcolor: "#fff",
      dragmode: "orbit",
      scene: { ...axes, aspectmode: "cube", camera: structuredClone(state.camera) },
    };
  }

  function radius() { // of the cube that holds all but the farthest points of every view
    const all = state.views
      .flatMap(({ cloud }) => ["x", "y", "z"].flatMap((a) => Array.from(cloud[a], Math.abs)))
      .filter((v) => !Number.isNaN(v));
    all.sort((a, b) => a - b);
    return 1.05 * (all[Math.floor(0.999 * (all.length - 1))] || 1);
  }

  // Draws one picture at a time. Of several that are wanted meanwhile, it draws the last.
  let wanted = 0;
  let busy = Promise.resolve();
  function draw() {
    const mine = ++wanted;
    return (busy = busy.catch(() => {}).then(() => (mine === wanted ? paint(mine) : undefined)));
  }

  async function paint(mine) {
    if (state.stale) arrange();
    const [mask, reach] = [sets.selected(), radius()];
    const config = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };
    const count = mask.reduce((a, b) => a + b, 0);
    const { n } = sets.shown();
    $("selected").textContent = count === n ? "" : `${count} of ${n} sounds selected, the others in grey.`;
    current.describe();
    for (const view of state.views) {
      await Plotly.react(view.div, traces(view, mask), layout(reach), config);
      if (!view.drawn) listen(view);
      if (view === state.views[0]) legend.draw(mask);
      await new Promise(later); // one cloud is seen while the next is made
      root.dataset.first ??= Math.round(performance.now()); // ms to the first picture
      if (mine !== wanted) return;
    }
    root.dataset.drawn ??= Math.round(performance.now());
  }

  function listen(view) {
    const { div } = view;
    view.drawn = true;
    // Plotly reports the pointer while it draws, and again while it draws what that led to. So this waits for
    // the next frame, and listens only once.
    const pointed = (what) => ({ points: [{ customdata: i }] }) =>
      later(() => { if (i !== undefined && !state.stale) what(i); });
    div.on("plotly_hover", pointed((i) => {
      if (i === state.s) return;
      Object.assign(state, { s: i, path: [i] });
      mark();
    }));
    div.on("plotly_click", pointed((i) => current.choose(i)));
    div.on("plotly_relayouting", (event) => { if (event["scene.camera"]) camera.follow(div, event["scene.camera"]); });
    div.on("plotly_relayout", (event) => {
      if (!event["scene.camera"]) return;
      camera.follow(div, event["scene.camera"]);
      link.remember();
    });
  }

  function mark() { // the current sound in every view, without drawing the clouds anew
    if (state.stale) return;
    for (const { div, cloud } of state.views.filter(({ drawn }) => drawn)) {
      const [near, walked, here] = around(cloud);
      const of = (axis) => [near[axis], walked[axis], here[axis]];
      Plotly.restyle(div, { x: of("x"), y: of("y"), z: of("z") }, [3, 4, 5]);
    }
    current.describe();
  }

  function titleOf(model, name) { // of a view: the model, a link to its card if it has one, or model and factor
    const f = sets.shown().factors[name];
    if (state.by === "factor") return `${model}, by ${name}: ${sets.worded(f.low, f)} to ${sets.worded(f.high, f)}`;
    if (!$(`model-${model}`)) return model;
    return Object.assign(make("a", model), { href: `#model-${model}` });
  }

  function trustOf(cloud) { // in words: the stamp of a cloud, its components and bridges
    if (cloud.components === 1) return cloud.stamp;
    const drawn = cloud.bridges.length < cloud.bridge_count ? `, ${cloud.bridges.length} of them drawn` : "";
    const joined = cloud.bridge_count ? `${cloud.bridge_count} bridges${drawn}` : "largest drawn";
    return `${cloud.stamp}; ${cloud.components} components, ${joined}.`;
  }

  function arrange() { // the views of the state, not drawn yet
    for (const { div } of state.views) Plotly.purge(div);
    $("views").replaceChildren();
    const shown = state.by === "model" ? state.m.map((model) => [model, state.f])
      : controls.abreast().map((name) => [state.m[0], name]);
    state.views = shown.map(([model, name]) => {
      const cloud = sets.cloud(model);
      const [card, title] = [make("figure"), make("figcaption")];
      const [div, holder] = [make("div", "", "cloud"), make("div", "", "holder")];
      title.append(titleOf(model, name));
      holder.append(div);
      card.append(title, make("small", trustOf(cloud), cloud.trusted ? "" : "mark"), holder);
      $("views").append(card);
      const view = { div, model, factor: name, cloud, drawn: false };
      region.over(view);
      return view;
    });
    state.camera ??= camera.facing();
    state.stale = false;
  }

  return { draw, mark, arrange };
})();
