#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The real page in a real browser.
set -eu
make_reports=$1
room=$2
BTRACK_CHROMIUM=${BTRACK_CHROMIUM:-$(command -v chromium || true)}
command -v node >/dev/null || { echo "SKIPPED: node is absent (apt-get install nodejs npm)"; exit 77; }
[ -n "$BTRACK_CHROMIUM" ] || { echo "SKIPPED: chromium is absent (apt-get install chromium)"; exit 77; }
export BTRACK_CHROMIUM
"$make_reports" "$room/reports"
cd "$room/web"
BTRACK_REPORTS="$room/reports" node --test page_test.mjs
