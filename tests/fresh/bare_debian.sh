#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Tries a command of this repository on a bare Debian 12 made with debootstrap. Run by hand, as root.
set -eu

usage() {
  cat <<'END'
Usage: bare_debian.sh [OPTIONS] FOLDER [COMMAND...]

Makes a minimal Debian 12 (git and ca-certificates, nothing else) in FOLDER/root, clones this
repository into it and runs COMMAND there (default: ./demo), in a mount name space of its own. A
FOLDER/root that exists is used again; remove it for a machine without memory. Needs debootstrap.

  --mirror URL   Debian mirror (default: debootstrap's own)
  --bind DIR     show DIR inside, read-only; for a local package index (repeatable)
  --copy FILE    copy FILE to the same place inside; for pip.conf, certificates (repeatable)
  --keep NAME    hand on environment variable NAME (repeatable); all others are dropped
  --user         run COMMAND as a user without root and without sudo
  --branch NAME  clone this branch or tag (default: the current branch)
END
}

binds='' copies='' keep='' mirror='' user='' branch=''
while [ $# -gt 0 ]; do
  case $1 in
    --mirror) mirror=$2; shift 2 ;;
    --bind) binds="$binds $2"; shift 2 ;;
    --copy) copies="$copies $2"; shift 2 ;;
    --keep) keep="$keep $2"; shift 2 ;;
    --user) user=trial; shift ;;
    --branch) branch=$2; shift 2 ;;
    --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || { usage >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "bare_debian.sh: debootstrap and chroot need root" >&2; exit 2; }
mkdir -p "$1"
root=$(cd "$1" && pwd)/root
shift
[ $# -gt 0 ] || set -- ./demo
source=$(cd "$(dirname "$0")/../.." && pwd)

if [ -z "${BTRACK_TRIAL_INSIDE:-}" ]; then
  if [ ! -e "$root/etc/debian_version" ]; then
    # shellcheck disable=SC2086 # no mirror: no word
    debootstrap --variant=minbase --include=git,ca-certificates bookworm "$root" $mirror
  fi
  for file in $copies; do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
  rm -rf "$root/src"
  git clone -q ${branch:+--branch "$branch"} "file://$source" "$root/src"
  if [ -n "$user" ]; then
    chroot "$root" useradd --create-home "$user" 2>/dev/null || true
    chroot "$root" chown -R "$user" /src
  fi
  export BTRACK_TRIAL_INSIDE=yes trial_root="$root" trial_binds="$binds" trial_keep="$keep" trial_user="$user"
  exec unshare --mount --propagation private "$0" "$root" "$@"
fi

# Inside the name space: every mount goes when we do.
root=$trial_root
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
for folder in $trial_binds; do
  mkdir -p "$root$folder"
  mount --bind -o ro "$folder" "$root$folder"
done
[ ! -e /etc/resolv.conf ] || cp -L /etc/resolv.conf "$root/etc/resolv.conf"

home=/root
[ -z "$trial_user" ] || home=/home/$trial_user
set -- env -i HOME="$home" TERM="${TERM:-dumb}" \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  sh -c 'cd /src && exec "$@"' trial "$@"
for name in $trial_keep; do
  value=$(printenv "$name" || true)
  first=$1 second=$2
  shift 2
  set -- "$first" "$second" "$name=$value" "$@"
done
exec chroot ${trial_user:+--userspec="$trial_user"} "$root" "$@"
