#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every relative link of the Markdown pages leads to a file. $1: root.
set -u
root=$1
. "$(dirname "$0")/files.sh"
cd "$root" || exit 1
broken=$(all_files | grep '\.md$' | while IFS= read -r page; do
  grep -o '](\([^)#]*\)' "$page" | sed 's/^](//' | grep -v -E '^(https?:|mailto:|$)' | while IFS= read -r target; do
    [ -e "$(dirname "$page")/$target" ] || echo "$page: $target"
  done
done)
[ -z "$broken" ] || echo "$broken"
verdict links "$(printf '%s' "$broken" | grep -c .)" "Correct the link or write the page."
