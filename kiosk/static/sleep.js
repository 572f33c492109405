// K5: the clock goes on, the page is drawn afresh every minute, a touch anywhere opens the faces. Works without.
"use strict";
(() => {
  const find = (what) => document.querySelector(what), clock = () => performance.now();
  const two = (n) => (n < 10 ? "0" : "") + n, turn = (what, by) => find(what).setAttribute("transform", "rotate(" + by + ")");
  let begun = clock(), heard = begun, asked = begun;

  const ask = (address) => Promise.race([new Promise((done, late) => setTimeout(late, 10000)), fetch(address, { cache: "no-store" }).then((reply) => {
    if (!reply.headers.get("X-Hailong")) throw 0;
    heard = clock();
    return reply;
  })]);
  const say = (kind) => { const box = find(".waiting"); box.textContent = kind ? box.dataset[kind] : ""; };

  // Nothing is left before the server is known to answer: a browser's own error page would stay.
  const faces = () => ask("/healthz").then(() => location.replace("/"), () => { say("away"); setTimeout(say, 6000); });

  addEventListener("click", (event) => { event.preventDefault(); faces(); });
  setInterval(() => {
    const minutes = Math.floor((Number(document.body.dataset.now) + (clock() - begun) / 1000) / 60) % 1440;
    find(".time").textContent = two(Math.floor(minutes / 60)) + ":" + two(minutes % 60);
    turn(".hour", minutes % 720 / 2);
    turn(".minute", minutes % 60 * 6);
    find(".page").className = "page shift-" + Math.floor(Date.now() / 6e5) % 4;
    if (clock() - heard > 180000) find(".dot").classList.add("offline");
    if (clock() - asked < 60000) return;
    asked = clock();
    ask("/sleep").then((reply) => {
      if (reply.redirected) return location.replace(reply.url);
      return reply.text().then((text) => {
        const next = new DOMParser().parseFromString(text, "text/html");
        if (!next.body.dataset.now) return location.reload();
        document.documentElement.replaceChild(document.adoptNode(next.body), document.body);
        begun = clock();
      });
    }).catch(() => {});
  }, 1000);
})();
