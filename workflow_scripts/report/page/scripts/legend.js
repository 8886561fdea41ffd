// The colour legend: a histogram of the factor to drag a range across, or the components of the graphs.
"use strict";

const legend = (() => {
  let brushed = false; // whether the legend already listens for a drag across it

  // A histogram of the factor in its unit; drag across it to select a range.
  function draw(mask) {
    const box = $("legend");
    box.hidden = state.f === "component";
    $("pieces").hidden = !box.hidden;
    if (box.hidden) return pieces();
    const { places } = sets.factor();
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
      { type: "heatmap", x: shades, y: [0], z: [shades], yaxis: "y2", zmin: 0, zmax: 1, colorscale: MAPS[state.map],
        showscale: false, hoverinfo: "skip" },
    ], layout(), { displayModeBar: false, responsive: true });
    if (!brushed) box.on("plotly_selected", brush);
    brushed = true;
  }

  function layout() {
    const { unit, levels, ticks, tick_places } = sets.factor();
    const words = ticks.map((value) => (levels ? plain(levels[Math.round(value)]) : number(value)));
    return {
      barmode: "stack", height: 150, margin: { l: 50, r: 16, t: 6, b: 44 }, showlegend: false,
      dragmode: "select", selectdirection: "h", font: { family: "system-ui, sans-serif", size: 12, color: "#1a1a1a" },
      xaxis: { range: [0, 1], fixedrange: true, anchor: "y2", tickvals: tick_places, ticktext: words,
        title: { text: plain(`${state.f} (${unit})`) } },
      yaxis: { domain: [0.3, 1], fixedrange: true, title: { text: "sounds" }, nticks: 3 },
      yaxis2: { domain: [0, 0.24], fixedrange: true, visible: false },
    };
  }

  function brush(event) {
    if (!event || !event.range || state.f === "component") return;
    const { ruler } = sets.factor();
    const value = (p) => { // in the factor's unit, between two marks of its ruler
      const at = 100 * Math.min(1, Math.max(0, p));
      const i = Math.min(99, Math.floor(at));
      return ruler[i] + (at - i) * (ruler[i + 1] - ruler[i]);
    };
    const [low, high] = event.range.x.map(value).sort((a, b) => a - b);
    state.range = { f: state.f, low, high };
    controls.ranges();
    clouds.draw();
    link.remember();
  }

  function pieces() { // the legend of components, as many as any view has
    const most = Math.min(8, Math.max(...state.views.map(({ cloud }) => cloud.components)));
    const keys = PIECES.slice(0, most).flatMap((color, i) => {
      const dot = make("span");
      dot.style.background = color;
      return [dot, i < 7 ? `${i + 1}` : "8 and later"];
    });
    $("pieces").replaceChildren("Component of the neighbour graph, in each cloud by size:", ...keys);
  }

  return { draw };
})();
