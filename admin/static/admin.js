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
