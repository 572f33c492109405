// Five touches on the mark within three seconds open the staff's PIN page. Nothing shows that it is there.
"use strict";
(() => {
  const mark = document.querySelector(".brand");
  let touches = [];
  mark?.addEventListener("pointerdown", () => {
    const now = performance.now();
    touches = [...touches.filter((at) => now - at < 3000), now];
    if (touches.length >= 5) location.assign("/staff" + location.search);
  });
})();
