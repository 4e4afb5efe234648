// The window's page: when phones came in or were turned away, it is loaded anew, unless somebody is typing.
"use strict";
{
  let timer = 0;
  live((names) => {
    if (timer || !names.size) return;
    timer = setTimeout(() => {
      timer = 0;
      const busy = document.activeElement?.closest?.("form") || document.querySelector("details[open]:not([data-menu])");
      if (!busy && !document.hidden) location.reload();
    }, 5000);
  });
}
