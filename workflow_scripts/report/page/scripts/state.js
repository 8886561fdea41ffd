// The one state that the explorer's scripts share, and the data sets that it chooses from.
"use strict";

const MAPS = { viridis: "Viridis", cividis: "Cividis", diverging: "RdBu" };
const PIECES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000"];
const root = $("explore"); // null if there is no cloud to explore

const state = {
  d: "", // data set
  m: [], // models
  f: "", // factor of the colour, or "component"
  map: "viridis",
  by: "model", // or "factor": what the views differ in
  range: null, // {f, low, high} of a factor, in its unit
  picked: null, // Set of sounds in a region
  s: -1, // current sound
  camera: null, // Plotly's; null until clouds are there
  near: true, // whether neighbours are drawn
  bridges: true,
  path: [], // sounds stepped through
  views: [], // {div, model, factor, cloud, drawn}
  stale: true, // whether the views are not yet those of the state
};

const sets = (() => {
  const names = root ? JSON.parse(root.dataset.sets) : [];
  const loaded = {};
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

  const shown = () => load(state.d);
  const factor = () => shown().factors[state.f];

  function cloud(model) { // of the data set that is shown
    const data = shown();
    const points = data.models[model];
    if (points.x) return points;
    const packed = shorts(points.points);
    points.component = bytesOf(points.component);
    points.neighbors = shorts(points.neighbors);
    for (const [axis, offset] of [["x", 0], ["y", 1], ["z", 2]]) {
      points[axis] = Float32Array.from({ length: data.n }, (_, i) => {
        const step = packed[3 * i + offset];
        return step === -32768 ? NaN : (step / 32767) * data.reach;
      });
    }
    return points;
  }

  // A value of a factor or nuisance in words: its level, or its number and unit.
  const worded = (value, { levels, unit }) => (levels ? levels[Math.round(value)] : `${number(value)} ${unit}`);

  // Whether each sound is selected: in the range of the factor and in the picked region.
  function selected() {
    const mask = new Uint8Array(shown().n).fill(1);
    if (state.range) {
      const { values } = shown().factors[state.range.f];
      values.forEach((v, i) => { if (v < state.range.low || v > state.range.high) mask[i] = 0; });
    }
    if (state.picked) mask.forEach((_, i) => { if (!state.picked.has(i)) mask[i] = 0; });
    return mask;
  }

  // Puts the state back to its first values, except the views, and applies `changes`.
  const { views, stale, ...first } = structuredClone({ ...state, d: names[0] ?? "" });
  const reset = (changes = {}) => Object.assign(state, structuredClone(first), changes);
  reset();

  return { names, load, shown, factor, cloud, worded, selected, reset };
})();
