// A region of sounds: picked by a rectangle that is dragged over a view while "select" is on.
"use strict";

const region = (() => {
  function over(view) { // drag a rectangle over a view while "select" is on
    const [sheet, frame] = [make("div", "", "sheet"), make("div", "", "frame")];
    sheet.append(frame);
    view.div.after(sheet);
    let start = null;
    const at = (event) => {
      const box = sheet.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const corners = (a, b) => [0, 1].map((k) => [Math.min(a[k], b[k]), Math.max(a[k], b[k])]);
    sheet.addEventListener("pointerdown", (event) => { start = at(event); sheet.setPointerCapture(event.pointerId); });
    sheet.addEventListener("pointermove", (event) => {
      if (!start) return;
      const [[left, right], [top, bottom]] = corners(start, at(event));
      const size = { width: `${right - left}px`, height: `${bottom - top}px` };
      Object.assign(frame.style, { display: "block", left: `${left}px`, top: `${top}px`, ...size });
    });
    sheet.addEventListener("pointerup", (event) => {
      if (!start) return;
      const [[left, right], [top, bottom]] = corners(start, at(event));
      start = null;
      frame.style.display = "none";
      if (right - left < 3 || bottom - top < 3 || state.stale || !view.drawn) return;
      const { cloud } = view;
      state.picked = new Set();
      for (let i = 0; i < sets.shown().n; i++) {
        const [x, y] = camera.project(view.div, [cloud.x[i], cloud.y[i], cloud.z[i]]);
        if (x >= left && x <= right && y >= top && y <= bottom) state.picked.add(i);
      }
      if (!state.picked.size) state.picked = null;
      clouds.draw();
      link.remember();
    });
  }

  return { over };
})();
