// The pages behind the PIN work without this. It adds: a keypad without a request a key, seconds, the clock, printing.
"use strict";
(() => {
  const body = document.body, page = body.dataset.page, clock = () => performance.now();
  let touched = clock();
  const touch = (then) => { for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { touched = clock(); if (then) then(); }, { passive: true }); };

  if (page === "door") {
    const form = document.querySelector(".door"), field = form.elements.pin, name = form.elements.entry;
    const waiting = form.querySelector(".waiting");
    if (!field.disabled) field.focus();
    form.addEventListener("click", (event) => {
      const button = event.target.closest("button"), key = button && button.value;
      if (!key || key === "open") return;
      event.preventDefault();
      if (waiting && key === "back") { name.value = ""; waiting.remove(); }
      field.value = key === "back" ? field.value.slice(0, -1) : (field.value + key).slice(0, field.maxLength);
    });
    form.addEventListener("submit", () => setTimeout(() => { field.value = ""; }));
    addEventListener("pageshow", () => { field.value = ""; });
  }
  if (body.dataset.wait) setTimeout(() => location.replace(body.dataset.here), body.dataset.wait * 1000 + 500);
  if (body.dataset.leave) {
    touch();
    setInterval(() => { if (clock() - touched > body.dataset.leave * 1000) location.replace("/"); }, 1000);
  }

  if (page === "state") {
    const left = document.querySelector(".left"), words = left.textContent, first = body.dataset.left, act = document.getElementById("act");
    const said = document.querySelector(".said"), home = act.querySelector(".plain");
    let kept = touched, rest = first * 1000, done = false;
    act.addEventListener("submit", (event) => {
      if (done) return event.preventDefault();
      done = true;
      if (event.submitter) event.submitter.classList.add("busy");
    });
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    touch(() => {
      if (done || clock() - kept < 3000) return;
      kept = clock();
      fetch(body.dataset.stay, { method: "POST", body: new FormData(act) })
        .then((reply) => { if (reply.status === 204) rest = body.dataset.longest * 1000 + kept; }).catch(() => {});
    });
    rest += touched;
    setInterval(() => {
      const seconds = Math.max(0, Math.ceil((rest - clock()) / 1000));
      left.textContent = words.replace(first, seconds);
      if (seconds === 20 || seconds === 10) said.textContent = left.textContent;
      if (!seconds && !done) act.requestSubmit ? act.requestSubmit(home) : location.replace("/");
    }, 500);
  }

  for (const face of document.querySelectorAll("[data-clock]")) {
    const from = Number(face.dataset.clock) - clock() + 7 * 3.6e6;
    setInterval(() => { face.textContent = new Date(from + clock()).toISOString().slice(11, 19); }, 500);
  }
  for (const field of document.querySelectorAll("[data-filter]")) {
    const rows = [...document.querySelectorAll(`#${field.dataset.filter} .row`)].slice(1);
    const plain = (text) => text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d");
    const texts = rows.map((row) => plain(row.textContent));
    field.addEventListener("input", () => {
      const words = plain(field.value).split(/\s+/);
      rows.forEach((row, at) => { row.hidden = !words.every((word) => texts[at].includes(word)) && !row.querySelector(":checked"); });
    });
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
})();
