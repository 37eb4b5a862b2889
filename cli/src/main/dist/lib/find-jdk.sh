# Sourced: find_jdk sets $jdk to the home of a JDK 25 or later, looked for in JAVA_HOME, on PATH and
# below /usr/lib/jvm; or prints what is wrong and returns 1. Costs no process but one readlink.

# Sets $jdk_version to the feature number of the JDK in $1, or to nothing. Reads its release file:
# asking "java -version" would start a JVM.
jdk_version_of() {
  jdk_version=
  [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 0
  while IFS= read -r line; do
    case $line in
      JAVA_VERSION=*)
        jdk_version=${line#JAVA_VERSION=}
        jdk_version=${jdk_version#\"}
        jdk_version=${jdk_version%%[!0-9]*}
        return 0
        ;;
    esac
  done < "$1/release"
}

jdk_consider() {
  jdk_version_of "$1"
  [ -n "$jdk_version" ] || return 1
  if [ "$jdk_version" -ge 25 ]; then
    jdk=$1
    return 0
  fi
  jdk_too_old="$jdk_too_old
  $1 is version $jdk_version"
  return 1
}

find_jdk() {
  jdk=
  jdk_too_old=
  if [ -n "${JAVA_HOME:-}" ] && jdk_consider "$JAVA_HOME"; then return 0; fi
  jdk_path=$(command -v java 2> /dev/null) && jdk_path=$(readlink -f "$jdk_path") \
    && jdk_consider "${jdk_path%/bin/java}" && return 0
  for jdk_dir in /usr/lib/jvm/*; do
    if [ ! -h "$jdk_dir" ] && jdk_consider "$jdk_dir"; then return 0; fi
  done
  {
    echo "error: jbuild needs a JDK 25 or later; looked at JAVA_HOME, PATH and /usr/lib/jvm"
    if [ -n "$jdk_too_old" ]; then echo "found only:$jdk_too_old"; fi
    echo "hint: install a JDK 25 and set JAVA_HOME to it"
  } >&2
  return 1
}
