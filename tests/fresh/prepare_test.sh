#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# ./demo and ./check on machines that lack things, played by a folder of fake programs. $1: the shell.
# shellcheck disable=SC2016,SC2317 # the bodies of the fakes are not ours to expand; expect() calls has()
set -u
shell=${1:-sh}
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
failures=0

# fake NAME BODY: a program in the fake PATH.
fake() {
  printf '#!/bin/sh\n%s\n' "$2" >"$scratch/bin/$1"
  chmod +x "$scratch/bin/$1"
}

# A fresh machine with `id`, the shell's own tools and a copy of the scripts; everything else is fake.
machine() {
  rm -rf "${scratch:?}/bin" "${scratch:?}/tree" "${scratch:?}/installed"
  mkdir -p "$scratch/bin" "$scratch/tree/build/release/bin" "$scratch/tree/web"
  for tool in sh env date sed awk tail tr cut printf cat mkdir rm sleep dirname stty grep kill nproc touch; do
    ln -s "$(command -v $tool)" "$scratch/bin/$tool" 2>/dev/null
  done
  cp -R "$root/demo" "$root/check" "$root/.ci" "$scratch/tree/"
  fake id 'echo 0'
  fake python3 'exit 0'
  fake cmake 'echo "cmake $*" >>"$SCRATCH/calls"'
  fake dpkg-query 'shift 3; for p; do grep -qx "$p" "$SCRATCH/installed" && echo "$p installed"; done; exit 1'
  fake apt-get 'echo "apt-get $*" >>"$SCRATCH/calls"
    case $* in *" install "*) while [ "$1" != --no-install-recommends ]; do shift; done; shift
    for p; do echo "$p" >>"$SCRATCH/installed"; done ;; esac'
  printf '#!/bin/sh\necho "measured $*"\nexit ${MEASURED:-0}\n' >"$scratch/tree/build/release/bin/btrack"
  chmod +x "$scratch/tree/build/release/bin/btrack"
  : >"$scratch/installed"
}

# run COMMAND...: in the fake machine; leaves $status, $output and $calls.
run() {
  : >"$scratch/calls"
  command=$1
  shift
  output=$(cd "$scratch" && env -i PATH="$scratch/bin" SCRATCH="$scratch" MEASURED="${MEASURED:-0}" \
    "$shell_path" ${shell_applet:+"$shell_applet"} "tree/$command" "$@" 2>&1 </dev/null)
  status=$?
  calls=$(cat "$scratch/calls")
}

# expect WHAT CONDITION...: the condition is a command.
expect() {
  what=$1
  shift
  if ! "$@"; then
    failures=$((failures + 1))
    printf 'FAILED: %s\n--- exit code %s, output:\n%s\n--- calls:\n%s\n' "$what" "$status" "$output" "$calls"
  fi
}
has() { case $1 in *"$2"*) true ;; *) false ;; esac; }
lacks() { ! has "$1" "$2"; }

case $shell in
  busybox) shell_path=$(command -v busybox) shell_applet=sh ;;
  *) shell_path=$(command -v "$shell") shell_applet= ;;
esac
if [ -z "$shell_path" ]; then
  echo "SKIPPED: no $shell on this machine"
  exit 77
fi

machine
run demo --build-only
expect 'root installs what is missing' has "$calls" 'install -y --no-install-recommends g++ cmake'
expect 'and builds preset release' has "$calls" 'cmake --build --preset release'
expect 'and succeeds' test "$status" -eq 0
run demo
expect 'a second run asks apt-get for nothing' lacks "$calls" apt-get
expect 'and measures' has "$output" 'measured run quick'
MEASURED=3
run demo
expect "the code of btrack is passed on" test "$status" -eq 3
MEASURED=0

grep -vx zlib1g-dev "$scratch/installed" >"$scratch/fewer" && mv "$scratch/fewer" "$scratch/installed"
run demo --build-only
expect 'only what is missing is installed' has "$calls" '--no-install-recommends zlib1g-dev'
expect 'and nothing else' lacks "$calls" cmake-

machine
fake id 'echo 1000'
run demo
expect 'no root, no sudo: stops with 2' test "$status" -eq 2
expect 'and prints the line' has "$output" '    apt-get update && apt-get install -y --no-install-recommends g++ '
expect 'and builds nothing' test -z "$calls"

fake sudo 'echo "sudo $*" >>"$SCRATCH/calls"; [ "$1" = -n ] && exit 0; "$@"'
run demo --build-only
expect 'with sudo it installs' has "$calls" 'sudo env DEBIAN_FRONTEND=noninteractive apt-get'
expect 'and succeeds' test "$status" -eq 0
fake sudo 'exit 1'
machine_installed=$(cat "$scratch/installed")
: >"$scratch/installed"
run demo
expect 'sudo that asks for a password without a terminal: stops with 2' test "$status" -eq 2
echo "$machine_installed" >"$scratch/installed"
run demo --build-only
expect 'nothing missing: needs no administrator' test "$status" -eq 0

machine
fake cmake 'echo "the compiler is on fire"; exit 5'
run demo
expect 'a step that fails gives 1' test "$status" -eq 1
expect 'and shows the end of its output' has "$output" 'the compiler is on fire'
expect 'and says where the rest is' has "$output" 'build/logs/configure-release.log'

run check --nonsense
expect 'an unknown option gives 2' test "$status" -eq 2
run check --help
expect 'help gives 0' test "$status" -eq 0

machine
fake npm 'exit 0'
fake node 'exit 0'
fake chromium 'exit 0'
fake ctest 'shift 3; echo "97% tests passed, 1 tests failed out of 34" >"$1"; exit 8'
run check
expect 'programs that are there are not installed' lacks "$calls" nodejs
expect 'a failed test gives 1' test "$status" -eq 1
expect 'both presets are reported' has "$output" 'preset full: 97% tests passed, 1 tests failed out of 34'
fake ctest 'shift 3; echo "100% tests passed, 0 tests failed out of 34" >"$1"'
run check
expect 'all passed gives 0' test "$status" -eq 0

[ "$failures" -eq 0 ] && echo "all expectations hold under $shell"
exit "$((failures > 0))"
