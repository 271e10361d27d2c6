#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every shell script is plain POSIX and reads without an error; with shellcheck where that is installed. $1: root.
set -u
root=$1
. "$(dirname "$0")/files.sh"
cd "$root" || exit 1
found=0
for file in $(all_files | grep -E -e '\.sh$' -e '^(demo|check|\.ci/run)$'); do
  sh -n "$file" || found=$((found + 1))
  # Forms that only bash and its relatives know.
  if grep -n -E '^[^#]*(\[\[|\bfunction [a-z]|<<<|^ *source |\$\{[a-z_]+(//|\^|,)|^ *local [a-z])' "$file"; then
    echo "$file: not POSIX sh"
    found=$((found + 1))
  fi
  case $file in
    demo | check | .ci/run | *_test.sh) [ -x "$file" ] || { echo "$file: not executable"; found=$((found + 1)); } ;;
  esac
  if command -v shellcheck >/dev/null 2>&1; then
    shellcheck -s sh -x -P SCRIPTDIR -S warning "$file" || found=$((found + 1))
  fi
done
verdict scripts "$found" "See CONTRIBUTING.md, 'Files'."
