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
  const scaled = (v, name) => (v >= 1e6 ? (v / 1e6).toFixed(1) + " M" : v >= 1e3 ? (v / 1e3).toFixed(1) + " k" : +v.toFixed(2) + " ") + name;
  const units = {
    s: (v) => (v >= 1 ? +v.toFixed(2) + " s" : v >= 1e-3 ? +(v * 1e3).toFixed(2) + " ms" : (v * 1e6).toFixed(0) + " µs"),
    percentunit: (v) => +(v * 100).toFixed(2) + " %",
    pps: (v) => scaled(v, "p/s"), Bps: (v) => scaled(v, "B/s"), ops: (v) => scaled(v, "ops/s"),
  };
  const text = (unit, v, decimals) => (v === null || !isFinite(v) ? "-" : decimals !== undefined ? v.toFixed(decimals) : (units[unit] ?? ((x) => String(+x.toFixed(2))))(v));
  // Grafana's names of colours, and the highest step that a value has reached.
  const named = { green: "#73bf69", orange: "#ff9830", red: "#f2495c", text: "#ccc" };
  const reached = (defaults, v) => named[defaults.thresholds.steps.filter((s) => s.value === null || v >= s.value).at(-1).color];
  // What the overrides say of a series.
  const override = (panel, name) => panel.fieldConfig.overrides.filter((o) => o.matcher.id === "byName" ? o.matcher.options === name
    : o.matcher.id === "byRegexp" && new RegExp(o.matcher.options.slice(1, -1)).test(name)).flatMap((o) => o.properties);
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
      const defaults = entry.panel.fieldConfig.defaults, fill = Math.round(defaults.custom.fillOpacity * 2.55).toString(16).padStart(2, "0");
      const property = (i, id) => override(entry.panel, series[i].name).find((p) => p.id === id)?.value;
      const colour = series.map((_, i) => named[property(i, "color")?.fixedColor] ?? colours[i % colours.length]);
      const range = (u, min, max) => uPlot.rangeNum(defaults.min ?? min, Math.max(max, defaults.custom.axisSoftMax ?? max, (defaults.min ?? min) + 1e-9), { min: { pad: 0 }, max: { pad: 0.1, soft: 0 } });
      new uPlot({ width: size.w, height: size.h - 46, legend: { show: false }, cursor: { show: false }, scales: { y: { range } },
        axes: [{ stroke: "#999", grid: { stroke: "#333" } }, { stroke: "#999", grid: { stroke: "#333" }, size: 84, values: (_, vs) => vs.map((v) => text(unit, v)) }],
        series: [{}, ...rows.map((_, i) => ({ stroke: colour[i], width: 1.5, dash: property(i, "custom.lineStyle")?.dash, points: { show: false },
          fill: (property(i, "custom.fillOpacity") ?? 1) === 0 ? undefined : colour[i] + fill }))] }, [times, ...rows], box);
      const names = document.createElement("div"); names.className = "names";
      names.innerHTML = series.slice(0, 8).map((s, i) => `<span style="color:${colour[i]}">${s.name}</span>`).join(" ") + (series.length > 8 ? ` +${series.length - 8}` : "");
      box.append(names);
    },
    stat(box, entry) {
      const points = seriesOf(entry)[0]?.points ?? [];
      const defaults = entry.panel.fieldConfig.defaults, value = points.length ? parseFloat(points.at(-1)[1]) : null;
      box.innerHTML += `<div class="stat" style="color:${reached(defaults, value)}">${text(defaults.unit, value, defaults.decimals)}</div>`;
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
      const options = entry.panel.fieldConfig.defaults.mappings[0].options, state = (s) => options[s.points.at(-1)[1]];
      box.innerHTML += seriesOf(entry).map((s) => `<div class="state"><span>${s.name}</span><b style="color:${named[state(s).color]}">${state(s).text}</b></div>`).join("");
    },
    table(box, entry) {
      const { excludeByName: without = {}, indexByName: order = {}, renameByName: renamed = {} } = entry.panel.transformations[0].options;
      const defaults = entry.panel.fieldConfig.defaults, series = seriesOf(entry).sort((a, b) => b.points.at(-1)[1] - a.points.at(-1)[1]).slice(0, 9);
      const columns = [...new Set(["Value", ...series.flatMap((s) => Object.keys(s.labels))])].filter((c) => !without[c]).sort((a, b) => (order[a] ?? 99) - (order[b] ?? 99));
      const cell = (s, c) => (c === "Value" ? `<td style="color:${reached(defaults, +s.points.at(-1)[1])}">${text(defaults.unit, +s.points.at(-1)[1])}</td>` : `<td>${s.labels[c] ?? ""}</td>`);
      box.innerHTML += `<table><tr>${columns.map((c) => `<th>${renamed[c] ?? c}</th>`).join("")}</tr>${series.map((s) => `<tr>${columns.map((c) => cell(s, c)).join("")}</tr>`).join("")}</table>`;
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
.stat{font-size:30px;text-align:center;margin-top:22px}.names span{margin-right:10px}.names{font-size:10px}table{width:100%;border-collapse:collapse;font-size:11px}
td{border-bottom:1px solid #2c3035;padding:3px}.state{display:flex;justify-content:space-between;padding:2px 8px;width:45%;float:left}th{text-align:left;color:#6e9fff}`;

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
