/** The look of the page: quiet, light and dark by the reader's setting, readable without colour by its numbers. */
export const SCORECARD_STYLE = `
:root {
  --page: #f7f7f5; --card: #fff; --ink: #1f2328; --soft: #59636e; --line: #e1e4e8;
  --weights: #31548f; --on-weights: #fff; --runtime: #8a94a6; --activations: #d9a441; --on-activations: #2b2000;
  --kv: #2b7a6d; --on-kv: #fff; --unused: #e6e8eb; --on-unused: #59636e; --cost: #31548f; --idle: #b9c0ca; --alert: #b3402a;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1c2026; --ink: #e4e7eb; --soft: #98a2ae; --line: #2d333b;
    --weights: #6f95d6; --on-weights: #0d1420; --runtime: #707b8c; --activations: #d3a24a; --on-activations: #201700;
    --kv: #5bb8a8; --on-kv: #06201c; --unused: #2b3038; --on-unused: #98a2ae; --cost: #6f95d6; --idle: #4a5360; --alert: #f08a72;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.5rem; margin: 0 0 1rem; }
h2 { font-size: 1.05rem; margin: 2.25rem 0 .75rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0; }
small, .note { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 0; }
.tiles > div, article { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; font-size: 1.35rem; font-weight: 600; }
dd small { display: block; min-height: 1.2rem; font-size: .8rem; font-weight: 400; }
.costs { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr max-content; gap: .4rem 1rem; align-items: center; }
.costs > div { display: contents; }
.costs + .note { margin-top: .6rem; font-size: .88rem; }
.costs b { text-align: right; font-weight: 600; }
.track { height: .9rem; }
.track i { display: block; height: 100%; min-width: 2px; border-radius: 2px; background: var(--cost); }
.track i.idle { background: var(--idle); }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; color: var(--soft); font-size: .85rem; margin-bottom: .75rem; }
.legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin-right: .4rem; vertical-align: -1px; }
article { margin-bottom: .75rem; }
article header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .9rem; }
article header p { color: var(--soft); font-size: .88rem; }
article header p.figures { margin-left: auto; color: var(--ink); }
.run { margin-top: .8rem; font-size: .88rem; color: var(--soft); }
.run b { color: var(--ink); margin-right: .3rem; }
.memory { display: grid; grid-template-columns: 12rem 1fr 13rem; gap: 0 1rem; align-items: center; font-size: .85rem; margin-top: .3rem; }
.memory p:last-child { color: var(--soft); }
.memory em { font-style: normal; font-weight: 600; color: var(--alert); }
.bar { display: flex; height: 1.5rem; border-radius: 3px; overflow: hidden; }
.bar i { flex: none; font-style: normal; font-size: .75rem; line-height: 1.5rem; text-align: center; overflow: hidden; box-shadow: inset -1px 0 var(--card); }
.bar i:last-child { box-shadow: none; }
.weights { background: var(--weights); color: var(--on-weights); }
.runtime { background: var(--runtime); color: var(--on-weights); }
.activations { background: var(--activations); color: var(--on-activations); }
.kvCache { background: var(--kv); color: var(--on-kv); }
.unused { background: var(--unused); color: var(--on-unused); }
.steps { display: flex; flex-wrap: wrap; gap: .4rem; list-style: none; margin: .9rem 0 .2rem; padding: 0; font-size: .82rem; }
.steps li { border: 1px solid var(--line); border-radius: 1rem; padding: .1rem .7rem; color: var(--soft); }
.steps li small { margin-left: .4rem; }
.steps li.now { border-color: var(--weights); color: var(--ink); font-weight: 600; }
.steps li.now small { font-weight: 400; }
details { margin: .5rem 0 .2rem; font-size: .88rem; }
summary { color: var(--soft); cursor: pointer; margin-bottom: .4rem; }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); font-size: .88rem; }
th, td { text-align: left; padding: .4rem .75rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--soft); font-weight: 500; border-top: 0; }
th.n, td.n { text-align: right; white-space: nowrap; }
.findings { margin: 0; padding-left: 1.1rem; font-size: .88rem; }
.findings li { margin-bottom: .6rem; overflow-wrap: anywhere; }
.findings b { font-weight: 600; margin-left: .3rem; }
code { font-size: .85rem; }
@media (max-width: 44rem) { .memory { grid-template-columns: 1fr; gap: .15rem; } article header p.figures { margin-left: 0; } }
@media print { body { background: #fff; } .bar i, .track i, .legend i { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
`;
