"""How the page looks: light and dark by the reader's own setting, and on a phone without scrolling sideways."""

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#5b6570;--line:#d9dee3;--card:#f6f8fa;
--canary:#b45309;--baseline:#0b62a8;--bound:#b42318;--area:#f59e0b33;--good:#116329;--bad:#b42318;--other:#5b6570}
@media(prefers-color-scheme:dark){:root{--paper:#14171b;--ink:#e6e9ec;--soft:#9aa5b1;--line:#333a42;--card:#1c2126;
--canary:#f5a142;--baseline:#6cb6ff;--bound:#ff7b72;--area:#f5a14233;--good:#56d364;--bad:#ff7b72;--other:#9aa5b1}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.25rem 1rem 3rem;max-width:72rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
.verdict{border-left:.3rem solid var(--other);background:var(--card);padding:.6rem .9rem;margin:0 0 1rem}
.Promoted .verdict{border-color:var(--good)}
.RolledBack .verdict,.Aborted .verdict{border-color:var(--bad)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}
dt{color:var(--soft)}
dd{margin:0;min-width:0}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem;margin:1rem 0}
figure{margin:0;min-width:0;border:1px solid var(--line);border-radius:.4rem;padding:.6rem}
figcaption{font-weight:600;font-size:.9rem}
figcaption ul{list-style:none;display:flex;flex-wrap:wrap;gap:0 1rem;margin:.15rem 0;padding:0;font-weight:400;
font-size:.8rem;color:var(--soft)}
figcaption li::before{content:"";display:inline-block;width:1.3em;height:0;border-top:.18em solid;
margin-right:.4em;vertical-align:.25em}
li.canary::before{color:var(--canary)}
li.baseline::before{color:var(--baseline)}
li.bound::before{color:var(--bound);border-top-style:dashed}
li.area::before{height:.7em;border:0;background:var(--area);vertical-align:-.05em}
li.q0::before{border-top-style:dotted}
li.q1::before{border-top-style:dashed}
svg{display:block;width:100%;height:auto}
svg path{fill:none;stroke-width:2;stroke-linecap:round;stroke-linejoin:round;vector-effect:non-scaling-stroke}
svg text{font-size:13px;fill:var(--soft)}
text.up{text-anchor:end;dominant-baseline:middle}
text.along{text-anchor:middle}
path.grid{stroke:var(--line);stroke-width:1}
path.axis{stroke:var(--soft);stroke-width:1}
path.change{stroke:var(--soft);stroke-width:1;stroke-dasharray:1 4}
path.canary{stroke:var(--canary)}
path.baseline{stroke:var(--baseline)}
path.bound{stroke:var(--bound);stroke-dasharray:6 5;stroke-width:1.5}
path.q0{stroke-dasharray:1 4}
path.q1{stroke-dasharray:6 4}
path.area{fill:var(--area);stroke:none}
.tips path{fill:transparent;stroke:none}
.tips path:hover{fill:var(--soft);fill-opacity:.2}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.25rem .9rem .25rem 0;border-bottom:1px solid var(--line)}
.wide th,.wide td{white-space:nowrap;overflow-wrap:normal}
th{font-weight:600;color:var(--soft)}
ol{list-style:none;margin:0;padding:0}
ol li{padding:.35rem 0;border-bottom:1px solid var(--line)}
time{color:var(--soft);font-variant-numeric:tabular-nums;margin-right:.5rem}
code,pre{font:.85em ui-monospace,monospace}
pre{white-space:pre-wrap;background:var(--card);padding:.6rem;border-radius:.4rem;margin:.5rem 0}
summary{cursor:pointer;margin:.5rem 0;color:var(--soft)}
@media(max-width:34rem){svg text{font-size:16px}dl{grid-template-columns:1fr}dt{margin-top:.4rem}}
@media print{details>*{display:block}}
""".strip()
