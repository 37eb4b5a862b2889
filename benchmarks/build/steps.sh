#!/usr/bin/env bash
# A build of many small RUN steps, nothing cached but the base, end to end with the start of the process:
# jbuild beside buildah and, where DOCKER_HOST names a daemon with BuildKit and `docker buildx` is there,
# beside that, where neither makes an image. Prints each run's wall seconds, in turns, smallest first, and the medians as ratios.
# usage: steps.sh DIST [ROUNDS [STEPS]]   as root, with busybox-static; buildah when installed
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
jbuild=$(cd "$1" && pwd)/bin/jbuild rounds=${2:-5} steps=${3:-40}
work=$(mktemp -d "${TMPDIR:-/tmp}/jbuild-steps-XXXXXX")
export JBUILD_ROOT=$work/store
# A DOCKER_CONFIG without a config.json is an error for buildah.
buildah=(env -u DOCKER_CONFIG buildah --root "$work/c/root" --runroot "$work/c/run" --storage-driver overlay)
finish() {
  [ ! -e "$work/c" ] || "${buildah[@]}" rmi --all --force > /dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT
mkdir "$work/context"
sh "$top/examples/busybox-rootfs" /bin/busybox "$work/rootfs.tar"
"$jbuild" import "$work/rootfs.tar" steps-base:1 > /dev/null
peers=()
if command -v buildah > /dev/null; then
  peers+=(buildah)
  "$jbuild" save -o "$work/base.tar" --format oci steps-base:1 > /dev/null
  "${buildah[@]}" pull -q "oci-archive:$work/base.tar" > "$work/id"
  "${buildah[@]}" tag "$(cat "$work/id")" localhost/steps-base:1
fi
if [ -n "${DOCKER_HOST:-}" ] && docker buildx version > /dev/null 2>&1; then
  peers+=(jbuild-cacheonly buildkit)
  docker import "$work/rootfs.tar" steps-base:1 > /dev/null
fi

# A text of its own for each run, so that no step is found in a cache.
fresh() { # BASE
  echo "FROM $1"
  for step in $(seq "$steps"); do echo "RUN echo $RANDOM$RANDOM-$step > /f$step"; done
}
build() {
  case $1 in
    jbuild) "$jbuild" build "$work/context" ;;
    jbuild-cacheonly) "$jbuild" build -o type=cacheonly "$work/context" ;;
    buildah) "${buildah[@]}" bud --isolation chroot --layers "$work/context" ;;
    buildkit) docker buildx build --network host -o type=cacheonly "$work/context" ;;
  esac
}
for _ in $(seq "$rounds"); do
  for builder in jbuild ${peers[@]+"${peers[@]}"}; do
    base=steps-base:1
    [ "$builder" != buildah ] || base=localhost/steps-base:1
    fresh "$base" > "$work/context/Dockerfile"
    sync
    TIMEFORMAT="$builder %R"
    { time build "$builder" > "$work/out" 2>&1; } 2>> "$work/times" || { cat "$work/out"; exit 1; }
  done
done
sort -k1,1 -k2,2n "$work/times"
awk '{ seen[$1]++; time[$1, seen[$1]] = $2 }
  function median(name,  n) { n = seen[name]; return (time[name, int((n + 1) / 2)] + time[name, int(n / 2) + 1]) / 2 }
  function ratio(ours, theirs) {
    if (seen[theirs]) printf "%s / %s: %.2f of the medians, %.2f of the best\n", ours, theirs,
      median(ours) / median(theirs), time[ours, 1] / time[theirs, 1] }
  END { ratio("jbuild", "buildah"); ratio("jbuild-cacheonly", "buildkit") }' <(sort -k1,1 -k2,2n "$work/times")
