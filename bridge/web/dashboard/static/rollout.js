// A roll-out under way: its card is drawn anew every two seconds.
"use strict";
{
  const again = async () => {
    if (!document.hidden) {
      const answer = await fetch("/firmware").catch(() => null); // the server is away: ask again
      if (answer?.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("rollout"), old = document.getElementById("rollout");
        if (fresh && old && !old.contains(document.activeElement)) old.replaceWith(fresh);
        if (!page.querySelector("[data-rollout] form")) return;
      }
    }
    setTimeout(again, 2000);
  };
  setTimeout(again, 2000);
}
