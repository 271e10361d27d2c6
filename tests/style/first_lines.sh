#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every source file names its licence on the first line and says on the second what it is for. $1: root.
set -u
root=$1
. "$(dirname "$0")/files.sh"
cd "$root" || exit 1

# A CMakeLists.txt may be too short for a purpose; web/dist is built; markup begins with its own declaration.
missing=$(all_files | grep -v '^web/dist/' |
  grep -E -e '\.(cpp|hpp|h|ts|mjs|in|cmake|py|sh|css|sql)$' -e '(^|/)CMakeLists\.txt$' -e '^suites/.*\.toml$' \
    -e '^(demo|check|\.ci/run)$' | tr '\n' '\0' | xargs -0 awk '
    FNR == 1 { line = 0 }
    /^#!/ && FNR == 1 { next }
    { line++ }
    line == 1 && !/SPDX-License-Identifier: Apache-2\.0/ {
      print FILENAME ": the first line is not SPDX-License-Identifier: Apache-2.0"
    }
    line == 2 && FILENAME !~ /CMakeLists\.txt$|\.css$|\.sql$/ && !/^(\/\/|#|""") ?[^ ].......+/ {
      print FILENAME ": the second line does not say what the file is for"
    }')
[ -z "$missing" ] || echo "$missing"
verdict first_lines "$(printf '%s' "$missing" | grep -c .)" "See CONTRIBUTING.md, 'Files'."
