// The stream of changes, for any page that wants it: live(changed) calls changed(names, everything) at most twice a second.
"use strict";
function live(changed, stands) {
  const PATIENCE = 6000; // a service that starts again is back sooner
  let source = null, silent = 0, note = null;

  // What nobody sees by itself: the page is as it was, and why.
  function tell(text, link) {
    if (note?.dataset.told === text) return; // whoever cannot see it hears it once
    note?.remove();
    note = document.createElement("div");
    note.dataset.told = text;
    note.className = "message warn";
    note.setAttribute("role", "alert");
    const words = document.createElement("div");
    words.append(text);
    if (link) {
      const way = document.createElement("a");
      way.href = location.href;
      way.textContent = link;
      words.append(" ", way);
    }
    note.append(words);
    document.getElementById("main").prepend(note);
  }
  function away() {
    if (!silent) silent = setTimeout(() => tell("The server does not answer. This page is as it was, and goes on when it is back."), PATIENCE);
  }
  function back() {
    clearTimeout(silent);
    silent = 0;
    note?.remove();
    note = null;
  }
  // The stream was refused: is the login over? Then the server sends us to it.
  async function whyNot() {
    try {
      const answer = await fetch("/live", { method: "HEAD", redirect: "manual" });
      const ended = answer.type === "opaqueredirect";
      if (!ended && answer.status !== 503) return;
      clearTimeout(silent);
      if (ended) tell("Your login has ended. This page is as it was.", "Log in again");
      else tell("Too many pages are live. This one is as it was, until another is closed.");
    } catch { /* the server is away, and that is told */ }
  }

  const open = () => {
    source?.close();
    source = new EventSource("/live");
    // What happened while the page came, or while the connection was away, was told to nobody: look at everything once.
    source.addEventListener("open", () => { back(); stands?.(true); changed(new Set(), true); });
    source.addEventListener("message", (event) => {
      const told = JSON.parse(event.data);
      changed(new Set(told.phones), told.all);
    });
    source.addEventListener("error", () => {
      stands?.(false);
      away();
      // The browser comes back by itself unless the server said no.
      if (source.readyState === EventSource.CLOSED) { whyNot(); setTimeout(() => document.hidden || open(), 15000); }
    });
  };
  open();
  // A page that nobody looks at needs no news; on return it asks for everything.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { source.close(); clearTimeout(silent); silent = 0; stands?.(false); } else open();
  });
  addEventListener("pagehide", () => source.close());
}
