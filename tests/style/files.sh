# SPDX-License-Identifier: Apache-2.0
# Which files the style checks look at; sourced by each with the repository root in $root.
# Tracked and not ignored new files, or, in an unpacked archive, everything but build output.
# shellcheck disable=SC2154 # root is the sourcing check's
all_files() {
  if git -C "$root" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git -c safe.directory="$root" -C "$root" ls-files --cached --others --exclude-standard
  else
    (cd "$root" && find . -type f | sed 's|^\./||' | grep -v -e '^build/' -e '/node_modules/' -e '^\.git/')
  fi | sort -u | while IFS= read -r file; do
    [ ! -f "$root/$file" ] || printf '%s\n' "$file"
  done
}

# verdict CHECK COUNT REMEDY: the closing line of a check, and its exit code.
verdict() {
  if [ "$2" -eq 0 ]; then
    echo "$1: nothing found"
    exit 0
  fi
  echo "$1: $2 found. $3"
  exit 1
}
