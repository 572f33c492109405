// Five touches on the mark within three seconds open the staff's PIN page. Nothing shows that it is there.
"use strict";
(() => {
  let touches = [];
  addEventListener("pointerdown", (event) => {  // on the window: each page takes the place of the one before it
    if (!event.target.closest(".brand")) return;
    const now = performance.now();
    touches = touches.filter((at) => now - at < 3000).concat(now);
    if (touches.length >= 5) location.assign("/staff" + location.search);
  });
})();
