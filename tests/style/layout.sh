#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# No drawer for odds and ends: folder names that say nothing, a mirrored include tree, copied-in code. $1: root.
set -u
root=$1
. "$(dirname "$0")/files.sh"
found=$(all_files | sed -n 's|/[^/]*$||p' | sort -u |
  grep -E -i '(^|/)(utils?|helpers?|common|misc|shared|include|third_party|3rdparty|vendor|external)(/|$)')
[ -z "$found" ] || echo "$found"
capitals=$(all_files | grep -E '^(btrack|tests|cmake|suites)/.*[A-Z]' | grep -v -E '(^|/)(CMakeLists\.txt|README\.md)$')
[ -z "$capitals" ] || echo "not snake_case: $capitals"
verdict layout "$(printf '%s\n%s' "$found" "$capitals" | grep -c .)" "Put the file into the room it belongs to (docs/architecture.md)."
