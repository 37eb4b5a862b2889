/* Paths that lead to /proc, and what of it a step of tier C is shown. */
#include "jail.h"

#include <linux/errno.h>
#include <linux/fcntl.h>

bool starts(const char *text, const char *start) {
  while (*start)
    if (*text++ != *start++) return false;
  return true;
}

bool contains(const char *text, const char *part) {
  for (; *text; text++)
    if (starts(text, part)) return true;
  return false;
}

/* Takes the root's own path off a path of the executor's. */
const char *inside(const struct jail *jail, const char *path) {
  size_t n = strlen(jail->path);
  if (!starts(path, jail->path) || (path[n] && path[n] != '/')) return NULL;
  return path[n] ? path + n : "/";
}

/* Resolves a path of the step's as far as needed to see whether it leads below
 * /proc; what follows /proc is left in rest. Links that change meanwhile change
 * the answer, and nothing else: see chroot.c. */
enum leads leads_to_proc(const struct jail *jail, const char *path, bool follow_last, char *rest) {
  char resolved[PATH_MAX_] = "", left[2 * PATH_MAX_], link[PATH_MAX_];
  struct text text = {left, left + sizeof left};
  put(&text, path);
  int links = 0;
  for (char *at = left;;) {
    while (*at == '/') at++;
    if (!*at) return ELSEWHERE;
    char *end = at;
    while (*end && *end != '/') end++;
    bool last = true;
    for (char *more = end; *more; more++)
      if (*more != '/') last = false;
    size_t length = (size_t)(end - at), depth = strlen(resolved);
    if (length == 1 && at[0] == '.') {
      at = end;
      continue;
    }
    if (length == 2 && at[0] == '.' && at[1] == '.') {
      while (depth && resolved[--depth] != '/') {}
      resolved[depth] = 0;
      at = end;
      continue;
    }
    if (depth + length + 2 > sizeof resolved) return ELSEWHERE;
    resolved[depth] = '/';
    memcpy(resolved + depth + 1, at, length);
    resolved[depth + 1 + length] = 0;
    if (same(resolved, "/proc")) {
      while (*end == '/' || (*end == '.' && end[-1] == '/' && (!end[1] || end[1] == '/'))) end++;
      struct text out = {rest, rest + PATH_MAX_};
      *rest = 0;
      put(&out, end);
      return *end ? BELOW_PROC : PROC_ITSELF;
    }
    long n = last && !follow_last ? -EINVAL
                                  : sys(readlinkat, jail->root, resolved + 1, link, sizeof link - 1);
    if (n < 0) {
      at = end;
      continue;
    }
    if (++links > MAX_LINKS) return ELSEWHERE;
    link[n] = 0;
    resolved[link[0] == '/' ? 0 : depth] = 0;
    char following[2 * PATH_MAX_];
    struct text joined = {following, following + sizeof following};
    put(&joined, link);
    put(&joined, "/");
    put(&joined, end);
    memcpy(left, following, strlen(following) + 1);
    at = left;
  }
}

const char *const own_files[] = {
    "auxv",  "cgroup", "cmdline", "comm",   "environ",       "exe",     "io",
    "limits", "loginuid", "maps", "oom_score_adj", "personality", "root", "cwd", "sched",
    "schedstat", "sessionid", "smaps", "smaps_rollup", "stat", "statm", "status", "wchan",
    "uid_map", "gid_map", "setgroups", NULL};

const char *const own_folders[] = {"fd", "fdinfo", "task", NULL};

const char *const machine_files[] = {
    "cpuinfo", "devices", "diskstats", "filesystems", "loadavg", "meminfo", "stat", "swaps",
    "uptime", "version", "vmstat", "sys/kernel/osrelease", "sys/kernel/ostype",
    "sys/kernel/version", "sys/kernel/hostname", "sys/kernel/pid_max", "sys/kernel/threads-max",
    "sys/kernel/cap_last_cap", "sys/kernel/ngroups_max", "sys/kernel/random/boot_id",
    "sys/kernel/random/uuid", "sys/kernel/random/entropy_avail", "sys/kernel/shmmax",
    "sys/kernel/shmall", "sys/kernel/shmmni", "sys/kernel/sem", "sys/kernel/msgmax",
    "sys/vm/overcommit_memory", "sys/vm/max_map_count", "sys/vm/swappiness", "sys/fs/file-max",
    "sys/fs/nr_open", "sys/fs/pipe-max-size", "sys/fs/inotify/max_user_watches",
    "sys/fs/inotify/max_user_instances", "sys/net/core/somaxconn", NULL};

bool listed(const char *const *names, const char *name) {
  for (; *names; names++)
    if (same(*names, name)) return true;
  return false;
}

/* fd/N, fdinfo/N, task/N/(comm|stat|status) */
bool numbered(const char *tail, const char *folder, const char *file) {
  if (!starts(tail, folder)) return false;
  const char *at = tail + strlen(folder);
  if (*at < '0' || *at > '9') return false;
  while (*at >= '0' && *at <= '9') at++;
  return same(at, file);
}

/* What a path below /proc names, for a caller; an errno if nothing that it may see. */
long find(const struct jail *jail, int caller, char *rest, struct found *found) {
  size_t n = 0;
  for (const char *at = rest; *at; at++) { /* single slashes, none at the end, no "." */
    bool begins = n == 0 || rest[n - 1] == '/';
    if (begins && (*at == '/' || (*at == '.' && (!at[1] || at[1] == '/')))) continue;
    rest[n++] = *at;
  }
  if (n && rest[n - 1] == '/') n--;
  rest[n] = 0;
  char *tail = rest;
  while (*tail && *tail != '/') tail++;
  if (*tail) *tail++ = 0;
  if (contains(tail, "..")) return -ENOENT;
  bool thread = same(rest, "thread-self");
  if (same(rest, "mounts") || (same(tail, "mounts") && (same(rest, "self") || is_number(rest)))) {
    *found = (struct found){-1, "", "rootfs / rootfs rw 0 0\n", false, false};
    return 0;
  }
  if (same(tail, "mountinfo")) {
    *found = (struct found){-1, "", "1 1 0:1 / / rw - rootfs rootfs rw\n", false, false};
    return 0;
  }
  if (!same(rest, "self") && !thread && !is_number(rest)) {
    if (*tail) tail[-1] = '/';
    if (!listed(machine_files, rest)) return -ENOENT;
    found->dir = (int)sys(openat, AT_FDCWD_, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    found->tail = rest;
    return found->dir < 0 ? found->dir : 0;
  }
  const char *digits = rest;
  int own = tgid_of(caller);
  int pid = is_number(rest) ? (int)parse_number(&digits) : own;
  char path[32];
  struct text text = {path, path + sizeof path};
  put(&text, "/proc/");
  put_number(&text, (uint64_t)pid);
  long dir = sys(openat, AT_FDCWD_, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return -ENOENT;
  if (pid != own && !descends(scan(), pid, jail->pid1)) {
    sys(close, dir);
    return -ENOENT;
  }
  bool link = numbered(tail, "fd/", "") || same(tail, "exe") || same(tail, "cwd") || same(tail, "root");
  bool directory = !*tail || listed(own_folders, tail) || numbered(tail, "task/", "");
  if (!directory && !link && !listed(own_files, tail) && !numbered(tail, "fdinfo/", "") &&
      !numbered(tail, "task/", "/comm") && !numbered(tail, "task/", "/stat") &&
      !numbered(tail, "task/", "/status")) {
    sys(close, dir);
    return -ENOENT;
  }
  *found = (struct found){(int)dir, tail, NULL, link, directory};
  return 0;
}
