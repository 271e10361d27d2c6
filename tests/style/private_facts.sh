#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Nothing of the machine we work on: home folders, this checkout's path, its package indexes. $1: root.
set -u
root=$1
. "$(dirname "$0")/files.sh"
cd "$root" || exit 1
scratch=$(mktemp) || exit 1
trap 'rm -f "$scratch"' EXIT

# What must not appear is asked of this machine, so that it need not be written here.
{
  git rev-parse --show-toplevel 2>/dev/null
  { python3 -m pip config list 2>/dev/null; env | grep -E '^(PIP|UV)_'; npm config get registry 2>/dev/null; } |
    tr " '\"=" '\n\n\n\n' | sed -n -e 's|^file://||' -e 's|^\(/[^/]*/[^/]*\).*|\1|p' -e 's|^https\{0,1\}://\([^/:]*@\)\{0,1\}\([^/:]*\).*|\2|p'
} | grep -v -E -e '^(pypi\.org|files\.pythonhosted\.org|registry\.npmjs\.org)$' -e '^/(etc|usr|tmp)/' -e '^/?[^/.]*$' |
  sort -u >"$scratch"

general='(^|[^A-Za-z0-9_.~-])/(root|Users)/|/home/[a-z]|https?://[a-z0-9.-]*(artifactory|artifact-?registry|nexus|pkg\.dev|jfrog)'
found=$(all_files | grep -v -e '^tests/style/private_facts\.sh$' -e '^LICENSE$' | tr '\n' '\0' |
  xargs -0 grep -n -I -E -e "$general" | grep -v -E '/home/(you|user|trial|\$)|/home/[a-z]*\$')
exact=$([ ! -s "$scratch" ] || all_files | tr '\n' '\0' | xargs -0 grep -n -I -F -f "$scratch")
found=$(printf '%s\n%s\n' "$found" "$exact" | grep .)
[ -z "$found" ] || echo "$found" | cut -c 1-200
verdict private_facts "$(printf '%s' "$found" | grep -c .)" "Say it without the name of one machine, or make it a parameter."
