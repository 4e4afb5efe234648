// The window's page: when phones come in or are turned away, its parts are drawn anew, except where somebody is at work.
"use strict";
{
  const PARTS = ["h-range", "h-waiting", "h-refused", "h-steps"];
  let timer = 0;
  const part = (page, heading) => page.querySelector(`section[aria-labelledby="${heading}"]`);

  async function again() {
    timer = 0;
    if (document.hidden) return;
    const answer = await fetch("/window").catch(() => null); // the server is away: the stream says when it is back
    if (!answer?.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const heading of PARTS) {
      const old = part(document, heading), fresh = part(page, heading);
      if (!old || !fresh || old.contains(document.activeElement) || old.innerHTML === fresh.innerHTML) continue;
      // What was ticked stays ticked.
      for (const box of old.querySelectorAll("input[type=checkbox]:checked"))
        for (const again of fresh.querySelectorAll("input[type=checkbox]"))
          if (again.name === box.name && again.value === box.value && !box.dataset.all) again.checked = true;
      for (const told of old.querySelectorAll("[data-chosen]"))
        fresh.querySelector(`[data-chosen="${told.dataset.chosen}"]`)?.replaceWith(told);
      old.replaceWith(fresh);
    }
    // Somebody else opened or closed it: all of the page is another one.
    const was = document.querySelector("[data-window]").classList.contains("open");
    if (page.querySelector("[data-window]").classList.contains("open") !== was) location.reload();
  }

  let first = true; // the page has just come
  live((names, everything) => {
    if ((names.size || (everything && !first)) && !timer) timer = setTimeout(again, 2000);
    first = false;
  });
}
