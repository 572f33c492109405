// The pages work without this. It adds: one finger at a time, rest, "still here?", and how long one looked.
"use strict";
(() => {
  const body = document.body, page = body.dataset.page, idle = (body.dataset.idle || 60) * 1000;
  const form = document.getElementById("answer"), clock = () => performance.now();
  const find = (what) => form.querySelector(what), home = () => location.replace("/");
  let touched = clock(), seen = touched, sent = false, crowd = false;

  const wake = (event) => {
    touched = clock();
    if (event.type === "pointerdown") crowd = event.pointerType === "touch" && !event.isPrimary;
    if (!body.classList.contains("resting")) return;
    body.classList.remove("resting");
    history.replaceState(0, "", "/");
    seen = touched;
  };
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, wake, { capture: true, passive: true });

  addEventListener("click", (event) => { if (crowd) { event.preventDefault(); event.stopPropagation(); } }, true);
  addEventListener("contextmenu", (event) => event.preventDefault());

  if (body.dataset.leave) setTimeout(home, body.dataset.leave * 1000);

  if (form) {
    const calm = () => { for (const one of [body, ...form.querySelectorAll(".pressed")]) one.classList.remove("picked", "pressed"); };
    addEventListener("pageshow", () => { sent = false; calm(); });
    form.addEventListener("submit", (event) => {
      if (sent) return event.preventDefault();
      sent = true;
      form.elements.ms.value = Math.round(clock() - seen);
      if (!event.submitter?.matches(".bowl")) return;
      event.submitter.classList.add("pressed");
      body.classList.add("picked");
      setTimeout(calm, 400);
    });
  }

  if (page === "faces") {
    const bowls = [...form.querySelectorAll(".bowl")];
    addEventListener("keydown", (event) => {
      const at = bowls.indexOf(document.activeElement), n = bowls.length;
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const bowl = bowls[at >= 0 && step ? (at + step + n) % n : event.key - 1];
      if (bowl) { bowl.focus(); event.preventDefault(); }
    });
    let asked = touched;
    if (location.hash) body.classList.add("resting"), touched -= idle;
    setInterval(() => {
      if (clock() - touched < idle) return;
      if (location.pathname + location.search !== "/") return home();
      body.classList.add("resting");
      document.querySelector(".page").className = "page shift-" + (Math.floor(Date.now() / 6e5) % 4);
      if (clock() - asked < 6e4) return;
      asked = clock();
      fetch("/healthz").then((reply) => { if (reply.ok && clock() - touched > idle) { location.hash = "rest"; location.reload(); } }).catch(() => {});
    }, 1000);
  }

  if (page === "topics") {
    const still = find("dialog"), here = find(".here"), seconds = find(".seconds"), words = seconds.textContent;
    const tally = () => { find(".count").textContent = ` (${form.querySelectorAll(":checked").length})`.replace(" (0)", ""); };
    form.addEventListener("change", tally);
    tally();
    addEventListener("keydown", (event) => { if (event.key === "Escape" && !still.open) find("[value=skip]").click(); });
    const warn = Math.max(idle - 25000, 10000);
    let kept = touched;
    const keep = () => {
      kept = clock();
      fetch(here.formAction, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => {});
    };
    here.addEventListener("click", (event) => { event.preventDefault(); still.close(); });
    setInterval(() => {
      const quiet = clock() - touched, left = Math.ceil((warn + 20000 - quiet) / 1000);
      if (touched > kept && clock() - kept > 5000) keep();
      if (left <= 0) return home();
      if (quiet < warn) return still.open && still.close();
      if (!still.open) still.showModal();
      seconds.textContent = words.replace("20", left);
      find(".rest").setAttribute("stroke-dashoffset", 20 - left);
      if (left === 20 || left === 10) find(".said").textContent = seconds.textContent;
    }, 500);
  }
})();
