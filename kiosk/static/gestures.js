// Gestures that would leave something for the next person: pinching, long presses, dragging. The pages have their own
// A− A A+. The style sheets forbid pinching too; a browser told to allow zoom everywhere asks here alone.
"use strict";
(() => {
  const no = (event) => event.preventDefault(), awake = { passive: false };
  for (const kind of ["touchstart", "touchmove"]) addEventListener(kind, (event) => { if (event.touches.length > 1 && event.cancelable) no(event); }, awake);
  for (const kind of ["gesturestart", "contextmenu", "dragstart"]) addEventListener(kind, no, awake);
  addEventListener("wheel", (event) => { if (event.ctrlKey) no(event); }, awake);  // how a touch pad says it
})();
