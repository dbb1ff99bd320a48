#!/usr/bin/env node
// preview ANSWERS TOOLS FOLDER: draws each dashboard from the answers that `evaluate --json` wrote: FOLDER/NAME.png, for eyes. Needs chromium.
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [answers, tools, folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: preview ANSWERS TOOLS FOLDER");
  process.exit(2);
}
const require = createRequire(resolve(tools, "node_modules") + "/");
const { chromium } = require("playwright-core");
const uplot = resolve(tools, "node_modules/uplot/dist");

// In the page: one panel after the other, laid out by gridPos, drawn by its kind.
function draw(board) {
  const units = {
    s: (v) => (v >= 1 ? v.toFixed(2) + " s" : v >= 1e-3 ? (v * 1e3).toFixed(1) + " ms" : (v * 1e6).toFixed(0) + " us"),
    percentunit: (v) => (v * 100).toFixed(1) + " %",
  };
  const text = (unit, v) => (v === null || !isFinite(v) ? "-" : (units[unit] ?? ((x) => String(+x.toFixed(2)))) (v));
  const legend = (format, labels) => format.replace(/\{\{(\w+)\}\}/g, (_, name) => labels[name] ?? "");
  const colours = ["#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0", "#508642", "#cca300"];
  const cell = { w: 60, h: 34 };
  let painted = 0;
  const seriesOf = (entry) => entry.answers.flatMap((a) => (a.answer.result ?? []).map((r) => ({ name: legend(a.legend, r.metric) || "value", labels: r.metric,
    points: r.values ?? [r.value] })));
  const timesOf = (series) => [...new Set(series.flatMap((s) => s.points.map((p) => p[0])))].sort((a, b) => a - b);
  const kinds = {
    timeseries(box, entry, size) {
      const series = seriesOf(entry), times = timesOf(series), unit = entry.panel.fieldConfig.defaults.unit;
      const stacked = entry.panel.fieldConfig.defaults.custom.stacking.mode === "normal";
      const rows = series.map((s) => { const at = new Map(s.points.map((p) => [p[0], isFinite(p[1]) ? parseFloat(p[1]) : null])); return times.map((t) => at.get(t) ?? null); });
      if (stacked) for (let i = 1; i < rows.length; i++) rows[i] = rows[i].map((v, k) => (v ?? 0) + (rows[i - 1][k] ?? 0));
      const limits = entry.panel.fieldConfig.defaults.thresholds.steps.filter((s) => s.value !== null && entry.panel.fieldConfig.defaults.custom.thresholdsStyle.mode === "line");
      const paint = (u) => { for (const l of limits) { const y = u.valToPos(l.value, "y", true); if (y < u.bbox.top) continue; u.ctx.strokeStyle = l.color; u.ctx.setLineDash([6, 4]); u.ctx.beginPath();
        u.ctx.moveTo(u.bbox.left, y); u.ctx.lineTo(u.bbox.left + u.bbox.width, y); u.ctx.stroke(); u.ctx.setLineDash([]); } };
      new uPlot({ width: size.w, height: size.h - 46, legend: { show: false }, hooks: { draw: [paint] }, cursor: { show: false },
        axes: [{ stroke: "#999", grid: { stroke: "#333" } }, { stroke: "#999", grid: { stroke: "#333" }, size: 84, values: (_, vs) => vs.map((v) => text(unit, v)) }],
        series: [{}, ...rows.map((_, i) => ({ stroke: colours[i % colours.length], width: 1.5, fill: stacked ? colours[i % colours.length] + "44" : undefined, points: { show: false } }))] },
        [times, ...rows], box);
      const names = document.createElement("div"); names.className = "names";
      names.innerHTML = series.slice(0, 8).map((s, i) => `<span style="color:${colours[i % colours.length]}">${s.name}</span>`).join(" ") + (series.length > 8 ? ` +${series.length - 8}` : "");
      box.append(names);
    },
    stat(box, entry) {
      const points = seriesOf(entry)[0]?.points ?? [];
      box.innerHTML += `<div class="stat">${text(entry.panel.fieldConfig.defaults.unit, points.length ? parseFloat(points.at(-1)[1]) : null)}</div>`;
    },
    heatmap(box, entry, size) {
      const series = seriesOf(entry).filter((s) => s.labels.le !== "+Inf").sort((a, b) => a.labels.le - b.labels.le), times = timesOf(series);
      const canvas = document.createElement("canvas"); canvas.width = size.w; canvas.height = size.h - 40; box.append(canvas);
      const c = canvas.getContext("2d"), left = 60, h = (canvas.height - 10) / series.length, w = (size.w - left) / times.length;
      const counts = series.map((s, i) => { const below = new Map(series[i - 1]?.points.map((p) => [p[0], +p[1]]) ?? []); return new Map(s.points.map((p) => [p[0], p[1] - (below.get(p[0]) ?? 0)])); });
      const most = Math.max(1e-9, ...counts.flatMap((m) => [...m.values()]));
      counts.forEach((m, i) => { times.forEach((t, k) => { const v = m.get(t) ?? 0; if (v > 0) { c.fillStyle = `rgba(255,140,40,${Math.sqrt(v / most)})`; c.fillRect(left + k * w, canvas.height - (i + 1) * h, w + 0.5, h - 0.5); } });
        if (i % 5 === 0) { c.fillStyle = "#999"; c.fillText(text("s", +series[i].labels.le), 2, canvas.height - i * h); } });
    },
    "state-timeline"(box, entry, size) {
      const rows = seriesOf(entry);
      box.innerHTML += rows.map((s) => `<div class="state"><span>${s.name}</span><b class="${+s.points.at(-1)[1] ? "on" : "off"}">${+s.points.at(-1)[1] ? "attached" : "refused"}</b></div>`).join("");
    },
    table(box, entry) {
      const rows = seriesOf(entry).slice(0, 9);
      box.innerHTML += "<table>" + rows.map((s) => `<tr>${Object.entries(s.labels).filter(([k]) => !k.startsWith("__")).map(([, v]) => `<td>${v}</td>`).join("")}<td>${text(entry.panel.fieldConfig.defaults.unit, +s.points.at(-1)[1])}</td></tr>`).join("") + "</table>";
    },
  };
  let bottom = 0;
  for (const entry of board.panels) {
    const g = entry.panel.gridPos, box = document.createElement("div"), size = { w: g.w * cell.w - 16, h: g.h * cell.h - 8 };
    box.className = "panel";
    box.style = `left:${g.x * cell.w}px;top:${40 + g.y * cell.h}px;width:${size.w}px;height:${size.h}px`;
    box.innerHTML = `<h2>${entry.panel.title}</h2>`;
    document.body.append(box);
    kinds[entry.panel.type](box, entry, size);
    painted++;
    bottom = Math.max(bottom, 40 + (g.y + g.h) * cell.h);
  }
  document.body.style.height = bottom + "px";
  return painted;
}

const style = `body{background:#111217;color:#ccc;font:12px "DejaVu Sans",sans-serif;margin:0;position:relative}h1{font-size:16px;margin:8px 12px}
.panel{position:absolute;background:#181b1f;border:1px solid #2c3035;margin:3px;overflow:hidden;padding:2px 4px}h2{font-size:12px;margin:2px 0 4px;font-weight:600}
.stat{font-size:30px;text-align:center;margin-top:22px;color:#73bf69}.names span{margin-right:10px}.names{font-size:10px}table{width:100%;border-collapse:collapse;font-size:11px}
td{border-bottom:1px solid #2c3035;padding:3px}.state{display:flex;justify-content:space-between;padding:2px 8px;width:45%;float:left}.on{color:#73bf69}.off{color:#888}`;

mkdirSync(folder, { recursive: true });
const boards = JSON.parse(readFileSync(answers, "utf8"));
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
let failed = false;
for (const [name, board] of Object.entries(boards)) {
  const page = await browser.newPage({ viewport: { width: 1456, height: 900 } });
  page.on("pageerror", (error) => { console.log(`${name}: ${error.message}`); failed = true; });
  await page.setContent(`<style>${style}${readFileSync(uplot + "/uPlot.min.css", "utf8")}</style><h1>${board.title}</h1>`);
  await page.addScriptTag({ path: uplot + "/uPlot.iife.min.js" });
  const painted = await page.evaluate(draw, board);
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  if (painted !== board.panels.length) failed = true;
  console.log(`preview: ${name}.png, ${painted} panels`);
  await page.close();
}
await browser.close();
process.exit(failed ? 1 : 0);
