// The one camera of all views: where it stands at first, how it turns, what it sees where.
"use strict";

const camera = (() => {
  const START = { // so that the cube fills the view
    eye: { x: 1.42, y: 1.42, z: 0.88 }, up: { x: 0, y: 0, z: 1 }, center: { x: 0, y: 0, z: -0.1 },
  };
  let leader; // the view whose camera the others now take: undefined if none, null for a key or button
  let behind = null; // whose camera came meanwhile

  // A camera that sees no cloud end-on. Each direction around the vertical axis is judged by the cloud that
  // spreads least in it. The camera is the first direction, from START, with four fifths of the best spread.
  function facing() {
    const { x, y, z } = START.eye;
    const far = Math.hypot(x, y, z);
    const eyes = Array.from({ length: 24 }, (_, k) => Math.atan2(y, x) + (k * Math.PI) / 12)
      .map((around) => ({ x: Math.hypot(x, y) * Math.cos(around), y: Math.hypot(x, y) * Math.sin(around), z }));
    const shown = eyes.map((eye) => Math.min(...state.views.map(({ cloud }) => {
      let seen = 0;
      for (let i = 0; i < cloud.x.length; i++) {
        if (Number.isNaN(cloud.x[i])) continue;
        const along = (cloud.x[i] * eye.x + cloud.y[i] * eye.y + cloud.z[i] * eye.z) / far;
        seen += cloud.x[i] ** 2 + cloud.y[i] ** 2 + cloud.z[i] ** 2 - along ** 2;
      }
      return seen;
    })));
    const enough = 0.8 * Math.max(...shown);
    return { ...structuredClone(START), eye: eyes[shown.findIndex((seen) => seen >= enough)] };
  }

  function follow(source, seen) { // seen: the camera of the view `source`, which the others take
    if (leader !== undefined && source !== null && source !== leader) return; // an echo of what is done here
    state.camera = structuredClone(seen);
    if (leader !== undefined) { behind = { source }; return; }
    leader = source;
    const others = state.views.filter(({ div, drawn }) => drawn && div !== source);
    const turned = others.map(({ div }) => Plotly.relayout(div, { "scene.camera": structuredClone(seen) }));
    Promise.all(turned).finally(() => {
      leader = undefined;
      const last = behind;
      behind = null;
      if (last) follow(last.source, state.camera);
    });
  }

  function turn(by, zoom = 1) { // radians around the vertical axis and towards it
    if (state.stale) return;
    const { x, y, z } = state.camera.eye;
    const far = Math.hypot(x, y, z) * zoom;
    const around = Math.atan2(y, x) + by[0];
    const up = Math.min(1.5, Math.max(-1.5, Math.asin(z / Math.hypot(x, y, z)) + by[1]));
    const flat = far * Math.cos(up);
    const eye = { x: flat * Math.cos(around), y: flat * Math.sin(around), z: far * Math.sin(up) };
    follow(null, { ...state.camera, eye });
    link.remember();
  }

  // Pixel of a point in a view, by the matrices that Plotly draws it with.
  function project(div, [x, y, z]) {
    const scene = div._fullLayout.scene._scene;
    const { model, view, projection } = scene.glplot.cameraParams;
    let v = [x * scene.dataScale[0], y * scene.dataScale[1], z * scene.dataScale[2], 1];
    for (const m of [model, view, projection]) {
      v = [0, 1, 2, 3].map((r) => m[r] * v[0] + m[4 + r] * v[1] + m[8 + r] * v[2] + m[12 + r] * v[3]);
    }
    return [((v[0] / v[3] + 1) / 2) * div.clientWidth, ((1 - v[1] / v[3]) / 2) * div.clientHeight];
  }

  return { START, facing, follow, turn, project };
})();
