// SPDX-License-Identifier: Apache-2.0
// Opens the reports of make_reports in Chromium: table, languages, charts, and not one request.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const urlOf = (name) => pathToFileURL(join(process.env.BTRACK_REPORTS, `${name}.html`)).href;
let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.BTRACK_CHROMIUM, args: FLAGS });
});
after(() => browser?.close());

/** The page, with everything it asked for and complained about. */
async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const requests = [];
  const complaints = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(urlOf(name));
  await page.waitForSelector("#comparison tbody tr");
  return { page, requests, complaints, close: () => context.close() };
}

const drawn = (page, chart) => page.locator(`#${chart} svg path`).count();
const energies = (page) => page.locator("#comparison tbody tr td:nth-child(3) .value").allTextContents();

test("the table holds every model with interval and grade", async () => {
  const { page, requests, complaints, close } = await open("estimated");
  assert.equal(await page.locator("#comparison tbody tr").count(), 7);
  const chosen = page.locator("tr[data-label=mlp_512_256]");
  assert.match(await chosen.innerText(), /88\.90 %[\s\S]*0\.928 J[\s\S]*0\.557 – 1\.58 J[\s\S]*E estimate[\s\S]*recommended/);
  assert.equal(await page.locator("#comparison tbody .chip-estimate").count(), 14);
  assert.deepEqual(complaints, []);
  assert.deepEqual(requests.filter((url) => !url.startsWith("file:") && !url.startsWith("data:")), []);
  assert.equal(requests.filter((url) => url.startsWith("file:")).length, 1);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  await close();
});

test("a server has its percentiles, and charts over the rates that were tried", async () => {
  const { page, complaints, close } = await open("server");
  const line = await page.locator("#latency tbody tr").innerText();
  assert.match(line, /server[\s\S]*2,000[\s\S]*39\.\d ms[\s\S]* – /);
  const charts = await page.locator("#latency .chart").evaluateAll((all) => all.map((chart) => chart.id));
  assert.equal(charts.length, 2);
  for (const chart of charts) assert.ok((await drawn(page, chart)) > 10, chart);
  await page.click("[data-language=ja]");
  assert.match(await page.locator("#latency").innerText(), /サーバー[\s\S]*MLPerf の結果ではありません/);
  assert.deepEqual(complaints, []);
  await close();
});

test("tiny variants, units and AI Benchmark's refusal are said in both languages", async () => {
  const { page, complaints, close } = await open("tiny");
  const banners = async () => (await page.locator(".banner").allTextContents()).join(" ");
  assert.match(await banners(), /ベンチマーク値ではありません[\s\S]*単位が異なります/);
  assert.match(await page.locator("#score").innerText(), /スコアは出せません[\s\S]*未実行/);
  assert.match(await page.locator("tr[data-label=softmax] th").innerText(), /tokens/);
  await page.click("[data-language=en]");
  assert.match(await banners(), /not benchmark figures[\s\S]*Compare rows of the same item only/);
  assert.match(await page.locator("#score").innerText(), /No AI Benchmark score: 42 of the 42/);
  assert.deepEqual(complaints, []);
  await close();
});

test("a heading sorts, again turns the order", async () => {
  const { page, close } = await open("estimated");
  assert.equal((await energies(page))[0], "0.0239 J");
  const heading = page.locator("th[data-column=energy]");
  await heading.locator("button").click();
  assert.equal(await heading.getAttribute("aria-sort"), "descending");
  assert.equal((await energies(page))[0], "121 J");
  await close();
});

test("the charts are drawn, and again after a change of language and of run", async () => {
  const { page, complaints, close } = await open("estimated");
  for (const chart of ["scatter-chart", "training-chart", "power-chart"]) {
    await page.waitForSelector(`#${chart} svg path`, { state: "attached" });
    assert.ok((await drawn(page, chart)) > 5, chart);
  }
  const names = await page.locator("#scatter-chart svg text").allTextContents();
  for (const name of ["softmax", "mlp_512_256", "cnn_m"]) assert.ok(names.includes(name), name);
  await page.click("[data-language=ja]");
  assert.equal(await page.locator("html").getAttribute("lang"), "ja");
  await page.waitForSelector("#scatter-chart svg path", { state: "attached" });
  const japanese = (await page.locator("#scatter-chart svg text").allTextContents()).join(" ");
  assert.match(japanese, /推論 1,000\s件の消費エネルギー/);
  assert.match(await page.locator("#verdict").innerText(), /結論[\s\S]*条件付[\s\S]*処理1件あたり消費エネルギー/);
  assert.match(await page.locator("#comparison").innerText(), /E 推定値/);
  await page.selectOption("#power-run", { index: 0 });
  await page.waitForSelector("#power-chart svg path", { state: "attached" });
  assert.match(await page.locator("#power-chart").getAttribute("aria-label"), /softmax/);
  assert.deepEqual(complaints, []);
  await close();
});

test("names in the scatter do not cover each other, wide or narrow", async () => {
  for (const width of [1200, 390]) {
    const { page, close } = await open("estimated", { viewport: { width, height: 900 } });
    await page.waitForSelector("#scatter-chart svg path", { state: "attached" });
    const boxes = await page.locator("#scatter-chart svg text").evaluateAll((texts) =>
      texts.filter((t) => /^[a-z]+[a-z_0-9]*$/.test(t.textContent)).map((t) => ({ name: t.textContent, ...t.getBoundingClientRect().toJSON() })));
    assert.equal(boxes.length, 7);
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
      assert.ok(a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 4 || b.bottom <= a.top + 4, `${a.name} over ${b.name} at ${width}`);
    }));
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `the page is wider than ${width}`);
    await close();
  }
});

test("Japanese first where the report was made in Japanese; measured energies carry no estimate", async () => {
  const { page, close } = await open("measured");
  assert.equal(await page.locator("html").getAttribute("lang"), "ja");
  assert.equal(await page.locator(".chip-estimate").count(), 0);
  assert.match(await page.locator("#unknowns").innerText(), /分かっていないこと[\s\S]*ファン/);
  await close();
});

test("without energy the page says so and shows no empty chart", async () => {
  const { page, complaints, close } = await open("none");
  assert.match(await page.locator(".banner").innerText(), /neither measured nor estimated/);
  assert.equal(await page.locator(".chart").count(), 0);
  assert.match(await page.locator("#unknowns").innerText(), /No energy was measured or estimated/);
  assert.equal(await page.locator("#comparison tbody tr").count(), 7);
  assert.deepEqual(complaints, []);
  await close();
});

test("without scripts the verdict and the table still stand", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(urlOf("estimated"));
  const text = await page.locator("body").innerText();
  assert.match(text, /mlp_512_256 uses the least energy/);
  assert.match(text, /E \(estimate\)/);
  await context.close();
});
