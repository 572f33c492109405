// Asks the desk's server until it answers, then becomes its first page. ES5: runs in whatever WebView there is.
(function () {
  "use strict";
  var body = document.body, named = decodeURIComponent(location.hash.slice(1)), began = Date.now();
  var address = (/^https?:\/\/[^\/?#\s]+\/?$/.test(named) ? named : body.getAttribute("data-address")).replace(/\/$/, "");
  var places = document.querySelectorAll(".address"), i;
  for (i = 0; i < places.length; i++) places[i].textContent = address;

  function ask() {
    var over = false;
    function end(answered) {
      if (over) return;
      over = true;
      if (answered) return location.replace(address + "/");
      if (Date.now() - began > 120000) body.className = "long";
      setTimeout(ask, 2000);
    }
    setTimeout(end, 8000);
    // The reply cannot be read from here, and need not: any answer means that the server has its own words now.
    fetch(address + "/healthz", { mode: "no-cors", cache: "no-store" }).then(function () { end(true); }, function () { end(false); });
  }
  ask();
})();
