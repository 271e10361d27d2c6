#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# clang-tidy over the sources of one room. $1: repository root, $2: build folder, $3: clang-tidy, $4: room.
# A room whose files, the headers it may see and the rules are unchanged since the last pass is not read again.
set -u
root=$1 build=$2 tidy=$3 room=$4
. "$(dirname "$0")/files.sh"
cd "$root" || exit 1
sources=$(all_files | grep -E "^btrack/$room/[^/]*\.cpp$")
[ -n "$sources" ] || { echo "tidy $room: no sources yet"; exit 77; }

# GCC's precompiled header is unreadable to clang, which stops at it: the commands are read without it.
commands="$build/tidy/$room"
mkdir -p "$commands" || exit 1
sed 's| -Winvalid-pch -include [^ "]*/cmake_pch\.hxx||' "$build/compile_commands.json" >"$commands/compile_commands.json" ||
  exit 1
# A source that is written but not built yet has no compile command; it is looked at once it has.
known=$(for file in $sources; do grep -q "\"file\": \"$root/$file\"" "$commands/compile_commands.json" && echo "$file"; done)
[ -n "$known" ] || { echo "tidy $room: nothing in $build is built from it yet"; exit 77; }

seen="$commands/passed"
# shellcheck disable=SC2086 # one word per file
state=$({ "$tidy" --version; cat .clang-tidy "$0" $sources; echo "$known"
          all_files | grep -E '^btrack/.*\.hpp$' | xargs cat; } | cksum)
if [ -f "$seen" ] && [ "$(cat "$seen")" = "$state" ]; then
  echo "tidy $room: unchanged since it passed"
  exit 0
fi
# Two at a time, each file's findings in one piece.
# shellcheck disable=SC2016 # the inner shell expands these
printf '%s\n' "$known" | tr '\n' '\0' | xargs -0 -n 1 -P 2 sh -c '
  found=$("$0" --quiet --extra-arg=-Wno-unknown-warning-option -p "$1" "$2" 2>&1) || { printf "%s\n" "$found"; exit 1; }' "$tidy" "$commands" || {
  echo "tidy $room: see above"
  exit 1
}
echo "$state" >"$seen"
echo "tidy $room: $(echo "$known" | wc -l) files are clean"
