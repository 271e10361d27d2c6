# SPDX-License-Identifier: Apache-2.0
# Shell functions of ./demo and ./check: what a bare Debian lacks, and steps that show what they do.
# Plain POSIX sh; sourced with the repository root as working directory and `me` set to the caller's name.
# shellcheck disable=SC2034,SC2154 # variables of, and for, the sourcing script

# The one list of packages. CMake and the compiler first; then libraries; then what is run.
build_packages='g++ cmake ninja-build libfmt-dev libexpected-dev libcli11-dev libtomlplusplus-dev
  nlohmann-json3-dev libcurl4-openssl-dev libsqlite3-dev libzstd-dev zlib1g-dev libpng-dev libturbojpeg0-dev libcsv-dev libgloo-dev dataset-fashion-mnist'
check_packages='libgtest-dev libbenchmark-dev clang-format-14 clang-tidy-14 fonts-noto-cjk'
# Programs that may come from elsewhere than Debian (a newer Node.js brings its own npm, and then
# Debian's npm does not install beside it): asked for by what they can do, not by package.
build_programs='venv'
check_programs='venv node npm chromium'

logs=build/logs
started=$(date +%s)
step=0
steps=0

say() { printf '%s: %s\n' "$me" "$*"; }
complain() { printf '%s: %s\n' "$me" "$*" >&2; }

# "75 s" or "3 min 4 s" since the second $1.
elapsed() {
  elapsed_s=$(($(date +%s) - $1))
  if [ "$elapsed_s" -lt 120 ]; then echo "$elapsed_s s"; else echo "$((elapsed_s / 60)) min $((elapsed_s % 60)) s"; fi
}

# ---- packages -------------------------------------------------------------------------------------

have() { command -v "$1" >/dev/null 2>&1; }

# Prints the Debian packages that supply program $1, unless it is there already.
program_packages() {
  case $1 in
    venv) python3 -c 'import venv, ensurepip' >/dev/null 2>&1 || echo python3 python3-venv ;;
    node) have node || have nodejs || echo nodejs ;;
    npm) have npm || echo npm ;;
    chromium) have chromium || have chromium-browser || have google-chrome || echo chromium ;;
  esac
}

# missing_packages "PACKAGES" "PROGRAMS": prints what is not installed, on one line.
missing_packages() {
  # shellcheck disable=SC2016,SC2086 # dpkg's own ${} syntax; the list is meant to split
  installed=$(dpkg-query -W -f '${binary:Package} ${db:Status-Status}\n' $1 2>/dev/null |
    sed -n 's/^\([^ :]*\)[^ ]* installed$/\1/p')
  missing=
  for package in $1; do
    case "
$installed
" in *"
$package
"*) ;; *) missing="$missing $package" ;; esac
  done
  for program in $2; do missing="$missing $(program_packages "$program")"; done
  # shellcheck disable=SC2086 # squeezes the blanks
  echo $missing
}

apt_get() {
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@"
}

# An index that cannot be renewed is no reason to stop: the packages may still be had.
install_packages() {
  apt_get update || echo "apt-get update failed; trying with the package lists of before"
  apt_get install -y --no-install-recommends "$@"
}

# prepare_packages "PACKAGES" "PROGRAMS": installs what is missing, or says how and stops with 2.
prepare_packages() {
  if ! have apt-get || ! have dpkg-query; then
    if have cmake && have ninja && have c++; then
      say "no apt-get here: taking the libraries as they are (Debian calls them:" $1")"
      return
    fi
    complain "this system has no apt-get; install the equivalents of these Debian 12 packages first:"
    complain "  " $1 python3-venv
    exit 2
  fi
  need=$(missing_packages "$1" "$2")
  if [ -z "$need" ]; then
    step=$((step + 1))
    say "[$step/$steps] all packages are installed"
    return
  fi
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    if have sudo && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }; then
      as_root=sudo
    else
      complain "these packages are missing, and only an administrator can install them. This line does it:"
      printf '\n    apt-get update && apt-get install -y --no-install-recommends %s\n\n' "$need" >&2
      complain "run ./$me again afterwards; it needs no administrator then."
      exit 2
    fi
  fi
  # shellcheck disable=SC2086 # one word per package
  run_step "installing packages: $need" packages install_packages $need
}

# ---- steps ----------------------------------------------------------------------------------------

# Shows the last line of log $1 every $follow_period seconds while we live. Sleeps in short pieces and
# without our output, so that it never outlives us or keeps a pipe open.
follow() {
  follow_from=$(date +%s)
  tick=0
  while sleep 1 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
    tick=$((tick + 1))
    [ $((tick % follow_period)) -eq 0 ] || continue
    line=$(tail -c 400 "$1" 2>/dev/null | tr '\r' '\n' | grep . | tail -n 1 | cut -c 1-"$follow_width")
    # shellcheck disable=SC2059 # the format is one of the two of begin()
    printf "$follow_format" "$(elapsed "$follow_from")" "$line"
  done
}

# run_step TITLE LOG COMMAND...: runs the command in the foreground (Ctrl-C reaches it) with its
# output in build/logs/LOG.log; on failure prints the end of the log and stops with 1.
run_step() {
  title=$1 log=$logs/$2.log
  shift 2
  step=$((step + 1))
  step_from=$(date +%s)
  mkdir -p "$logs"
  : >"$log"
  say "[$step/$steps] $title"
  follow "$log" &
  follower=$!
  status=0
  "$@" >>"$log" 2>&1 </dev/null || status=$?
  stop_follower
  if [ "$status" -ne 0 ]; then
    tail -n 40 "$log" >&2
    complain "step $step/$steps failed after $(elapsed "$step_from") (exit code $status): $title"
    complain "the whole output is in $log"
    exit 1
  fi
  say "[$step/$steps] done in $(elapsed "$step_from")"
}

stop_follower() {
  [ -n "${follower:-}" ] || return 0
  kill -KILL "$follower" 2>/dev/null # a TERM that comes before it has left our traps would be lost
  wait "$follower" 2>/dev/null
  follower=
  printf '%s' "$follow_clear"
}

interrupted() {
  trap - INT TERM
  stop_follower
  echo
  complain "interrupted after $(elapsed "$started"); what is finished stays, ./$me goes on from there"
  exit 130
}

# begin STEPS: how many steps there will be; also the set-up of the display and of Ctrl-C.
begin() {
  steps=$1
  trap interrupted INT TERM
  if [ -t 1 ]; then
    follow_period=1 follow_format='\r\033[K    %s  %s' follow_clear=$(printf '\r\033[K')
    follow_width=$(($(stty size 2>/dev/null </dev/tty | cut -d ' ' -f 2 | grep . || echo 80) - 16))
  else
    follow_period=30 follow_format='    %s  %s\n' follow_clear='' follow_width=120
  fi
}

# ---- building -------------------------------------------------------------------------------------

# Compiling one LibTorch file takes up to 1.5 GB: as many jobs as processors and memory allow.
build_jobs() {
  jobs=$(nproc 2>/dev/null || echo 1)
  fit=$(awk '/^MemAvailable:/ { n = int($2 / 1572864); print n < 1 ? 1 : n }' /proc/meminfo 2>/dev/null)
  [ -n "$fit" ] && [ "$fit" -lt "$jobs" ] && jobs=$fit
  echo "$jobs"
}

configure() {
  cmake --preset "$1" ${BTRACK_TORCH_SPEC:+"-DBTRACK_TORCH_SPEC=$BTRACK_TORCH_SPEC"}
}

# build PRESET [ARGUMENTS...]
build() {
  build_preset=$1
  shift
  cmake --build --preset "$build_preset" "$@" --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-$(build_jobs)}"
}
