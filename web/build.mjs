// SPDX-License-Identifier: Apache-2.0
// Builds web/dist/report.html: template, style and script in one file; btrack puts the data in.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
// btrack fills these in; the order is the one of btrack/report/html.cpp.
const MARKS = ["@BTRACK_LANGUAGE@", "@BTRACK_TITLE@", "@BTRACK_PLAIN@", "@BTRACK_MESSAGES@", "@BTRACK_DATA@"];

async function bundled(entry) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["es2020", "chrome90", "firefox90", "safari15"],
    charset: "utf8",
    legalComments: "inline",
    logLevel: "warning",
  });
  return result.outputFiles[0].text.trim();
}

// "</script" can stand in a string of the bundle; it may not end the element.
const script = (await bundled("src/main.ts")).replace(/<\/(script)/gi, "<\\/$1");
const style = await bundled("src/page.css");
const hash = `'sha256-${createHash("sha256").update(script).digest("base64")}'`;
const policy = `default-src 'none'; script-src ${hash}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;

const parts = { "@CSP@": policy, "@STYLE@": style, "@SCRIPT@": script };
const template = await readFile(join(here, "src/template.html"), "utf8");
const page = template.replace(/@(CSP|STYLE|SCRIPT)@/g, (mark) => parts[mark]);
for (const mark of MARKS) {
  if (page.split(mark).length !== 2) throw new Error(`${mark} must stand in the page exactly once`);
}
await mkdir(join(here, "dist"), { recursive: true });
await writeFile(join(here, "dist/report.html"), page);
console.log(`dist/report.html: ${(page.length / 1024).toFixed(0)} KiB`);
