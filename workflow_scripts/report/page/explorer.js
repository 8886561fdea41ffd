// The explorer: clouds side by side under one camera, one colour scale, one selection; sounds on click.
"use strict";

// Text for Plotly, which reads some markup in it.
const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const explorer = (() => {
  const MAPS = { viridis: "Viridis", cividis: "Cividis", diverging: "RdBu" };
  const PIECES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000"];
  const CAMERA = { eye: { x: 1.42, y: 1.42, z: 0.88 }, up: { x: 0, y: 0, z: 1 }, center: { x: 0, y: 0, z: -0.1 } }; // the cube fills the view
  const AT_ONCE = 6; // views: each takes a WebGL context, of which browsers give some 16
  const STEP = 1 / 16; // of a factor's range, for the arrow keys
  const $ = (id) => document.getElementById(id);
  const root = $("explore");
  if (!root) return { load() {}, show() {} };
  const names = JSON.parse(root.dataset.sets);
  const loaded = {};
  const fresh = { d: names[0], m: [], f: "", map: "viridis", by: "model", range: null, picked: null, s: -1,
    camera: null, near: true, bridges: true };
  let state = structuredClone(fresh);
  let views = []; // {div, model, factor, cloud, drawn}
  let path = []; // sounds stepped through

  // --- data ---------------------------------------------------------------------------------------

  const floats = (text) => new Float32Array(bytesOf(text).buffer);
  const shorts = (text) => new Int16Array(bytesOf(text).buffer);

  function load(name) { // undefined if there is no cloud of it
    if (!names.includes(name)) return undefined;
    if (loaded[name]) return loaded[name];
    const data = JSON.parse($(`clouds-${name}`).textContent);
    data.rows = new Uint32Array(bytesOf(data.rows).buffer);
    data.n = data.rows.length;
    for (const factor of Object.values(data.factors)) {
      factor.values = floats(factor.values);
      factor.places = floats(factor.places);
    }
    for (const nuisance of Object.values(data.nuisances)) nuisance.values = floats(nuisance.values);
    return (loaded[name] = data);
  }

  function cloudOf(data, model) {
    const found = data.models[model];
    if (found.x) return found;
    const packed = shorts(found.points);
    found.component = bytesOf(found.component);
    found.neighbors = shorts(found.neighbors);
    for (const [axis, offset] of [["x", 0], ["y", 1], ["z", 2]]) {
      found[axis] = Float32Array.from({ length: data.n }, (_, i) => {
        const step = packed[3 * i + offset];
        return step === -32768 ? NaN : (step / 32767) * data.reach;
      });
    }
    return found;
  }

  const data = () => load(state.d);
  const factor = () => data().factors[state.f];
  const number = (value) => Number(value.toPrecision(4)).toString();
  const worded = (value, { levels, unit }) => (levels ? levels[Math.round(value)] : `${number(value)} ${unit}`);

  // Whether each sound is selected: in the range of the factor and in the picked region.
  function selected() {
    const mask = new Uint8Array(data().n).fill(1);
    if (state.range) {
      const { values } = data().factors[state.range.f];
      values.forEach((v, i) => { if (v < state.range.low || v > state.range.high) mask[i] = 0; });
    }
    if (state.picked) mask.forEach((_, i) => { if (!state.picked.has(i)) mask[i] = 0; });
    return mask;
  }

  // --- pictures -----------------------------------------------------------------------------------

  const later = (what) => requestAnimationFrame(what);
  const pick = (array, indices) => indices.map((i) => array[i]);

  function lines(cloud, pairs) {
    const out = { x: [], y: [], z: [] };
    for (const [a, b] of pairs) for (const axis of ["x", "y", "z"]) out[axis].push(cloud[axis][a], cloud[axis][b], null);
    return out;
  }

  function around(cloud) { // a sound's nearest neighbours, and the path that led to it
    const k = data().neighbors;
    const near = state.s < 0 || !state.near ? []
      : Array.from(cloud.neighbors.slice(state.s * k, (state.s + 1) * k)).filter((i) => i >= 0);
    const here = state.s < 0 ? [] : [state.s];
    return [
      lines(cloud, near.map((i) => [state.s, i])),
      { x: pick(cloud.x, path), y: pick(cloud.y, path), z: pick(cloud.z, path) },
      { x: pick(cloud.x, here), y: pick(cloud.y, here), z: pick(cloud.z, here) },
    ];
  }

  function traces(view, mask) {
    const { cloud } = view;
    const drawn = [...mask.keys()].filter((i) => !Number.isNaN(cloud.x[i]));
    const [on, off] = [drawn.filter((i) => mask[i]), drawn.filter((i) => !mask[i])];
    const common = { type: "scatter3d", hoverinfo: "none", showlegend: false };
    const places = (indices) => ({ x: pick(cloud.x, indices), y: pick(cloud.y, indices), z: pick(cloud.z, indices), customdata: indices });
    const color = view.factor === "component"
      ? { color: on.map((i) => PIECES[Math.min(cloud.component[i], 7)]) }
      : { color: pick(data().factors[view.factor].places, on), cmin: 0, cmax: 1, colorscale: MAPS[state.map] };
    const [near, walked, here] = around(cloud);
    return [
      { ...common, ...places(off), mode: "markers", marker: { size: 2, color: "#b4b4b4", opacity: 0.35 } },
      { ...common, ...places(on), mode: "markers", marker: { size: 3.2, opacity: 1, ...color } },
      { ...common, ...lines(cloud, state.bridges ? cloud.bridges : []), mode: "lines", hoverinfo: "skip", line: { color: "#d62728", width: 2, dash: "dash" } },
      { ...common, ...near, mode: "lines", hoverinfo: "skip", line: { color: "#1a1a1a", width: 3 } },
      { ...common, ...walked, mode: "lines", hoverinfo: "skip", line: { color: "#e0218a", width: 5 } },
      { ...common, ...here, mode: "markers", hoverinfo: "skip", marker: { size: 9, symbol: "circle-open", color: "#e0218a", line: { width: 3 } } },
    ];
  }

  function layout(reach) {
    const axis = { range: [-reach, reach], autorange: false, title: { text: "" }, showticklabels: false, ticks: "", zeroline: false,
      showspikes: false, showbackground: true, backgroundcolor: "#f6f6f6", gridcolor: "#e4e4e4", nticks: 5 };
    return { margin: { l: 0, r: 0, t: 0, b: 0 }, showlegend: false, uirevision: "keep", paper_bgcolor: "#fff", dragmode: "orbit",
      scene: { xaxis: axis, yaxis: { ...axis }, zaxis: { ...axis }, aspectmode: "cube", camera: structuredClone(state.camera) } };
  }

  function radius() { // of the cube that holds all but the farthest points of every view
    const all = views.flatMap(({ cloud }) => ["x", "y", "z"].flatMap((a) => Array.from(cloud[a], Math.abs))).filter((v) => !Number.isNaN(v));
    all.sort((a, b) => a - b);
    return 1.05 * (all[Math.floor(0.999 * (all.length - 1))] || 1);
  }

  // One picture at a time; of several that are wanted meanwhile, the last.
  let wanted = 0;
  let stale = true; // whether the views are not yet those of the state
  let busy = Promise.resolve();
  function draw() {
    const mine = ++wanted;
    return (busy = busy.catch(() => {}).then(() => (mine === wanted ? paint(mine) : undefined)));
  }

  async function paint(mine) {
    if (stale) arrange();
    const [mask, reach] = [selected(), radius()];
    const config = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: false };
    const count = mask.reduce((a, b) => a + b, 0);
    $("selected").textContent = count === data().n ? "" : `${count} of ${data().n} sounds selected, the others in grey.`;
    describe();
    for (const view of views) {
      await Plotly.react(view.div, traces(view, mask), layout(reach), config);
      if (!view.drawn) listen(view);
      if (view === views[0]) legend(mask);
      await new Promise(later); // one cloud is seen while the next is made
      root.dataset.first ??= Math.round(performance.now()); // ms to the first picture
      if (mine !== wanted) return;
    }
    root.dataset.drawn ??= Math.round(performance.now());
  }

  function listen(view) {
    const { div } = view;
    view.drawn = true;
    // Plotly tells of the pointer while it draws, and again while it draws what that led to: later, and once.
    const pointed = (what) => ({ points: [{ customdata: i }] }) => later(() => { if (i !== undefined && !stale) what(i); });
    div.on("plotly_hover", pointed((i) => { if (i !== state.s) { state.s = i; path = [i]; mark(); } }));
    div.on("plotly_click", pointed((i) => choose(i)));
    div.on("plotly_relayouting", (event) => { if (event["scene.camera"]) follow(div, event["scene.camera"]); });
    div.on("plotly_relayout", (event) => { if (event["scene.camera"]) { follow(div, event["scene.camera"]); remember(); } });
  }

  function mark() { // the current sound in every view, without drawing the clouds anew
    if (stale) return;
    for (const { div, cloud } of views.filter(({ drawn }) => drawn)) {
      const [near, walked, here] = around(cloud);
      const of = (axis) => [near[axis], walked[axis], here[axis]];
      Plotly.restyle(div, { x: of("x"), y: of("y"), z: of("z") }, [3, 4, 5]);
    }
    describe();
  }

  // The colour legend: a histogram of the factor in its unit; drag across it to select a range.
  function legend(mask) {
    const box = $("legend");
    box.hidden = state.f === "component";
    $("pieces").hidden = !box.hidden;
    if (box.hidden) return pieces();
    const { places, unit, levels, ticks, tick_places } = factor();
    const bins = 40;
    const [all, chosen] = [new Array(bins).fill(0), new Array(bins).fill(0)];
    places.forEach((p, i) => {
      const bin = Math.min(bins - 1, Math.max(0, Math.floor(p * bins)));
      all[bin]++;
      if (mask[i]) chosen[bin]++;
    });
    const x = all.map((_, i) => (i + 0.5) / bins);
    const bar = { type: "bar", x, width: 0.9 / bins, hoverinfo: "none", unselected: { marker: { opacity: 1 } } };
    const shades = Array.from({ length: 101 }, (_, i) => i / 100);
    Plotly.react(box, [
      { ...bar, y: chosen, marker: { color: "#4d4d4d" } },
      { ...bar, y: all.map((v, i) => v - chosen[i]), marker: { color: "#cfcfcf" } },
      { type: "heatmap", x: shades, y: [0], z: [shades], yaxis: "y2", zmin: 0, zmax: 1, colorscale: MAPS[state.map], showscale: false, hoverinfo: "skip" },
    ], { barmode: "stack", height: 150, margin: { l: 50, r: 16, t: 6, b: 44 }, showlegend: false, dragmode: "select", selectdirection: "h",
      font: { family: "system-ui, sans-serif", size: 12, color: "#1a1a1a" },
      xaxis: { range: [0, 1], fixedrange: true, anchor: "y2", tickvals: tick_places, ticktext: ticks.map((value) => (levels ? plain(levels[Math.round(value)]) : number(value))), title: { text: plain(`${state.f} (${unit})`) } },
      yaxis: { domain: [0.3, 1], fixedrange: true, title: { text: "sounds" }, nticks: 3 },
      yaxis2: { domain: [0, 0.24], fixedrange: true, visible: false } }, { displayModeBar: false, responsive: true });
    if (!brushed) box.on("plotly_selected", brush);
    brushed = true;
  }

  let brushed = false; // whether the legend already tells of a drag across it
  function brush(event) {
    if (!event || !event.range || state.f === "component") return;
    const { ruler } = factor();
    const value = (p) => { const t = 100 * Math.min(1, Math.max(0, p)), i = Math.min(99, Math.floor(t)); return ruler[i] + (t - i) * (ruler[i + 1] - ruler[i]); };
    const [low, high] = event.range.x.map(value).sort((a, b) => a - b);
    state.range = { f: state.f, low, high };
    ranges();
    draw();
    remember();
  }

  function pieces() { // the legend of components, as many as any view has
    const most = Math.min(8, Math.max(...views.map(({ cloud }) => cloud.components)));
    $("pieces").replaceChildren("Component of the neighbour graph, in each cloud by size:", ...PIECES.slice(0, most).flatMap((color, i) => {
      const dot = document.createElement("span");
      dot.style.background = color;
      return [dot, i < 7 ? `${i + 1}` : "8 and later"];
    }));
  }

  function describe() {
    const panel = $("sound");
    panel.replaceChildren();
    const line = (name, text) => {
      const [term, value] = [document.createElement("dt"), document.createElement("dd")];
      [term.textContent, value.textContent] = [name, text];
      panel.append(term, value);
    };
    $("play").disabled = state.s < 0;
    if (state.s < 0) return line("sound", "none yet: click a point, or press an arrow key in the views");
    line("sound", `${data().rows[state.s]} of ${data().N}`);
    for (const [name, f] of Object.entries(data().factors)) line(name, worded(f.values[state.s], f));
    for (const [name, f] of Object.entries(data().nuisances)) line(`${name} (nuisance)`, worded(f.values[state.s], f));
  }

  // --- sounds -------------------------------------------------------------------------------------

  async function play(i) {
    const { sound, factors, rows } = data();
    if (!sound.rendered) {
      const text = $(`clips-${state.d}`).firstChild.data;
      return player.play(bytesOf(text.slice((sound.starts[i] / 3) * 4, (sound.starts[i + 1] / 3) * 4)));
    }
    const values = Object.fromEntries(Object.entries(factors).map(([name, f]) => [name, f.values[i]]));
    const samples = synthesizers[sound.synthesizer].render(values, sound.rate, sound.duration, sound.options, rows[i]);
    return player.play(samples, sound.rate);
  }

  function choose(i, step = false) {
    path = step ? [...path, i].slice(-12) : [i];
    state.s = i;
    mark();
    remember();
    return play(i).then((told) => { root.dataset.played = JSON.stringify({ sound: i, ...told }); });
  }

  // The selected sound that lies nearest to one step along the factor, others held as they are.
  function neighbor(direction) {
    const mask = selected();
    const { factors, n } = data();
    const along = state.f === "component" ? Object.keys(factors)[0] : state.f;
    const from = state.s < 0 ? null : state.s;
    let [best, least] = [-1, Infinity];
    for (let i = 0; i < n; i++) {
      if (!mask[i]) continue;
      let cost = 0;
      for (const [name, { places }] of Object.entries(factors)) {
        const gap = places[i] - (from === null ? 0.5 : places[from]);
        if (name !== along) cost += 4 * gap * gap;
        else if (from === null) cost += gap * gap;
        else if (direction * gap > 1e-6) cost += (gap - direction * STEP) ** 2;
        else cost = Infinity;
      }
      if (cost < least) [best, least] = [i, cost];
    }
    return best;
  }

  // --- camera and region --------------------------------------------------------------------------

  // A camera that sees no cloud end-on: the first way around from CAMERA that shows of the cloud that shows
  // least at least four fifths of what any way would.
  function facing() {
    const { x, y, z } = CAMERA.eye;
    const far = Math.hypot(x, y, z);
    const eyes = Array.from({ length: 24 }, (_, k) => Math.atan2(y, x) + (k * Math.PI) / 12)
      .map((around) => ({ x: Math.hypot(x, y) * Math.cos(around), y: Math.hypot(x, y) * Math.sin(around), z }));
    const shown = eyes.map((eye) => Math.min(...views.map(({ cloud }) => {
      let seen = 0;
      for (let i = 0; i < cloud.x.length; i++) {
        if (Number.isNaN(cloud.x[i])) continue;
        const along = (cloud.x[i] * eye.x + cloud.y[i] * eye.y + cloud.z[i] * eye.z) / far;
        seen += cloud.x[i] ** 2 + cloud.y[i] ** 2 + cloud.z[i] ** 2 - along ** 2;
      }
      return seen;
    })));
    const enough = 0.8 * Math.max(...shown);
    return { ...structuredClone(CAMERA), eye: eyes[shown.findIndex((seen) => seen >= enough)] };
  }

  let leader; // the view whose camera the others now take: undefined if none, null for a key or button
  let behind = null; // whose camera came meanwhile
  function follow(source, camera) {
    if (leader !== undefined && source !== null && source !== leader) return; // an echo of what is done here
    state.camera = structuredClone(camera);
    if (leader !== undefined) { behind = { source }; return; }
    leader = source;
    const others = views.filter(({ div, drawn }) => drawn && div !== source);
    Promise.all(others.map(({ div }) => Plotly.relayout(div, { "scene.camera": structuredClone(camera) }))).finally(() => {
      leader = undefined;
      const last = behind;
      behind = null;
      if (last) follow(last.source, state.camera);
    });
  }

  function turn(by, zoom = 1) { // radians around the vertical axis and towards it
    if (stale) return;
    const { x, y, z } = state.camera.eye;
    const far = Math.hypot(x, y, z) * zoom;
    const around = Math.atan2(y, x) + by[0];
    const up = Math.min(1.5, Math.max(-1.5, Math.asin(z / Math.hypot(x, y, z)) + by[1]));
    const eye = { x: far * Math.cos(up) * Math.cos(around), y: far * Math.cos(up) * Math.sin(around), z: far * Math.sin(up) };
    follow(null, { ...state.camera, eye });
    remember();
  }

  // Pixel of a point in a view, by the matrices that Plotly draws it with.
  function project(div, [x, y, z]) {
    const scene = div._fullLayout.scene._scene;
    const { model, view, projection } = scene.glplot.cameraParams;
    let v = [x * scene.dataScale[0], y * scene.dataScale[1], z * scene.dataScale[2], 1];
    for (const m of [model, view, projection]) v = [0, 1, 2, 3].map((r) => m[r] * v[0] + m[4 + r] * v[1] + m[8 + r] * v[2] + m[12 + r] * v[3]);
    return [((v[0] / v[3] + 1) / 2) * div.clientWidth, ((1 - v[1] / v[3]) / 2) * div.clientHeight];
  }

  function region(view) { // drag a rectangle over a view while "select" is on
    const sheet = document.createElement("div");
    const frame = document.createElement("div");
    sheet.className = "sheet";
    frame.className = "frame";
    sheet.append(frame);
    view.div.after(sheet);
    let start = null;
    const at = (event) => { const box = sheet.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
    const corners = (a, b) => [0, 1].map((k) => [Math.min(a[k], b[k]), Math.max(a[k], b[k])]);
    sheet.addEventListener("pointerdown", (event) => { start = at(event); sheet.setPointerCapture(event.pointerId); });
    sheet.addEventListener("pointermove", (event) => {
      if (!start) return;
      const [[left, right], [top, bottom]] = corners(start, at(event));
      Object.assign(frame.style, { display: "block", left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
    });
    sheet.addEventListener("pointerup", (event) => {
      if (!start) return;
      const [[left, right], [top, bottom]] = corners(start, at(event));
      start = null;
      frame.style.display = "none";
      if (right - left < 3 || bottom - top < 3 || stale || !view.drawn) return;
      const { cloud } = view;
      state.picked = new Set();
      for (let i = 0; i < data().n; i++) {
        const [x, y] = project(view.div, [cloud.x[i], cloud.y[i], cloud.z[i]]);
        if (x >= left && x <= right && y >= top && y <= bottom) state.picked.add(i);
      }
      if (!state.picked.size) state.picked = null;
      draw();
      remember();
    });
  }

  // --- a view that can be sent --------------------------------------------------------------------

  function bits(set) {
    const bytes = new Uint8Array(Math.ceil(data().n / 8));
    for (const i of set) bytes[i >> 3] |= 1 << (i & 7);
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  }

  function unbits(text) {
    const bytes = bytesOf(text.replace(/-/g, "+").replace(/_/g, "/"));
    return new Set([...Array(data().n).keys()].filter((i) => (bytes[i >> 3] >> (i & 7)) & 1));
  }

  function link() {
    const words = new URLSearchParams({ d: state.d, m: state.m.join(","), f: state.f, map: state.map, by: state.by });
    const { eye, up, center } = state.camera ?? CAMERA;
    for (const id of ["near", "bridges"]) if (!state[id]) words.set(id, "no");
    words.set("cam", [eye, up, center].flatMap(({ x, y, z }) => [x, y, z]).map((v) => v.toFixed(3)).join(","));
    if (state.s >= 0) words.set("s", data().rows[state.s]);
    if (state.range) words.set("range", [state.range.low, state.range.high, state.range.f].join(","));
    if (state.picked) words.set("picked", bits(state.picked));
    return `#explore?${words}`;
  }

  let waiting = 0;
  function remember() {
    clearTimeout(waiting);
    waiting = setTimeout(() => history.replaceState(null, "", link()), 250);
  }

  function restore() { // the state of the address, as far as this report has what it names
    if (!location.hash.startsWith("#explore?")) return false;
    const words = new URLSearchParams(location.hash.slice("#explore?".length));
    state = structuredClone(fresh);
    if (names.includes(words.get("d"))) state.d = words.get("d");
    state.m = (words.get("m") || "").split(",");
    if (Object.hasOwn(data().factors, words.get("f")) || words.get("f") === "component") state.f = words.get("f");
    if (Object.hasOwn(MAPS, words.get("map"))) state.map = words.get("map");
    if (words.get("by") === "factor") state.by = "factor";
    for (const id of ["near", "bridges"]) state[id] = words.get(id) !== "no";
    const cam = (words.get("cam") || "").split(",").map(Number);
    if (cam.length === 9 && cam.every(Number.isFinite))
      state.camera = Object.fromEntries(["eye", "up", "center"].map((key, k) => [key, { x: cam[3 * k], y: cam[3 * k + 1], z: cam[3 * k + 2] }]));
    if (words.has("s")) state.s = data().rows.indexOf(Number(words.get("s")));
    const [low, high, ...of] = (words.get("range") || "").split(",");
    if (Object.hasOwn(data().factors, of.join(","))) state.range = { low: Number(low), high: Number(high), f: of.join(",") };
    if (words.has("picked")) try { state.picked = unbits(words.get("picked")); } catch { state.picked = null; }
    path = state.s >= 0 ? [state.s] : [];
    return true;
  }

  // --- controls -----------------------------------------------------------------------------------

  function fill(select, values, chosen) {
    select.replaceChildren(...values.map((value) => new Option(value, value, false, value === chosen)));
  }

  function defaults() {
    const models = Object.keys(data().models);
    if (!Object.hasOwn(data().factors, state.f) && state.f !== "component") state.f = Object.keys(data().factors)[0];
    state.m = [...new Set(state.m)].filter((m) => models.includes(m)).slice(0, AT_ONCE);
    if (!state.m.length) state.m = models.filter((m) => !["chance", "reference"].includes(m) && !m.includes(".")).slice(0, 3);
    if (!state.m.length) state.m = models.slice(0, 1);
  }

  function build() { // controls and views of the state
    defaults();
    $("dataset").value = state.d;
    fill($("color"), [...Object.keys(data().factors), "component"], state.f);
    for (const id of ["map", "by"]) $(id).value = state[id];
    for (const id of ["near", "bridges"]) $(id).checked = state[id];
    fill($("one"), Object.keys(data().models), state.m[0]);
    $("one-label").hidden = state.by === "model";
    $("models-box").hidden = state.by !== "model";
    offer();
    ranges();
    for (const told of root.querySelectorAll("[data-of]")) told.hidden = told.dataset.of !== state.d;
    const { n, N, sound } = data();
    $("kept").textContent = [
      n < N && `${n} of ${N} sounds are shown, evenly spread over the data set, and of neighbours and bridges those between them.`,
      sound.cut && `Of each sound the first ${sound.cut} s are heard.`,
    ].filter(Boolean).join(" ");
    stale = true;
    return draw();
  }

  function offer() { // a box for each model, made once for a data set so that the keyboard keeps its place
    const models = Object.keys(data().models);
    if ($("models").dataset.of !== state.d) {
      $("models").dataset.of = state.d;
      $("models").replaceChildren(...models.map((model) => {
        const [label, box] = [document.createElement("label"), document.createElement("input")];
        Object.assign(box, { type: "checkbox", value: model });
        box.addEventListener("change", () => {
          const chosen = [...$("models").querySelectorAll(":checked")].map((b) => b.value);
          state.m = chosen.length ? chosen : [model];
          build();
          remember();
        });
        label.append(box, ` ${model}`);
        return label;
      }));
    }
    for (const box of $("models").querySelectorAll("input")) {
      box.checked = state.m.includes(box.value);
      box.disabled = !box.checked && state.m.length >= AT_ONCE;
    }
    $("models-count").textContent = `Models (${state.m.length} of ${models.length}, at most ${AT_ONCE} at once)`;
  }

  // The factors that have a view of their own: as many as go at once, among them the chosen one.
  function abreast() {
    const factors = Object.keys(data().factors);
    const from = AT_ONCE * Math.floor(Math.max(0, factors.indexOf(state.f)) / AT_ONCE);
    return factors.slice(from, from + AT_ONCE);
  }

  function arrange() { // views of the state, not drawn yet
    for (const { div } of views) Plotly.purge(div);
    $("views").replaceChildren();
    const shown = state.by === "model" ? state.m.map((model) => [model, state.f]) : abreast().map((name) => [state.m[0], name]);
    views = shown.map(([model, name]) => {
      const [card, title, told, div, holder] = ["figure", "figcaption", "small", "div", "div"].map((tag) => document.createElement(tag));
      const cloud = cloudOf(data(), model);
      const [to, f] = [document.createElement("a"), data().factors[name]];
      to.href = `#model-${model}`;
      to.textContent = model;
      title.append(state.by === "factor" ? `${model}, by ${name}: ${worded(f.low, f)} to ${worded(f.high, f)}`
        : document.getElementById(`model-${model}`) ? to : model);
      const drawn = cloud.bridges.length < cloud.bridge_count ? `, ${cloud.bridges.length} of them drawn` : "";
      const pieces = cloud.components === 1 ? "" : ` ${cloud.components} components, ${cloud.bridge_count ? `${cloud.bridge_count} bridges${drawn}` : "largest drawn"}.`;
      told.textContent = `${cloud.stamp}${pieces && ";"}${pieces}`;
      told.className = cloud.trusted ? "" : "mark";
      div.className = "cloud";
      holder.className = "holder";
      holder.append(div);
      card.append(title, told, holder);
      $("views").append(card);
      const view = { div, model, factor: name, cloud, drawn: false };
      region(view);
      return view;
    });
    state.camera ??= facing();
    stale = false;
  }

  function ranges() { // the number fields of the range
    const field = (id, value) => { $(id).value = value === undefined ? "" : number(value); $(id).disabled = state.f === "component"; };
    const of = state.range && state.range.f === state.f ? state.range : {};
    field("low", of.low);
    field("high", of.high);
    $("unit").textContent = state.f === "component" ? "" : `${state.f}, ${factor().unit}`;
  }

  const change = (id, what) => $(id).addEventListener("change", (event) => { what(event.target); remember(); });
  change("dataset", ({ value }) => { state = { ...state, d: value, range: null, picked: null, s: -1, camera: null }; path = []; build(); });
  change("color", ({ value }) => {
    state.f = value;
    ranges();
    if (state.by === "model") views.forEach((view) => { view.factor = value; });
    else if (views.every(({ factor: name }) => name !== value)) stale = true;
    draw();
  });
  change("map", ({ value }) => { state.map = value; draw(); });
  change("by", ({ value }) => { state.by = value; build(); });
  change("one", ({ value }) => { state.m = [value, ...state.m]; build(); });
  change("near", ({ checked }) => { state.near = checked; mark(); });
  change("bridges", ({ checked }) => { state.bridges = checked; draw(); });
  $("volume").addEventListener("input", ({ target }) => { player.volume = target.value / 100; });
  for (const id of ["low", "high"]) change(id, () => {
    const [low, high] = ["low", "high"].map((k) => $(k).value);
    state.range = low === "" && high === "" ? null
      : { f: state.f, low: low === "" ? -Infinity : Number(low), high: high === "" ? Infinity : Number(high) };
    draw();
  });
  $("select").addEventListener("click", ({ target }) => {
    const on = target.getAttribute("aria-pressed") !== "true";
    target.setAttribute("aria-pressed", on);
    $("views").classList.toggle("selecting", on);
  });
  $("clear").addEventListener("click", () => { state.range = state.picked = null; ranges(); draw(); remember(); });
  $("play").addEventListener("click", () => choose(state.s));
  $("closer").addEventListener("click", () => turn([0, 0], 0.8));
  $("farther").addEventListener("click", () => turn([0, 0], 1.25));
  $("front").addEventListener("click", () => { if (stale) return; follow(null, facing()); remember(); });
  $("picture").addEventListener("click", async () => {
    for (const { div, model, factor: name } of views.filter(({ drawn }) => drawn))
      await Plotly.downloadImage(div, { format: "png", width: 1000, height: 1000, filename: `${state.d}_${model}_${name}` });
  });
  $("send").addEventListener("click", async () => {
    history.replaceState(null, "", link());
    try { await navigator.clipboard.writeText(location.href); $("sent").textContent = "Link copied."; }
    catch { $("sent").textContent = "The link is in the address bar."; }
  });
  $("views").addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return; // the browser's own
    const keys = Object.keys(data().factors);
    const along = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (event.target.tagName === "A" && event.key === "Enter") return;
    if (along && event.shiftKey) turn([0.15 * along[0], -0.15 * along[1]]);
    else if (along && along[0]) { const next = neighbor(along[0]); if (next >= 0) choose(next, state.s >= 0); }
    else if (along) {
      const from = state.f === "component" ? (along[1] > 0 ? -1 : 0) : keys.indexOf(state.f);
      state.f = keys[(from + along[1] + keys.length) % keys.length];
      $("color").value = state.f;
      $("color").dispatchEvent(new Event("change"));
    } else if (event.key === "Enter" || event.key === " ") { if (state.s >= 0) choose(state.s); }
    else if (event.key === "+") turn([0, 0], 0.8);
    else if (event.key === "-") turn([0, 0], 1.25);
    else return;
    event.preventDefault();
  });

  // Opens the explorer on one model, a view per factor: its row of Figure 3.
  function show(name, model) {
    state = { ...structuredClone(fresh), d: name, m: [model], by: "factor" };
    path = [];
    build().then(() => { root.scrollIntoView(); remember(); });
  }

  async function begin() {
    const sent = restore();
    await build();
    if (sent) root.scrollIntoView();
  }
  begin();
  window.addEventListener("hashchange", () => { if (restore()) build().then(() => root.scrollIntoView()); });
  return { show, load, project, get state() { return state; }, get views() { return views; }, get path() { return path; } };
})();
