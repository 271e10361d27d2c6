#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every source file names its licence on the first line and says on the second what it is for. $1: root.
set -u
root=$1
. "$(dirname "$0")/files.sh"
cd "$root" || exit 1

check_file() {
  case $1 in
    web/dist/*) return 0 ;; # built
    *.cpp | *.hpp | *.h | *.ts | *.mjs | *.cpp.in) mark='//' purpose=yes ;;
    CMakeLists.txt | */CMakeLists.txt) mark='#' purpose=no ;;
    *.cmake | *.py | *.sh | suites/*.toml) mark='#' purpose=yes ;;
    demo | check | .ci/run) mark='#' purpose=yes ;;
    *.css | *.sql) mark='' purpose=no ;;
    *) return 0 ;;
  esac
  [ "$mark" ] || { # markup may have to begin with its own declaration
    head -n 3 "$1" | grep -q 'SPDX-License-Identifier: Apache-2.0' && return 0
  }
  first=$(head -n 3 "$1" | sed '/^#!/d' | sed -n 1p)
  second=$(head -n 3 "$1" | sed '/^#!/d' | sed -n 2p)
  case $first in
    *"SPDX-License-Identifier: Apache-2.0"*) ;;
    *) echo "$1: the first line is not SPDX-License-Identifier: Apache-2.0"; return 1 ;;
  esac
  [ $purpose = yes ] || return 0
  case $second in
    "$mark "?????????* | '"""'?????????*) ;;
    *) echo "$1: the second line does not say what the file is for"; return 1 ;;
  esac
}

found=0
for file in $(all_files); do
  check_file "$file" || found=$((found + 1))
done
verdict first_lines "$found" "See CONTRIBUTING.md, 'Files'."
