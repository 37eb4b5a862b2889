# Sourced by the end-to-end suites of tests/e2e: claims, in TAP. A suite reads
#   . "$(dirname "$0")/../lib.sh"
#   need runc skopeo            # else the whole suite is skipped, with the reason
#   claim "the image runs" runc_prints hello
# and ends by falling off its end. Variables: $top the checkout, $work a folder that is removed at the
# end, $JBUILD_ROOT a store of the suite's own.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd -P)
suite=$(basename "$0")
jbuild=$top/dist/bin/jbuild
work=$(mktemp -d "${TMPDIR:-/tmp}/jbuild-e2e-XXXXXX")
JBUILD_ROOT=$work/store
export JBUILD_ROOT
unset DOCKER_HOST SOURCE_DATE_EPOCH
claims=0
failed=0
at_end=

# Commands to run when the suite ends, last added first.
finally() { at_end="$*
$at_end"; }

# Prints the part of a log that helps, as TAP comments.
explain() { tail -n "${2:-30}" "$1" | sed 's/^/#   /'; }

# claim NAME COMMAND…: one test; its output is shown when it fails.
claim() {
  name=$1
  shift
  claims=$((claims + 1))
  if ("$@") > "$work/claim.log" 2>&1; then
    echo "ok $claims - $name"
  else
    echo "not ok $claims - $name (exit $?: $*)"
    explain "$work/claim.log"
    failed=$((failed + 1))
  fi
}

# skip NAME REASON: a test this machine cannot run.
skip() {
  claims=$((claims + 1))
  echo "ok $claims - $1 # SKIP $2"
}

# need TOOL…: skips the suite unless every tool is there; "root" is a need too.
need() {
  for tool in "$@"; do
    case $tool in
      root) [ "$(id -u)" = 0 ] || skip_all "needs root" ;;
      *) command -v "$tool" > /dev/null || skip_all "$tool is not installed" ;;
    esac
  done
}

skip_all() {
  echo "1..0 # SKIP $suite: $1"
  exit 0
}

finish() {
  code=$?
  trap - EXIT INT TERM
  # In this shell, whose children the servers are: one that is waited for writes nothing more below $work.
  while IFS= read -r command; do eval "$command"; done <<< "$at_end"
  rm -rf "$work"
  [ "$code" = 0 ] || { echo "not ok $((claims + 1)) - $suite ended early with code $code"; exit 1; }
  echo "1..$claims"
  [ "$failed" = 0 ] || exit 1
}
trap finish EXIT
trap 'exit 130' INT TERM

# Assertions, for use in claims.
equal() { [ "$1" = "$2" ] || { printf 'is      "%s"\nand not "%s"\n' "$1" "$2"; return 1; }; }
contains() { case $1 in *"$2"*) ;; *) printf 'no "%s" in:\n%s\n' "$2" "$1"; return 1 ;; esac; }
lacks() { case $1 in *"$2"*) printf '"%s" in:\n%s\n' "$2" "$1"; return 1 ;; esac; }
# exits CODE COMMAND…
exits() {
  want=$1
  shift
  "$@"
  got=$?
  [ "$got" = "$want" ] || { echo "exit code $got, not $want"; return 1; }
}

# await COMMAND…: tries it until it succeeds. The two minutes after which it gives up are for a fault, not for a
# machine with much else to do.
await() {
  for _ in $(seq 1200); do
    if "$@" > /dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "in vain: $*"
  return 1
}

# A busybox base image in the suite's store, named jbuild/busybox:latest.
import_busybox() {
  sh "$top/examples/busybox-rootfs" /bin/busybox "$work/busybox.tar" && "$jbuild" import "$work/busybox.tar" jbuild/busybox:latest
}

# A Debian root file system at $debian, made by mmdebstrap; the suite is skipped where that does not work.
# It takes a while to make, and is the same for a day.
need_debian() {
  debian=$top/target/testdata/bookworm.tar
  if [ ! -f "$debian" ] || [ -n "$(find "$debian" -mmin +1440)" ]; then
    mkdir -p "$(dirname "$debian")"
    "$top/testdata/real/make-debian-base" bookworm "$debian" libcap2-bin > "$work/base.log" 2>&1 || {
      explain "$work/base.log"
      skip_all "mmdebstrap makes no bookworm here: $(tail -n 1 "$work/base.log")"
    }
  fi
}

# The name umoci knows the first image of an OCI layout by.
layout_tag() { jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' "$1/index.json"; }

# run_bundle NAME BUNDLE ARGS…: what the container of an unpacked bundle prints, by runc. The bundle's
# process has no terminal and its own command unless ARGS are given.
run_bundle() {
  id=jbuild-e2e-$$-$1
  bundle=$2
  shift 2
  config=$bundle/config.json
  jq '.process.terminal = false' "$config" > "$config.new" && mv "$config.new" "$config"
  runc --root "$work/runc" run --bundle "$bundle" "$id" < /dev/null
}
