// What all pages share. Everything here is a comfort: forms and links work without it.
"use strict";

// Ask before what cannot be undone.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.ask;
  if (question && !window.confirm(question)) event.preventDefault();
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
for (const all of document.querySelectorAll("[data-all]")) {
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll(`input[name="${all.dataset.all}"]`)) box.checked = all.checked;
  });
}
