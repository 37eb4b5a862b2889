#!/usr/bin/env bash
# Pull with unpacking and push with compression, side by side with skopeo, umoci and buildah,
# against docker-registry on loopback. Prints wall seconds, interleaved runs, smallest first.
# usage: compare.sh CLASSPATH [RUNS]     (CLASSPATH: the distribution's lib/*, with JDK 25 on PATH)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
classpath=$1 runs=${2:-5}
flags=(--enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1)
work=${TMPDIR:-/tmp}/jbuild-compare-$$; mkdir "$work"
port=5097
trap 'kill "${registries[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
registries=()
serve() { # PORT: an empty registry
  mkdir -p "$work/r$1"
  printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:%s"}\n' \
    "$work/r$1" "$1" > "$work/r$1.yml"
  docker-registry serve "$work/r$1.yml" > "$work/r$1.log" 2>&1 &
  registries+=($!)
  until (: < "/dev/tcp/127.0.0.1/$1") 2> /dev/null; do :; done
}
serve $port
python3 "$here/make-image.py" "$work/gzip" 10 500
python3 "$here/make-image.py" "$work/plain" 10 500 plain
skopeo copy -q --preserve-digests --dest-tls-verify=false "oci:$work/gzip:bench" "docker://127.0.0.1:$port/bench:1"
mkdir -p "$work/classes"
javac -proc:none -d "$work/classes" -cp "$classpath" "$here/Transfer.java"
ours() { java "${flags[@]}" -cp "$work/classes:$classpath" Transfer "$@" > /dev/null; }
vfs=(--root "$work/c/root" --runroot "$work/c/run" --storage-driver overlay)
buildah "${vfs[@]}" pull -q "oci:$work/plain:bench" > "$work/id"
ours load "$work/plain" "$work/loaded"
timed() { # NAME COMMAND...
  local name=$1 start end; shift
  sync; start=$(date +%s.%N); "$@"; end=$(date +%s.%N)
  printf '%s %.2f\n' "$name" "$(echo "$end - $start" | bc)" >> "$work/times"
}
peer_pull() {
  skopeo copy -q --src-tls-verify=false "docker://127.0.0.1:$port/bench:1" "oci:$work/peer:1"
  umoci --log=error unpack --image "$work/peer:1" "$work/bundle"
}
for run in $(seq "$runs"); do
  rm -rf "$work/peer" "$work/bundle"; timed pull-unpack/skopeo+umoci peer_pull
  rm -rf "$work/store"; timed pull-unpack/jbuild ours unpack "127.0.0.1:$port/bench:1" "$work/store"
  # An empty registry each: buildah remembers what it has pushed where.
  serve $((port + run))
  timed push/buildah buildah "${vfs[@]}" push -q --tls-verify=false "$(cat "$work/id")" "docker://127.0.0.1:$((port + run))/b:1"
  rm -rf "$work/store"; cp -r "$work/loaded" "$work/store"
  timed push/jbuild ours push "127.0.0.1:$((port + run))/j:1" "$work/store"
done
sort -k1,1 -k2,2n "$work/times"
