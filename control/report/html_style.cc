#include "control/report/html_style.h"

namespace vfleet::control::report {

const char* const kStyle = R"css(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#5b6877;--rule:#e3e7ec;--good:#12805c;
--bad:#c62f3b;--warn:#9a6200;--goodbg:#e3f4ed;--badbg:#fbe6e7;--warnbg:#fdf1dc;--c0:#2563c9;--c1:#d9730d;--c2:#12805c;
--c3:#b0389a;--c4:#7a6a00;--c5:#0e8fa8;--c6:#c62f3b;--c7:#6b5bd2;--mark:#8a94a1;--gap:#8a94a130}
@media(prefers-color-scheme:dark){:root{--bg:#11161d;--card:#1a212b;--ink:#e6ebf1;--soft:#97a4b3;--rule:#2b3541;
--good:#4cc79a;--bad:#f2777f;--warn:#e0a94a;--goodbg:#163528;--badbg:#401e22;--warnbg:#3b2d12;--c0:#6aa5ff;--c1:#f5a04d;
--c2:#4cc79a;--c3:#e07fd0;--c4:#d3c04b;--c5:#4cc4dd;--c6:#f2777f;--c7:#a597ff;--mark:#77828f;--gap:#77828f38}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1060px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:26px;margin:0 0 2px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:18px;margin:34px 0 10px}
h3{font-size:15px;margin:0}
.sub{color:var(--soft);margin:0 0 18px}
.badges{display:flex;flex-wrap:wrap;gap:8px;margin:14px 0}
.badge{border-radius:999px;padding:3px 12px;font-weight:600;font-size:14px}
.badge.good{color:var(--good);background:var(--goodbg)}
.badge.bad{color:var(--bad);background:var(--badbg)}
.badge.warn{color:var(--warn);background:var(--warnbg)}
.why{background:var(--badbg);color:var(--bad);border-radius:8px;padding:10px 14px;margin:10px 0}
.why ul{margin:4px 0 0;padding-left:20px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:10px;margin:16px 0}
.tile,.card,.chart{background:var(--card);border:1px solid var(--rule);border-radius:10px}
.tile{padding:10px 14px}
.tile span{color:var(--soft);font-size:13px;display:block}
.tile b{font-size:21px;font-weight:650;letter-spacing:-.01em;white-space:nowrap}
.tile small{color:var(--soft);font-size:12px;display:block}
.tile.bad b{color:var(--bad)}
.card{padding:4px 14px;overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:7px 10px 7px 0;border-bottom:1px solid var(--rule);white-space:nowrap}
th{color:var(--soft);font-weight:600;font-size:13px}
tr:last-child td{border-bottom:0}
th:first-child,td:first-child,td.text,th.text{text-align:left}
td.long{white-space:normal;overflow-wrap:anywhere}
.good{color:var(--good)}.bad{color:var(--bad)}.soft{color:var(--soft)}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.chart{margin:0 0 14px;padding:12px 14px 6px}
.chart p{margin:0;color:var(--soft);font-size:13px}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;margin:4px 0 2px;color:var(--soft);min-height:20px}
.legend b{color:var(--ink);font-weight:600;margin-left:6px;font-variant-numeric:tabular-nums}
.legend .when{margin-left:auto}
.key i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:6px;vertical-align:-1px}
.plot{overflow-x:auto}
svg{display:block;width:100%;min-width:820px;height:auto}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
.grid{stroke:var(--rule);stroke-width:1}
.line{fill:none;stroke-linejoin:round;stroke-linecap:round}
.limit{stroke:var(--bad);stroke-dasharray:5 4}
svg text.limit{fill:var(--bad);stroke:none}
.gap{fill:var(--gap)}
.mark line{stroke:var(--mark);stroke-dasharray:2 3}
.mark text{font-size:10px}
.mark.many line{stroke-opacity:.4;stroke-dasharray:1 4}
.mark:hover line{stroke:var(--ink);stroke-width:2}
.cross{stroke:var(--soft);stroke-width:1;pointer-events:none}
.c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}
.c4{stroke:var(--c4)}.c5{stroke:var(--c5)}.c6{stroke:var(--c6)}.c7{stroke:var(--c7)}
.k0{background:var(--c0)}.k1{background:var(--c1)}.k2{background:var(--c2)}.k3{background:var(--c3)}
.k4{background:var(--c4)}.k5{background:var(--c5)}.k6{background:var(--c6)}.k7{background:var(--c7)}
footer{color:var(--soft);font-size:13px;margin-top:30px}
@media print{svg{min-width:0}body{background:#fff}.chart,.card,.tile{break-inside:avoid}}
)css";

const char* const kScript = R"js(
document.querySelectorAll("figure.chart").forEach(function(figure){
  var data=JSON.parse(figure.querySelector("script").textContent),svg=figure.querySelector("svg");
  var cross=svg.querySelector(".cross"),when=figure.querySelector(".when"),set=figure.dataset;
  var left=+set.left,right=+set.right,width=+set.width,begin=+set.begin,end=+set.end;
  var shown=figure.querySelectorAll("b[data-line]");
  svg.addEventListener("mousemove",function(event){
    var box=svg.getBoundingClientRect(),x=(event.clientX-box.left)/box.width*width;
    var at=begin+(x-left)/(right-left)*(end-begin),low=0,high=data.t.length-1;
    while(low<high){var mid=(low+high)>>1;if(data.t[mid]<at)low=mid+1;else high=mid;}
    if(low>0&&at-data.t[low-1]<data.t[low]-at)low--;
    var px=left+(data.t[low]-begin)/(end-begin)*(right-left);
    cross.setAttribute("x1",px);cross.setAttribute("x2",px);
    when.textContent=data.t[low].toFixed(0)+" s";
    shown.forEach(function(each){each.textContent=data.v[+each.dataset.line][low]||"-";});
  });
  svg.addEventListener("mouseleave",function(){
    cross.setAttribute("x1",-9);cross.setAttribute("x2",-9);when.textContent="";
    shown.forEach(function(each){each.textContent="";});
  });
});
)js";

}  // namespace vfleet::control::report
