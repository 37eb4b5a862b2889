#!/usr/bin/env bash
# The layer store beside its peers, interleaved in one run, as root: a directory to a compressed layer,
# tar and blob hashed, against tar with pigz and zstd; a context to a committed layer and unpacking it,
# against buildah and umoci. Then, without a peer, the commit of one changed file on a base of 100,000 files,
# a walk over as many of which nothing changed, with the digests of the first, and a build of the same.
# Prints for each the smallest wall time and CPU time (user + system), and the ratio of ours to the peer's; on a machine that does other work, only the CPU times mean something.
# usage: benchmarks/store/compare.sh CLASSPATH [RUNS]
#   CLASSPATH: the distribution's lib/jbuild.jar (or its classes and jars), with JDK 25 on PATH. With the
#   distribution's, its AOT cache is used as the jbuild command uses it
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
classpath=$1 runs=${2:-5}
# The JVM takes no library by a relative path.
[ ! -f "$classpath" ] || classpath=$(realpath "$classpath")
work=$(mktemp -d "${TMPDIR:-/tmp}/jbuild-store-XXXXXX")
trap 'rm -rf "$work"' EXIT
# The launcher's own: code that runs long is compiled by C2, the rest by C1.
flags=(-Xmx256m -XX:+UseSerialGC -XX:Tier4InvocationThreshold=50000 -XX:Tier4MinInvocationThreshold=6000
  -XX:Tier4CompileThreshold=150000 -XX:Tier4BackEdgeThreshold=400000 --enable-native-access=ALL-UNNAMED)
aot=${classpath%/*}/build.aot
if [ -f "$aot" ]; then flags+=(-XX:+UnlockDiagnosticVMOptions -XX:AOTCache="$aot" -XX:-AOTReplayTraining
  -XX:-C1UpdateMethodData -XX:-UsePerfData -Xlog:disable); fi
zstd=${classpath%/*}/libzstd-jni.so
if [ -f "$zstd" ]; then flags+=(-DZstdNativePath="$zstd"); fi
mkdir "$work/classes" "$work/big" "$work/small"
javac -proc:none -d "$work/classes" -cp "$classpath" "$here/StoreTimes.java"

python3 - "$work" <<'PYTHON'
import os, random, sys
work, r = sys.argv[1], random.Random(1)
words = [b"alpha", b"return", b"static", b"include", b"lorem", b"ipsum", b"epsilon", b"gamma"]
def text(size):
    parts, n = [], 0
    while n < size:
        parts.append(r.choice(words) + b" " + str(r.randrange(10000)).encode() + b"\n")
        n += len(parts[-1])
    return b"".join(parts)[:size]
pieces = [text(1 << 20) for _ in range(8)]
with open(work + "/big/file", "wb") as f:  # 512 MiB, half of it random
    for i in range(256):
        f.write(os.urandom(1 << 20))
        f.write(pieces[i % 8])
for i in range(20000):  # 100 MiB in 20,000 files
    d = "%s/small/d%03d" % (work, i % 200)
    os.makedirs(d, exist_ok=True)
    with open("%s/f%05d" % (d, i), "wb") as f:
        f.write(pieces[i % 8][i % 1000 : i % 1000 + 5242])
PYTHON

timed() { # NAME COMMAND...: adds "NAME wall cpu" to the times
  local name=$1
  shift
  # What was written before must not be flushed on this one's time.
  sync
  /usr/bin/time -o "$work/time" -f "%e %U %S" "$@" > /dev/null 2> "$work/log" || {
    cat "$work/log" >&2
    return 1
  }
  awk -v name="$name" '{ print name, $1, $2 + $3 }' "$work/time" >> "$work/times"
}
buildah_layer() {
  buildah "${vfs[@]}" bud -q -t bench "$work/context" > "$work/id"
  buildah "${vfs[@]}" push -q bench "oci-archive:$work/peer.oci"
}
vfs=(--root "$work/c/root" --runroot "$work/c/run" --storage-driver vfs)

mkdir -p "$work/context"
cp -r "$work/small" "$work/context/src"
printf 'FROM scratch\nCOPY src /src\n' > "$work/context/Dockerfile"
for run in $(seq "$runs"); do
  echo "run $run" >&2
  for kind in gzip gzip6 zstd; do
    case $kind in gzip) peer="pigz -4" ;; gzip6) peer="pigz -6" ;; zstd) peer="zstd -q -3 -T0" ;; esac
    timed "$kind-peer" bash -ec "tar -C '$work/big' -c . | $peer > '$work/peer.out'"
    timed "$kind-ours" java "${flags[@]}" -cp "$classpath:$work/classes" \
      StoreTimes layer "$work/big" "$kind" "$work/ours.out"
  done
  if command -v buildah > /dev/null; then
    rm -rf "$work/c" "$work/peer.oci"
    timed context-peer bash -ec "$(declare -p vfs work); $(declare -f buildah_layer); buildah_layer"
  fi
  rm -rf "$work/store"
  timed context-ours java "${flags[@]}" -cp "$classpath:$work/classes" \
    StoreTimes commit "$work/small" "$work/store"
  timed unpack-ours java "${flags[@]}" -cp "$classpath:$work/classes" StoreTimes unpack "$work/store"
  if command -v umoci > /dev/null; then
    rm -rf "$work/bundle"
    timed unpack-peer umoci --log=error unpack --image "$work/store:bench" "$work/bundle"
  fi
done
awk '
  { if (!($1 in wall) || $2 < wall[$1]) wall[$1] = $2; if (!($1 in cpu) || $3 < cpu[$1]) cpu[$1] = $3 }
  END {
    printf "%-8s %8s %8s %6s   %8s %8s %6s\n", "", "ours s", "peer s", "ratio", "ours CPU", "peer CPU", "ratio"
    split("gzip gzip6 zstd context unpack", tasks, " ")
    for (i = 1; i <= 5; i++) {
      t = tasks[i]
      if ((t "-peer") in wall)
        printf "%-8s %8.2f %8.2f %6.2f   %8.2f %8.2f %6.2f\n", t, wall[t "-ours"], wall[t "-peer"],
          wall[t "-ours"] / wall[t "-peer"], cpu[t "-ours"], cpu[t "-peer"], cpu[t "-ours"] / cpu[t "-peer"]
    }
  }' "$work/times"

rm -rf "$work/big" "$work/context/src" "$work/store" "$work"/*.out "$work/c" "$work/bundle"
python3 - "$work/context/src" <<'PYTHON'
import os, sys
for i in range(100000):
    d = "%s/d%03d" % (sys.argv[1], i % 500)
    os.makedirs(d, exist_ok=True)
    with open("%s/f%05d" % (d, i), "wb") as f:
        f.write(b"%d\n" % i * 20)
PYTHON
for mode in overlay copy; do
  java "${flags[@]}" -cp "$classpath:$work/classes" StoreTimes changed "$mode" "$work/context/src" "$work/store"
done
# What is younger than two seconds is read again.
sleep 3
for run in first $(seq "$runs"); do
  /usr/bin/time -f "walk of 100,000 files, run $run: %e s with the JVM's start, CPU %U + %S s" java "${flags[@]}" \
    -cp "$classpath:$work/classes" StoreTimes walk "$work/context/src" "$work/digests"
done
for run in first $(seq "$runs"); do
  /usr/bin/time -f "build of 100,000 files, run $run: %e s, CPU %U + %S s" java "${flags[@]}" -cp "$classpath" \
    dev.jbuild.cli.Main --root "$work/store" build -q "$work/context" > /dev/null
done
