#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Types and unit tests of the page's code.
set -eu
command -v npm >/dev/null || { echo "SKIPPED: npm is absent (apt-get install nodejs npm)"; exit 77; }
cd "$1/web"
npm test
