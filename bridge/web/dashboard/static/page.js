// What all pages share. Everything here is a comfort: forms and links work without it.
"use strict";

// Ask before what cannot be undone.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
});

// Ask only if a box is ticked.
document.addEventListener("submit", (event) => {
  const { askIf, question } = event.target.dataset;
  if (askIf && event.target.elements[askIf]?.checked && !window.confirm(question)) event.preventDefault();
});

// What takes long says so, and is not sent twice.
document.addEventListener("submit", (event) => {
  const busy = event.target.dataset.busy;
  if (!busy || event.defaultPrevented) return;
  const button = event.submitter ?? event.target.querySelector("button");
  // After the form was gathered: a button that is disabled before is not part of it.
  setTimeout(() => { button.disabled = true; button.textContent = busy; });
});

// The switch of colours shows what it would change to; without a choice the system decides.
{
  const root = document.documentElement;
  const field = document.querySelector("[data-theme-next]");
  const button = document.querySelector("[data-theme-switch]");
  if (field && button && !root.dataset.theme && window.matchMedia("(prefers-color-scheme: dark)").matches) {
    field.value = "light";
    button.lastChild.textContent = " Light colours";
  }
}

// Time left: counts down by itself.
{
  const left = [...document.querySelectorAll("[data-seconds-left]")];
  if (left.length) {
    const ends = left.map((each) => performance.now() + Number(each.dataset.secondsLeft) * 1000);
    const told = (seconds) => {
      const s = Math.max(0, Math.round(seconds));
      const h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60);
      return h ? `${h} h ${m} min` : m ? `${m} min ${s % 60} s` : `${s} s`;
    };
    const tick = () => {
      const now = performance.now();
      left.forEach((each, at) => { each.textContent = told((ends[at] - now) / 1000); });
      // What follows the end is the server's to say.
      if (ends.some((end) => end <= now)) { setTimeout(() => location.reload(), 1500); return; }
      setTimeout(tick, 1000);
    };
    tick();
  }
}

// Tick all boxes of a table at once.
// Parts of a page may be drawn anew: the listener is the document's.
document.addEventListener("change", (event) => {
  const all = event.target.dataset?.all;
  if (all) for (const box of document.querySelectorAll(`input[name="${all}"]`)) box.checked = event.target.checked;
  const name = all ?? event.target.name;
  for (const told of document.querySelectorAll(`[data-chosen="${CSS.escape(name)}"]`)) {
    const count = document.querySelectorAll(`input[name="${CSS.escape(name)}"]:checked`).length;
    told.textContent = count ? `${count} chosen` : "";
  }
});
