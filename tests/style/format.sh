#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every C++ file is laid out as clang-format 14 lays it out. $1: repository root; $2: clang-format.
set -u
root=$1 formatter=$2
. "$(dirname "$0")/files.sh"
cd "$root" || exit 1
wrong=$(all_files | grep -E '\.(cpp|hpp|h)$' | xargs "$formatter" --dry-run -Werror 2>&1 | grep -E ': error:' |
  cut -d : -f 1 | sort | uniq -c)
[ -z "$wrong" ] || echo "$wrong"
verdict format "$(printf '%s' "$wrong" | grep -c .)" "Run clang-format-14 -i on these files."
