// The live list: asks for the rows of this page that changed, all together, and puts them in place in one frame.
"use strict";
{
  const body = document.querySelector("table.phones tbody");
  const status = document.querySelector("[data-live]");
  const about = status ? status.textContent : "";
  const dirty = new Set();
  let asking = false, timer = 0;
  const EVERY = 1000;

  const here = (name) => document.getElementById("row-" + name);
  const later = () => { if (!timer) timer = setTimeout(ask, EVERY); };

  async function ask() {
    timer = 0;
    let behind = false; // the counts are of before the last news
    if (asking || document.hidden) return;
    asking = true;
    const names = [...dirty].slice(0, 200);
    names.forEach((name) => dirty.delete(name));
    try {
      const answer = await fetch("/phones/rows?names=" + encodeURIComponent(names.join(",")), { headers: { Accept: "application/json" } });
      if (answer.redirected) { location.reload(); return; }
      if (answer.ok) {
        const told = await answer.json();
        draw(told);
        behind = told.again;
      }
    } catch { names.forEach((name) => dirty.add(name)); } // the network is away: the next news brings it
    finally { asking = false; if (dirty.size || behind) later(); }
  }

  function draw(told) {
    requestAnimationFrame(() => {
      const focused = document.activeElement;
      const row = focused?.closest?.("tr[data-phone]");
      const place = row ? [...row.querySelectorAll("a, button")].indexOf(focused) : -1;
      const table = document.createElement("table");
      table.innerHTML = told.rows;
      for (const fresh of table.querySelectorAll("tr[data-phone]")) {
        const old = here(fresh.dataset.phone);
        if (!old) continue;
        // Time passes in every row: that alone is no reason to draw it anew.
        const ago = fresh.querySelector(".ago").textContent, said = old.querySelector(".ago");
        if (said.textContent !== ago) said.textContent = ago;
        if (fresh.innerHTML === old.innerHTML) continue;
        fresh.classList.add("changed");
        old.replaceWith(fresh);
      }
      if (row && place >= 0 && !row.isConnected) here(row.dataset.phone)?.querySelectorAll("a, button")[place]?.focus();
      for (const [standing, number] of Object.entries(told.counts)) {
        const tile = document.querySelector(`[data-count="${standing}"]`);
        if (tile && tile.textContent !== String(number)) tile.textContent = number;
      }
      const problems = document.querySelector("[data-problems]");
      problems?.classList.toggle("bad", told.counts.problems > 0);
      problems?.classList.toggle("off", !told.counts.problems);
      count(told.counts.all);
    });
  }

  // Rows never move under the hand of who reads them: phones that are new are announced, and shown when wanted.
  const first = Number(document.querySelector('[data-count="all"]').textContent);
  const more = document.querySelector("[data-more]");
  function count(all) {
    if (!more || all <= first) return;
    more.hidden = false;
    more.textContent = all - first === 1 ? "Show 1 new phone" : `Show ${all - first} new phones`;
  }

  const say = (connected) => { if (status) status.textContent = about + (connected ? " · live" : " · not live"); };

  live((names, everything) => {
    if (!body) { if (names.size) location.reload(); return; } // the first phone of all
    if (everything) for (const each of document.querySelectorAll("tr[data-phone]")) dirty.add(each.dataset.phone);
    for (const name of names) if (here(name)) dirty.add(name);
    later(); // for the counts, too
  }, say);
}
