// A link that holds the view: written into the address, and read from it.
"use strict";

const link = (() => {
  function bits(set) {
    const bytes = new Uint8Array(Math.ceil(sets.shown().n / 8));
    for (const i of set) bytes[i >> 3] |= 1 << (i & 7);
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  }

  function unbits(text) {
    const bytes = bytesOf(text.replace(/-/g, "+").replace(/_/g, "/"));
    return new Set([...Array(sets.shown().n).keys()].filter((i) => (bytes[i >> 3] >> (i & 7)) & 1));
  }

  function now() {
    const words = new URLSearchParams({ d: state.d, m: state.m.join(","), f: state.f, map: state.map, by: state.by });
    const { eye, up, center } = state.camera ?? camera.START;
    for (const id of ["near", "bridges"]) if (!state[id]) words.set(id, "no");
    words.set("cam", [eye, up, center].flatMap(({ x, y, z }) => [x, y, z]).map((v) => v.toFixed(3)).join(","));
    if (state.s >= 0) words.set("s", sets.shown().rows[state.s]);
    if (state.range) words.set("range", [state.range.low, state.range.high, state.range.f].join(","));
    if (state.picked) words.set("picked", bits(state.picked));
    return `#explore?${words}`;
  }

  let waiting = 0; // the timer of the address
  function remember() {
    clearTimeout(waiting);
    waiting = setTimeout(() => history.replaceState(null, "", now()), 250);
  }

  function restore() { // the state of the address, as far as this report has what it names
    if (!location.hash.startsWith("#explore?")) return false;
    const words = new URLSearchParams(location.hash.slice("#explore?".length));
    sets.reset();
    if (sets.names.includes(words.get("d"))) state.d = words.get("d");
    state.m = (words.get("m") || "").split(",");
    const { factors, rows } = sets.shown();
    const isFactor = (name) => Object.hasOwn(factors, name);
    if (isFactor(words.get("f")) || words.get("f") === "component") state.f = words.get("f");
    if (Object.hasOwn(MAPS, words.get("map"))) state.map = words.get("map");
    if (words.get("by") === "factor") state.by = "factor";
    for (const id of ["near", "bridges"]) state[id] = words.get(id) !== "no";
    const cam = (words.get("cam") || "").split(",").map(Number);
    if (cam.length === 9 && cam.every(Number.isFinite)) {
      const point = (k) => ({ x: cam[3 * k], y: cam[3 * k + 1], z: cam[3 * k + 2] });
      state.camera = { eye: point(0), up: point(1), center: point(2) };
    }
    if (words.has("s")) state.s = rows.indexOf(Number(words.get("s")));
    const [low, high, ...of] = (words.get("range") || "").split(",");
    if (isFactor(of.join(","))) state.range = { low: Number(low), high: Number(high), f: of.join(",") };
    if (words.has("picked")) {
      try { state.picked = unbits(words.get("picked")); } catch { state.picked = null; }
    }
    state.path = state.s >= 0 ? [state.s] : [];
    return true;
  }

  return { remember, restore, now };
})();
