// The stream of changes, for any page that wants it: live(changed) calls changed(names, everything) at most twice a second.
"use strict";
function live(changed, stands) {
  let source = null;
  const open = () => {
    source = new EventSource("/live");
    // What happened while the page came, or while the connection was away, was told to nobody: look at everything once.
    source.addEventListener("open", () => { stands?.(true); changed(new Set(), true); });
    source.addEventListener("message", (event) => {
      const told = JSON.parse(event.data);
      changed(new Set(told.phones), told.all);
    });
    source.addEventListener("error", () => {
      stands?.(false);
      // The browser comes back by itself unless the server said no; then the login may be over.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 15000);
    });
  };
  open();
  // A page that nobody looks at needs no news; on return it asks for everything.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { source.close(); stands?.(false); } else open();
  });
  addEventListener("pagehide", () => source.close());
}
