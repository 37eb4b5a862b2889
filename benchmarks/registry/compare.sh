#!/usr/bin/env bash
# Pull with unpacking and push with compression, side by side with skopeo, umoci and buildah,
# against docker-registry on loopback. Prints wall and CPU seconds of each interleaved run, smallest
# first, and how many bytes of layers each pusher made: a ratio of times says nothing without them.
# usage: compare.sh DIST [RUNS [LAYER.tar…]]
#   DIST       the distribution's folder; needs a JDK 25 on PATH too
#   LAYER.tar  push an image of these layers in place of the made one
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dist=$(cd "$1" && pwd) runs=${2:-5}
layers=("${@:3}")
classpath=$dist/lib/jbuild.jar
# The pull runs inside a class of its own, with the launcher's flags and its AOT cache, which is good for
# whatever class path begins as the one that it was made with. C1 alone will not do: it has no SHA-256 intrinsic.
flags=(--enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:Tier4InvocationThreshold=50000
  -XX:Tier4MinInvocationThreshold=6000 -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000
  -XX:+UnlockDiagnosticVMOptions -XX:AOTCache="$dist/lib/build.aot" -XX:-AOTReplayTraining
  -XX:-C1UpdateMethodData -XX:-UsePerfData -Xlog:disable)
work=${TMPDIR:-/tmp}/jbuild-compare-$$; mkdir "$work"
peers=$here/../../tests/peers/registry
started=()
finish() {
  for at in ${started[@]+"${started[@]}"}; do "$peers" stop "$at"; done
  rm -rf "$work"
}
trap finish EXIT
serve() { # NAME: an empty registry, its address in $address
  address=$("$peers" start "$work/$1")
  started+=("$work/$1")
}
mkdir -p "$work/classes" "$work/context"
if [ ${#layers[@]} -gt 0 ]; then
  python3 "$here/make-image.py" "$work/plain" "${layers[@]}"
else
  python3 "$here/make-image.py" "$work/plain" 10 500 plain
  python3 "$here/make-image.py" "$work/gzip" 10 500
  serve source
  source=$address
  skopeo copy -q --preserve-digests --dest-tls-verify=false "oci:$work/gzip:bench" "docker://$source/bench:1"
  javac -proc:none -d "$work/classes" -cp "$classpath" "$here/Transfer.java"
fi
vfs=(--root "$work/c/root" --runroot "$work/c/run" --storage-driver overlay)
buildah "${vfs[@]}" pull -q "oci:$work/plain:bench" > "$work/id"
"$dist/bin/jbuild" --root "$work/loaded" copy "oci:$work/plain:bench" bench:1 > /dev/null
echo "FROM bench:1" > "$work/context/Dockerfile"
timed() { # NAME COMMAND…
  local name=$1; shift
  sync
  TIMEFORMAT="$name %R s, CPU %U + %S s"
  { time "$@" > "$work/out" 2>&1; } 2>> "$work/times" || { cat "$work/out"; exit 1; }
}
peer_pull() {
  skopeo copy -q --src-tls-verify=false "docker://$source/bench:1" "oci:$work/peer:1"
  umoci --log=error unpack --image "$work/peer:1" "$work/bundle"
}
size() { # NAME
  curl -fsS -H 'Accept: application/vnd.oci.image.manifest.v1+json' "http://$address/v2/$1/manifests/1" |
    jq '[.layers[].size] | add'
}
for run in $(seq "$runs"); do
  if [ ${#layers[@]} = 0 ]; then
    rm -rf "$work/peer" "$work/bundle"; timed pull-unpack/skopeo+umoci peer_pull
    rm -rf "$work/store"
    timed pull-unpack/jbuild java "${flags[@]}" -cp "$classpath:$work/classes" Transfer unpack "$source/bench:1" "$work/store"
  fi
  # An empty registry each: buildah remembers what it has pushed where.
  serve "target$run"
  timed push/buildah buildah "${vfs[@]}" push -q --tls-verify=false "$(cat "$work/id")" "docker://$address/b:1"
  rm -rf "$work/store"; cp -r "$work/loaded" "$work/store"
  timed push/jbuild "$dist/bin/jbuild" --root "$work/store" build \
    -o "type=registry,name=$address/j:1,force-compression=true" "$work/context"
done
sort -k1,1 -k2,2n "$work/times"
echo "layer bytes pushed: buildah $(size b), jbuild $(size j)"
