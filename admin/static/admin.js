// Small comforts of the centre's pages. Everything works without them.
"use strict";

for (const button of document.querySelectorAll("[data-reveal]")) {
  const entry = document.getElementById(button.dataset.reveal);
  const words = button.querySelector("span");
  button.hidden = false;
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const shown = entry.type === "text";
    entry.type = shown ? "password" : "text";
    words.textContent = shown ? button.dataset.off : button.dataset.on;
    button.setAttribute("aria-pressed", String(!shown));
    entry.focus();
  });
}

// Counts of what runs, asked again each minute while somebody looks; what is typed and where the page stands is left.
const running = document.querySelector("[data-running]");
const again = async () => {
  if (document.visibilityState !== "visible") return;
  try {
    const reply = await fetch(running.dataset.running, { headers: { Accept: "application/json" }, redirect: "manual" });
    if (!reply.ok) return; // the sign-in is over, perhaps
    const found = await reply.json();
    if (found.month !== running.dataset.month) return; // the heads name another month: the page stays as it is
    for (const cell of document.querySelectorAll("[data-now]")) {
      const counts = found.places[cell.dataset.now];
      if (counts) cell.textContent = counts[cell.dataset.nth];
    }
    running.textContent = found.until;
  } catch {
    // No network: what stands there says up to when it holds.
  }
};
if (running) {
  setInterval(again, 60000);
  document.addEventListener("visibilitychange", again);
}
