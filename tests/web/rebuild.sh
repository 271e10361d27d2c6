#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# web/dist/report.html is what its sources give: builds it anew in a copy and compares.
set -eu
source=$1
room=$2
command -v node >/dev/null && command -v npm >/dev/null || { echo "SKIPPED: node or npm is absent (apt-get install nodejs npm)"; exit 77; }
rm -rf "$room/web/src" "$room/web/test" "$room/data"
mkdir -p "$room/web" "$room/data"
cp -R "$source/web/src" "$source/web/test" "$room/web/"
cp "$source"/web/*.json "$source"/web/*.mjs "$source/web/.npmrc" "$room/web/"
cp "$source/data/messages.json" "$room/data/"
cp "$source/tests/web/page_test.mjs" "$room/web/"
cd "$room/web"
npm ci --no-progress
npm run build
cmp dist/report.html "$source/web/dist/report.html" || {
  echo "web/dist/report.html is older than its sources: run 'npm ci && npm run build' in web/ and commit it"
  exit 1
}
