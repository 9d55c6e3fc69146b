"""Look of a report: readable on a telephone, in the dark and on paper, without a font to fetch."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1c; --page: #ffffff; --soft: #f2f4f6;
  --line: #b9c0c7; --link: #00527f; --mark: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8e8; --page: #16191c; --soft: #22272b; --line: #4a525a; --link: #7cc4f0;
    --mark: #56b4e9; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; color: var(--ink); background: var(--page);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin-top: 2rem; border-bottom: 1px solid var(--line); }
a { color: var(--link); }
.verdict { font-size: 1.1rem; border-left: 0.4rem solid var(--mark); background: var(--soft);
  padding: 0.8rem 1rem; }
.wide { overflow-x: auto; }
.wide:focus-visible { outline: 2px solid var(--mark); }
table { border-collapse: collapse; font-size: 0.9rem; overflow-wrap: normal; }
caption { text-align: left; padding: 0.3rem 0; }
th, td { padding: 0.25rem 0.6rem; border-bottom: 1px solid var(--line); text-align: left; }
td, tbody th { white-space: nowrap; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
thead th { vertical-align: bottom; background: var(--soft); }
.map { width: 100%; height: auto; background: var(--soft); }
.map path { fill: none; stroke: var(--line); stroke-width: 1; }
.map circle { fill: var(--mark); stroke: var(--page); stroke-width: 1.5; }
.map text { fill: var(--ink); font-size: 14px; }
.figure { background: #ffffff; color: #1c1c1c; padding: 0.5rem; color-scheme: light; }
@media print { .figure { break-inside: avoid; } }
"""
