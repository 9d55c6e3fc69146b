"use strict";

// A table wider than the page is set smaller. Where that is not enough, say that it goes on, and keep
// its first column in sight.
const HINT = "Scroll the table sideways to see all of its columns →";

function check(table) {
  if (table.clientWidth === 0) return; // in a closed part of the page
  const over = () => table.scrollWidth > table.clientWidth + 1;
  table.classList.remove("tight");
  table.classList.toggle("tight", over());
  const wider = over();
  if (wider === table.classList.contains("wider")) return;
  table.classList.toggle("wider", wider);
  if (!wider) {
    table.previousElementSibling?.remove();
    table.removeAttribute("tabindex");
    return;
  }
  const hint = document.createElement("p");
  hint.className = "table-hint";
  hint.textContent = HINT;
  table.before(hint);
  table.tabIndex = 0; // arrow keys scroll it
}

// Below each table a link to its content, which the table carries (hydrotl/book/pages/show.py).
function offer(table, number) {
  const link = document.createElement("a");
  const page = location.pathname.split("/").pop().replace(/\.html$/, "") || "index";
  link.href = `data:text/csv;charset=utf-8,${encodeURIComponent(table.dataset.csv)}`;
  link.download = `${page}-table-${number + 1}.csv`;
  link.textContent = "Table as CSV";
  const line = document.createElement("p");
  line.className = "table-csv";
  line.append(link);
  table.after(line);
}

document.addEventListener("DOMContentLoaded", () => {
  const watch = new ResizeObserver((entries) => entries.forEach((entry) => check(entry.target)));
  document.querySelectorAll(".bd-article table").forEach((table) => watch.observe(table));
  document.querySelectorAll(".bd-article table[data-csv]").forEach(offer);
});
