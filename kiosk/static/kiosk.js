// The pages work without this. It adds: one finger at a time, one answer in hand until the desk's server has it, no
// history, rest, "still here?", Listen. For Chrome from 60 on: ES2017, nothing of a secure context.
"use strict";
(() => {
  const clock = () => performance.now(), find = (what) => document.querySelector(what), body = () => document.body;
  const all = (what) => Array.from(document.querySelectorAll(what)), links = (of) => of.head.querySelectorAll("link").length;
  const wait = (ms) => new Promise((done) => setTimeout(done, ms)), look = (name, on) => body().classList.toggle(name, on);
  const here = () => location.pathname + location.search, rename = (address) => history.replaceState(0, "", address);
  let page, idle, form, timers = [], touched, seen, asked, heard = clock(), view = 0, version, hand, stray, last = {}, pressed, sound, played;

  // Somebody has zoomed in, so that some of the faces are out of sight. A page of its own alone begins unzoomed again:
  // neither another body, nor a reload, nor other words about the viewport do it.
  const zoomed = () => window.visualViewport && visualViewport.width < document.documentElement.clientWidth - 2;

  const every = (ms, work) => timers.push(setInterval(work, ms)), stop = () => timers.splice(0).forEach(clearInterval);

  const say = (kind) => { const box = find(".waiting"); box.textContent = box.dataset[kind] || ""; };

  // A reply without our mark is some gateway's: none.
  const ask = (address, data) => Promise.race([wait(10000).then(() => { throw 0; }), (async () => {
    const reply = await fetch(address, { method: data ? "POST" : "GET", body: data, cache: "no-store" });
    const mark = reply.headers.get("X-Hailong"), text = await reply.text();
    if (!mark) throw 0;
    heard = clock();
    return { text, mark, address: reply.url, got: !data || reply.redirected };
  })()]);

  // The next page in the place of this one: nothing for Back to find.
  const show = (reply, quietly) => {
    const next = new DOMParser().parseFromString(reply.text, "text/html"), root = document.documentElement, was = touched;
    const other = links(next) !== links(document) || version && version !== reply.mark;
    version = reply.mark;
    if ((other || zoomed()) && reply.got) return location.replace(reply.address.replace(/\?rest$/, ""));
    stop();
    silence();
    hand = stray = null;
    view++;
    root.lang = next.documentElement.lang;
    root.className = next.documentElement.className;
    document.title = next.title;
    root.replaceChild(document.adoptNode(next.body), body());
    rename(reply.address);
    scrollTo(0, 0);
    begin();
    if (quietly) touched = was;
    else all("h1").forEach((title) => { title.tabIndex = -1; title.focus(); });
  };

  // By GET; while the desk is silent this page is covered.
  const go = async (address) => {
    try { show(await ask(address)); } catch (error) { say("away"); look("away", true); release(); await wait(3000); go(address); }
  };
  const home = () => { stop(); release(); go("/"); };
  // What the last person left is not even seen until the faces are there.
  const clear = () => { look("gone", true); home(); };

  // Faces of which some are out of sight are not used: the page is covered and drawn again, on its own.
  const whole = async (pause) => {
    const mine = view;
    if (!zoomed() || !find(".bowl") || hand) return;
    if (pause > 1000) say("away");
    look(pause > 1000 ? "away" : "gone", true);
    await wait(pause);
    if (mine !== view || hand) return;
    if (zoomed()) return go(here().replace(/^\/rate(?=\?|$)/, "/"));
    look("gone", false);
    look("away", false);
    say("none");
  };

  // The one answer in hand: the same again, for 90 s at most.
  const send = async (address, data) => {
    const mine = hand = {}, end = clock() + 90000;
    wait(2500).then(() => { if (hand === mine) say("hold"); });
    for (let pause = 500; clock() < end; pause = Math.min(pause * 1.6, 8000)) {
      try { return show(await ask(address, data)); } catch (error) { say("hold"); await wait(pause); }
    }
    say(page === "faces" ? "lost" : "later");
    await wait(12000);
    home();
  };

  const silence = () => {
    if (sound) sound.pause();
    sound = null;
    played = 0;
    all(".listen").forEach((one) => one.setAttribute("aria-pressed", false));
  };
  // What one person leaves on a page that the next one may find: sound, the ring or the keyboard, a selection, the place.
  const release = () => {
    silence();
    if (document.activeElement) document.activeElement.blur();
    getSelection().removeAllRanges();
    scrollTo(0, 0);
  };
  const play = (button) => {
    if (sound) return silence();
    sound = new Audio(button.dataset.src);
    sound.onended = sound.onerror = silence;
    button.setAttribute("aria-pressed", true);
    sound.play().catch(silence);
  };

  const wake = (event) => {
    touched = clock();
    if (event.type === "pointerdown") {
      const now = { x: event.clientX, y: event.clientY, at: event.timeStamp, view };
      const again = last.view !== view && now.at - last.at < 400 && Math.hypot(now.x - last.x, now.y - last.y) < 60;
      stray = again || event.pointerType === "touch" && !event.isPrimary;
      last = now;
    }
    if (!body().classList.contains("resting")) return;
    look("resting", false);
    rename("/");
    seen = touched;
  };
  for (const kind of ["pointerdown", "keydown", "click", "input"]) addEventListener(kind, wake, true);

  addEventListener("click", (event) => {
    const button = event.target.closest("button"), link = event.target.closest("a[href^='/']:not([download])");
    if (hand || event.detail && (stray || last.view !== view)) event.stopPropagation();
    else if (button && button.matches(".listen")) play(button);
    else if (button && button.matches(".here")) find(".still").close();
    else if (link && page) go(link.getAttribute("href"));
    else { pressed = button; setTimeout(() => { pressed = null; }); return; }
    event.preventDefault();
  }, true);

  addEventListener("submit", (event) => {
    if (event.target !== form) return;
    event.preventDefault();
    const button = event.submitter || pressed, data = new FormData(form);
    data.set("ms", Math.round(clock() - seen));
    if (page === "thanks") return void ask(form.getAttribute("action"), data).catch(() => {}).then(home);  // nothing to lose
    if (button && button.name) data.append(button.name, button.value);
    if (button && button.matches(".bowl")) {
      button.classList.add("pressed");
      look("picked", true);
      wait(400).then(() => { look("picked", false); button.classList.remove("pressed"); button.blur(); });
    }
    send(button && button.getAttribute("formaction") || form.getAttribute("action"), data);
  });

  addEventListener("keydown", (event) => {
    const skip = find("[value=skip]"), bowls = all(".bowl"), at = bowls.indexOf(document.activeElement);
    if (event.key === "Escape" && skip && !find(".still[open]")) skip.click();
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: 4, ArrowUp: 4 }[event.key];
    const bowl = bowls[at >= 0 && step ? (at + step) % 5 : event.key - 1];
    if (bowl) { bowl.focus(); event.preventDefault(); }
  });

  // A recording is somebody listening as long as it goes on: one that its desk left in the middle is nobody.
  const quiet = () => {
    const heard = sound && sound.currentTime !== played;
    if (heard) played = sound.currentTime;
    if (heard || hand) touched = clock();
    return clock() - touched;
  };

  // Dimmed, shifted against burn-in, drawn afresh every minute; a silent desk shows in the dot alone.
  const rest = () => {
    if (!body().classList.contains("resting")) release();
    look("resting", true);
    find(".page").className = "page shift-" + Math.floor(Date.now() / 6e5) % 4;
    if (clock() - heard > 180000) all(".dot").forEach((dot) => dot.classList.add("offline"));
    if (clock() - asked < (clock() - heard > 70000 ? 10000 : 60000)) return;
    asked = clock();
    ask(body().dataset.sleep ? "/sleep" : "/").then((reply) => {
      if (quiet() < idle) return;
      show(reply, true);
      rest();
      rename("/#rest");
    }).catch(() => {});
  };

  const begin = () => {
    const data = body().dataset, still = find(".still"), count = find(".count"), stay = find(".here"), seconds = find(".seconds");
    page = data.page;
    idle = (data.idle || 60) * 1000;
    form = find("#answer");
    touched = seen = asked = clock();
    if (data.leave) timers.push(setTimeout(home, data.leave * 1000));
    if (location.hash) { look("resting", true); touched -= idle; }
    if (page === "faces") every(1000, () => { if (quiet() >= idle) here() === "/" ? rest() : home(); });
    if (count) (form.onchange = () => { count.textContent = ` (${all(":checked").length})`.replace(" (0)", ""); })();
    if (!still) return;
    const words = seconds.textContent, warn = Math.max(idle - 25000, 10000);
    let kept = touched;
    every(500, () => {
      const left = Math.ceil((warn + 20000 - quiet()) / 1000);
      if (touched > kept && clock() - kept > 5000) ask(stay.getAttribute("formaction"), new FormData(form), kept = clock()).catch(() => {});
      if (left <= 0) return home();
      if (left > 20) return still.close();
      if (!still.open) still.showModal();
      seconds.textContent = words.replace("20", left);
      find(".rest").setAttribute("stroke-dashoffset", 20 - left);
      if (left % 10 === 0) find(".said").textContent = seconds.textContent;
    });
  };

  history.scrollRestoration = "manual";
  addEventListener("pagehide", () => { silence(); look("gone", true); });
  addEventListener("pageshow", (event) => { if (event.persisted && page) clear(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) silence(); });
  if (window.visualViewport) visualViewport.addEventListener("resize", () => whole(300));
  begin();
  // What Back, a reload or a restored tab brings up again was the last person's.
  const again = performance.navigation && performance.navigation.type;
  if (page && here() !== "/" && again) clear(); else whole(again ? 300 : 3000);
})();
