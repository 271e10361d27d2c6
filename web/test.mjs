// SPDX-License-Identifier: Apache-2.0
// Bundles test/*.test.ts for this Node.js and hands them to its own test runner.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = mkdtempSync(join(tmpdir(), "btrack-web-"));
const tests = readdirSync(join(here, "test")).filter((name) => name.endsWith(".test.ts"));
await build({
  absWorkingDir: here, entryPoints: tests.map((name) => join("test", name)), outdir: out, outExtension: { ".js": ".mjs" },
  bundle: true, platform: "node", format: "esm", target: "node18", logLevel: "warning",
});
const files = tests.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
const result = spawnSync(process.execPath, ["--test", ...files], { stdio: "inherit" });
rmSync(out, { recursive: true });
process.exit(result.status ?? 1);
