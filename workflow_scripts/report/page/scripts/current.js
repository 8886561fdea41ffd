// The current sound: what it is, playing it, and stepping from sound to sound.
"use strict";

const current = (() => {
  const STEP = 1 / 16; // of a factor's range, for the arrow keys

  function describe() {
    const panel = $("sound");
    panel.replaceChildren();
    const line = (name, text) => {
      panel.append(make("dt", name), make("dd", text));
    };
    $("play").disabled = state.s < 0;
    if (state.s < 0) return line("sound", "none yet: click a point, or press an arrow key in the views");
    const { rows, N, factors, nuisances } = sets.shown();
    line("sound", `${rows[state.s]} of ${N}`);
    for (const [name, f] of Object.entries(factors)) line(name, sets.worded(f.values[state.s], f));
    for (const [name, f] of Object.entries(nuisances)) line(`${name} (nuisance)`, sets.worded(f.values[state.s], f));
  }

  async function play(i) {
    const { sound, factors, rows } = sets.shown();
    if (!sound.rendered) {
      const text = $(`clips-${state.d}`).firstChild.data;
      const clip = bytesOf(text.slice((sound.starts[i] / 3) * 4, (sound.starts[i + 1] / 3) * 4));
      return player.play(clip, sound.rate, sound.own_level);
    }
    const values = Object.fromEntries(Object.entries(factors).map(([name, f]) => [name, f.values[i]]));
    const samples = synthesizers[sound.synthesizer].render(values, sound.rate, sound.duration, sound.options, rows[i]);
    return player.play(samples, sound.rate, sound.own_level);
  }

  function choose(i, step = false) {
    state.path = step ? [...state.path, i].slice(-12) : [i];
    state.s = i;
    clouds.mark();
    link.remember();
    return play(i).then((levels) => { root.dataset.played = JSON.stringify({ sound: i, ...levels }); });
  }

  // The selected sound that lies nearest to one step along the factor. The other factors are held.
  function neighbor(direction) {
    const mask = sets.selected();
    const { factors, n } = sets.shown();
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

  return { describe, choose, neighbor };
})();
