/* What a step sees of /proc, and whom it may signal, where the executor can
 * neither mount nor make namespaces (tier C).
 *
 * The step is in a chroot without /proc, and its filter hands calls that name
 * paths or processes to the supervisor. A path that leads to /proc is opened
 * here, outside, and the descriptor given to the step; every other path is left
 * to the kernel, which looks it up inside the chroot, where there is nothing to
 * find that is not the step's own: so it does no harm if a second thread
 * changes the path after it was read here.
 *
 * Two rules keep the step in. No descriptor of a directory is ever given, since
 * ".." would lead out, but for one that the step itself holds. And a process
 * that is asked about is first held by its folder in /proc, then checked to
 * descend from pid 1 of the step, then looked at through that folder. */
#include "init.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/ioctl.h>
#include <linux/memfd.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/stat.h>

#define AT_FDCWD_ (-100)
#define PATH_MAX_ 4096
#define MAX_PROCESSES 65536
#define MAX_LINKS 40

/* ---- processes --------------------------------------------------------- */

struct process_entry {
  int pid, parent, group;
};

static struct process_entry table[MAX_PROCESSES];

static int64_t parse_number(const char **at) {
  while (**at == ' ') ++*at;
  bool negative = **at == '-';
  if (negative) ++*at;
  int64_t value = 0;
  while (**at >= '0' && **at <= '9') value = value * 10 + (*(*at)++ - '0');
  return negative ? -value : value;
}

static bool is_number(const char *s) {
  if (!*s) return false;
  for (; *s; s++)
    if (*s < '0' || *s > '9') return false;
  return true;
}

static size_t read_at(int dir, const char *path, char *to, size_t size) {
  long fd = sys(openat, dir, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  long n = sys(read, fd, to, size - 1);
  sys(close, fd);
  if (n < 0) n = 0;
  to[n] = 0;
  return (size_t)n;
}

/* Parent and group from "pid (name) state parent group …"; the name may hold anything. */
static bool read_stat(int proc, const char *pid, struct process_entry *entry) {
  char path[32], stat[1024];
  struct text text = {path, path + sizeof path};
  put(&text, pid);
  put(&text, "/stat");
  size_t n = read_at(proc, path, stat, sizeof stat);
  while (n && stat[n - 1] != ')') n--;
  if (!n || n + 3 > sizeof stat) return false;
  const char *at = stat + n + 2; /* after ") S" */
  at++;
  entry->parent = (int)parse_number(&at);
  entry->group = (int)parse_number(&at);
  const char *number = pid;
  entry->pid = (int)parse_number(&number);
  return true;
}

static int scan(void) {
  long proc = sys(openat, AT_FDCWD_, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) return 0;
  static char entries[32768];
  int count = 0;
  long n;
  while ((n = sys(getdents64, proc, entries, sizeof entries)) > 0)
    for (long at = 0; at < n;) {
      unsigned short size;
      memcpy(&size, entries + at + 16, sizeof size);
      const char *name = entries + at + 19;
      if (is_number(name) && count < MAX_PROCESSES && read_stat((int)proc, name, &table[count])) count++;
      at += size;
    }
  sys(close, proc);
  return count;
}

/* Whether the step's pid 1 is an ancestor; orphans become its children. */
static bool descends(int count, int pid, int pid1) {
  for (int depth = 0; depth < 10000; depth++) {
    int i = 0;
    while (i < count && table[i].pid != pid) i++;
    if (i == count || table[i].parent <= 1) return false;
    if (table[i].parent == pid1) return true;
    pid = table[i].parent;
  }
  return false;
}

/* One round over everything that descends from pid 1; the caller goes on until
 * pid 1 has reaped all and ended. Stopped first, so that none forks away. */
void kill_descendants(int pid1) {
  int count = scan();
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < count; i++)
      if (descends(count, table[i].pid, pid1)) sys(kill, table[i].pid, round ? SIGKILL : SIGSTOP);
}

/* ---- the caller's memory ------------------------------------------------ */

/* Through /proc/PID/mem, held from the first byte to the last: the calls that do
 * the same, process_vm_*, are refused by the policy of Docker before 23. The
 * kernel asks for as much as ptrace would: see act_as. */
static int memory_of(int pid) {
  char path[32];
  struct text text = {path, path + sizeof path};
  put(&text, "/proc/");
  put_number(&text, (uint64_t)pid);
  put(&text, "/mem");
  return (int)sys(openat, AT_FDCWD_, path, O_RDWR | O_CLOEXEC);
}

static bool read_string(int memory, uint64_t address, char *to, size_t size) {
  size_t done = 0;
  while (done < size) {
    size_t chunk = 4096 - (address + done) % 4096; /* the next page may not be there */
    if (chunk > size - done) chunk = size - done;
    long n = sys(pread64, memory, to + done, chunk, address + done);
    if (n <= 0) return false;
    for (long i = 0; i < n; i++)
      if (!to[done + (size_t)i]) return true;
    done += (size_t)n;
  }
  return false;
}

static bool read_bytes(int memory, uint64_t address, void *to, size_t size) {
  return sys(pread64, memory, to, size, address) == (long)size;
}

/* May write to a private page that the caller itself may only read, as a debugger's write does: the
 * caller hurts nobody else. */
static bool write_bytes(int memory, uint64_t address, const void *from, size_t size) {
  return sys(pwrite64, memory, from, size, address) == (long)size;
}

/* ---- paths -------------------------------------------------------------- */

static bool starts(const char *text, const char *start) {
  while (*start)
    if (*text++ != *start++) return false;
  return true;
}

static bool contains(const char *text, const char *part) {
  for (; *text; text++)
    if (starts(text, part)) return true;
  return false;
}

/* Takes the root's own path off a path of the executor's. */
static const char *inside(const struct jail *jail, const char *path) {
  size_t n = strlen(jail->path);
  if (!starts(path, jail->path) || (path[n] && path[n] != '/')) return NULL;
  return path[n] ? path + n : "/";
}

/* Resolves a path of the step's as far as needed to see whether it leads below
 * /proc; what follows /proc is left in rest. Links that change meanwhile change
 * the answer, and nothing else: see above. */
static bool leads_to_proc(const struct jail *jail, const char *path, bool follow_last, char *rest) {
  char resolved[PATH_MAX_] = "", left[2 * PATH_MAX_], link[PATH_MAX_];
  struct text text = {left, left + sizeof left};
  put(&text, path);
  int links = 0;
  for (char *at = left;;) {
    while (*at == '/') at++;
    if (!*at) return false;
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
    if (depth + length + 2 > sizeof resolved) return false;
    resolved[depth] = '/';
    memcpy(resolved + depth + 1, at, length);
    resolved[depth + 1 + length] = 0;
    if (same(resolved, "/proc")) {
      while (*end == '/') end++;
      struct text out = {rest, rest + PATH_MAX_};
      *rest = 0;
      put(&out, end);
      return *end != 0;
    }
    long n = last && !follow_last ? -EINVAL
                                  : sys(readlinkat, jail->root, resolved + 1, link, sizeof link - 1);
    if (n < 0) {
      at = end;
      continue;
    }
    if (++links > MAX_LINKS) return false;
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

static const char *const own_files[] = {
    "auxv",  "cgroup", "cmdline", "comm",   "environ",       "exe",     "io",
    "limits", "loginuid", "maps", "oom_score_adj", "personality", "root", "cwd", "sched",
    "schedstat", "sessionid", "smaps", "smaps_rollup", "stat", "statm", "status", "wchan",
    "uid_map", "gid_map", "setgroups", NULL};

static const char *const machine_files[] = {
    "cpuinfo", "devices", "diskstats", "filesystems", "loadavg", "meminfo", "stat", "swaps",
    "uptime", "version", "vmstat", "sys/kernel/osrelease", "sys/kernel/ostype",
    "sys/kernel/version", "sys/kernel/hostname", "sys/kernel/pid_max", "sys/kernel/threads-max",
    "sys/kernel/cap_last_cap", "sys/kernel/ngroups_max", "sys/kernel/random/boot_id",
    "sys/kernel/random/uuid", "sys/kernel/random/entropy_avail", "sys/kernel/shmmax",
    "sys/kernel/shmall", "sys/kernel/shmmni", "sys/kernel/sem", "sys/kernel/msgmax",
    "sys/vm/overcommit_memory", "sys/vm/max_map_count", "sys/vm/swappiness", "sys/fs/file-max",
    "sys/fs/nr_open", "sys/fs/pipe-max-size", "sys/fs/inotify/max_user_watches",
    "sys/fs/inotify/max_user_instances", "sys/net/core/somaxconn", NULL};

static bool listed(const char *const *names, const char *name) {
  for (; *names; names++)
    if (same(*names, name)) return true;
  return false;
}

/* fd/N, fdinfo/N, task/N/(comm|stat|status) */
static bool numbered(const char *tail, const char *folder, const char *file) {
  if (!starts(tail, folder)) return false;
  const char *at = tail + strlen(folder);
  if (*at < '0' || *at > '9') return false;
  while (*at >= '0' && *at <= '9') at++;
  return same(at, file);
}

struct found {
  int dir;          /* /proc or the folder of a process; -1 for text made here */
  const char *tail; /* below dir */
  const char *made; /* text of a file that does not exist */
  bool link;        /* a magic link: fd/N, exe, cwd, root */
};

static int tgid_of(int pid) {
  char path[32], status[2048];
  struct text text = {path, path + sizeof path};
  put(&text, "/proc/");
  put_number(&text, (uint64_t)pid);
  put(&text, "/status");
  read_at(AT_FDCWD_, path, status, sizeof status);
  for (const char *at = status; *at; at++)
    if (starts(at, "\nTgid:\t")) {
      at += 7;
      return (int)parse_number(&at);
    }
  return pid;
}

/* What a path below /proc names, for a caller; an errno if nothing that it may see. */
static long find(const struct jail *jail, int caller, char *rest, struct found *found) {
  size_t n = 0;
  for (const char *at = rest; *at; at++) /* single slashes, none at the end */
    if (*at != '/' || (at[1] && at[1] != '/' && n)) rest[n++] = *at;
  rest[n] = 0;
  char *tail = rest;
  while (*tail && *tail != '/') tail++;
  if (*tail) *tail++ = 0;
  if (contains(tail, "..")) return -ENOENT;
  bool thread = same(rest, "thread-self");
  if (same(rest, "mounts") || (same(tail, "mounts") && (same(rest, "self") || is_number(rest)))) {
    *found = (struct found){-1, "", "rootfs / rootfs rw 0 0\n", false};
    return 0;
  }
  if (same(tail, "mountinfo")) {
    *found = (struct found){-1, "", "1 1 0:1 / / rw - rootfs rootfs rw\n", false};
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
  if (*tail && !link && !listed(own_files, tail) && !numbered(tail, "fdinfo/", "") &&
      !numbered(tail, "task/", "/comm") && !numbered(tail, "task/", "/stat") &&
      !numbered(tail, "task/", "/status") && !same(tail, "fd") && !same(tail, "task")) {
    sys(close, dir);
    return -ENOENT;
  }
  *found = (struct found){(int)dir, tail, NULL, link};
  return 0;
}

/* ---- answers ------------------------------------------------------------ */

struct answer {
  int64_t value;
  int32_t error;
  bool go_on; /* the kernel carries out the call itself */
  int fd;     /* given to the caller, or -1 */
  bool close_on_exec;
};

static long text_file(const char *content) {
  long fd = sys(memfd_create, "proc", MFD_CLOEXEC);
  if (fd >= 0) {
    sys(write, fd, content, strlen(content));
    sys(lseek, fd, 0, 0);
  }
  return fd;
}

/* Takes on the caller's real and file-system ids while its call is answered:
 * files open with its rights, not with root's, and the kernel lets us see its
 * memory and descriptors without CAP_SYS_PTRACE. The effective id stays root's. */
static void act_as(int pid) {
  char name[32], status[2048];
  struct text text = {name, name + sizeof name};
  put(&text, "/proc/");
  put_number(&text, (uint64_t)pid);
  put(&text, "/status");
  read_at(AT_FDCWD_, name, status, sizeof status);
  int64_t uid = 0, gid = 0;
  for (const char *at = status; *at; at++) {
    if (starts(at, "\nUid:\t") || starts(at, "\nGid:\t")) {
      bool user = at[1] == 'U';
      at += 6;
      *(user ? &uid : &gid) = parse_number(&at);
      at--;
    }
  }
  if (gid) sys(setresgid, gid, -1, -1), sys(setfsgid, gid);
  if (uid) sys(setresuid, uid, -1, -1), sys(setfsuid, uid);
}

static void act_as_root(void) {
  sys(setfsuid, 0);
  sys(setfsgid, 0);
  sys(setresuid, 0, -1, -1);
  sys(setresgid, 0, -1, -1);
}

static void do_open(const struct found *found, uint64_t flags, struct answer *answer) {
  bool writes = (flags & O_ACCMODE) != O_RDONLY;
  bool writable = numbered(found->tail, "fd/", "") || same(found->tail, "oom_score_adj") ||
                  same(found->tail, "comm");
  long fd;
  if (found->made) {
    fd = writes ? -EACCES : text_file(found->made);
  } else if (writes && !writable) {
    fd = -EACCES;
  } else {
    /* A pipe without its other end must not hold us up. */
    fd = sys(openat, found->dir, found->tail,
             (flags & (O_ACCMODE | O_APPEND | O_NOFOLLOW | O_DIRECTORY | O_TRUNC)) | O_NONBLOCK |
                 O_NOCTTY | O_CLOEXEC);
  }
  if (fd < 0) {
    answer->error = (int32_t)fd;
    return;
  }
  struct statx st;
  long r = sys(statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st);
  if (r < 0 || ((st.stx_mode & TYPE_MASK) == TYPE_DIRECTORY && !found->link)) {
    sys(close, fd);
    answer->error = -EACCES;
    return;
  }
  if (!(flags & O_NONBLOCK)) {
    long now = sys(fcntl, fd, F_GETFL);
    sys(fcntl, fd, F_SETFL, now & ~O_NONBLOCK);
  }
  answer->fd = (int)fd;
  answer->close_on_exec = flags & O_CLOEXEC;
}

static void do_readlink(const struct jail *jail, int pid, int memory, const struct found *found,
                        const char *first, uint64_t buffer, uint64_t size, struct answer *answer) {
  char target[PATH_MAX_];
  struct text text = {target, target + sizeof target};
  if (!*found->tail && same(first, "self")) {
    put_number(&text, (uint64_t)tgid_of(pid));
  } else {
    long n = found->made ? -EINVAL : sys(readlinkat, found->dir, found->tail, target, sizeof target - 1);
    if (n < 0) {
      answer->error = (int32_t)n;
      return;
    }
    target[n] = 0;
  }
  const char *shown = target[0] == '/' ? inside(jail, target) : target;
  if (!shown) {
    answer->error = -ENOENT;
    return;
  }
  size_t length = strlen(shown);
  if (length > size) length = size;
  if (write_bytes(memory, buffer, shown, length))
    answer->value = (int64_t)length;
  else
    answer->error = -EFAULT;
}

static void do_stat(int memory, const struct found *found, uint64_t buffer, int flags, bool is_statx,
                    unsigned mask, struct answer *answer) {
  char result[256];
  long made = found->made ? text_file(found->made) : -1;
  int dir = made >= 0 ? (int)made : found->dir;
  int how = (flags & AT_SYMLINK_NOFOLLOW) | (made >= 0 || !*found->tail ? AT_EMPTY_PATH : 0);
  const char *path = made >= 0 ? "" : found->tail;
  long r = is_statx ? sys(statx, dir, path, how, mask, result) : sys(newfstatat, dir, path, result, how);
  if (made >= 0) sys(close, made);
  size_t size = is_statx ? sizeof(struct statx) : sizeof(struct stat);
  if (r < 0)
    answer->error = (int32_t)r;
  else if (!write_bytes(memory, buffer, result, size))
    answer->error = -EFAULT;
}

/* Only the step's own processes can be signalled; others do not exist. */
static void do_kill(const struct jail *jail, int caller, int64_t target, struct answer *answer) {
  int count = scan();
  if (target == -1) {
    for (int i = 0; i < count; i++)
      if (table[i].pid != caller && descends(count, table[i].pid, jail->pid1)) sys(kill, table[i].pid, 15);
    return;
  }
  answer->go_on = true;
  if (target == 0) return;
  if (target > 0) {
    int group_leader = tgid_of((int)target);
    answer->go_on = descends(count, group_leader, jail->pid1);
  } else {
    bool any = false;
    for (int i = 0; i < count; i++)
      if (table[i].group == -target) {
        any = true;
        if (!descends(count, table[i].pid, jail->pid1)) answer->go_on = false;
      }
    answer->go_on = answer->go_on && any;
  }
  if (!answer->go_on) answer->error = -ESRCH;
}

struct call {
  enum { OPEN, STAT, STATX, ACCESS, READLINK } kind;
  int64_t dirfd;
  uint64_t path, flags, buffer, size;
};

static bool decode(int nr, const uint64_t *a, int memory, struct call *call) {
  *call = (struct call){.dirfd = AT_FDCWD_};
  switch (nr) {
    case __NR_openat: *call = (struct call){OPEN, (int)a[0], a[1], a[2], 0, 0}; return true;
    case __NR_openat2: {
      uint64_t how[3] = {0};
      if (!read_bytes(memory, a[2], how, sizeof how)) return false;
      *call = (struct call){OPEN, (int)a[0], a[1], how[0], 0, 0};
      return true;
    }
    case __NR_newfstatat: *call = (struct call){STAT, (int)a[0], a[1], a[3], a[2], 0}; return true;
    case __NR_statx: *call = (struct call){STATX, (int)a[0], a[1], a[2], a[4], a[3]}; return true;
    case __NR_faccessat:
    case __NR_faccessat2: *call = (struct call){ACCESS, (int)a[0], a[1], a[2], 0, 0}; return true;
    case __NR_readlinkat: *call = (struct call){READLINK, (int)a[0], a[1], 0, a[2], a[3]}; return true;
#ifdef __NR_open
    case __NR_open: call->kind = OPEN, call->path = a[0], call->flags = a[1]; return true;
    case __NR_stat: call->kind = STAT, call->path = a[0], call->buffer = a[1]; return true;
    case __NR_lstat:
      call->kind = STAT, call->path = a[0], call->buffer = a[1], call->flags = AT_SYMLINK_NOFOLLOW;
      return true;
    case __NR_access: call->kind = ACCESS, call->path = a[0], call->flags = a[1]; return true;
    case __NR_readlink:
      call->kind = READLINK, call->path = a[0], call->buffer = a[1], call->size = a[2];
      return true;
#endif
    default: return false;
  }
}

/* The step's own name for where a relative path starts. */
static bool base_of(const struct jail *jail, int pid, int64_t dirfd, char *to) {
  char path[64], target[PATH_MAX_];
  struct text text = {path, path + sizeof path};
  put(&text, "/proc/");
  put_number(&text, (uint64_t)pid);
  put(&text, dirfd == AT_FDCWD_ ? "/cwd" : "/fd/");
  if (dirfd != AT_FDCWD_) put_number(&text, (uint64_t)dirfd);
  long n = sys(readlinkat, AT_FDCWD_, path, target, sizeof target - 1);
  if (n < 0) return false;
  target[n] = 0;
  const char *shown = inside(jail, target);
  if (!shown) return false;
  struct text out = {to, to + PATH_MAX_};
  put(&out, shown);
  put(&out, "/");
  return true;
}

static void answer_path(const struct jail *jail, int pid, int memory, const struct call *call,
                        struct answer *answer) {
  char path[2 * PATH_MAX_], given[PATH_MAX_], rest[PATH_MAX_];
  answer->go_on = true;
  if (!read_string(memory, call->path, given, sizeof given)) return;
  /* Most paths are told by a glance; they cost no lookup. */
  bool device = starts(given, "/dev/");
  if (!device && !contains(given, "proc") && !contains(given, "mtab")) return;
  path[0] = 0;
  if (given[0] != '/' && !base_of(jail, pid, call->dirfd, path)) return;
  struct text text = {path + strlen(path), path + sizeof path};
  put(&text, given);
  bool follow = call->kind == READLINK ? false
                : call->kind == OPEN   ? !(call->flags & O_NOFOLLOW)
                : call->kind == ACCESS ? true
                                       : !(call->flags & AT_SYMLINK_NOFOLLOW);
  if (!leads_to_proc(jail, path, follow, rest)) {
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                          "/dev/urandom", "/dev/tty", NULL};
    /* Where no node can be made, the container's own is lent. */
    if (device && call->kind == OPEN && listed(devices, given) &&
        sys(faccessat, jail->root, given + 1, 0) < 0) {
      long fd = sys(openat, AT_FDCWD_, given, (call->flags & O_ACCMODE) | O_CLOEXEC | O_NOCTTY);
      answer->go_on = false;
      if (fd < 0) answer->error = (int32_t)fd;
      else answer->fd = (int)fd, answer->close_on_exec = call->flags & O_CLOEXEC;
    }
    return;
  }
  answer->go_on = false;
  char first[16];
  struct text head = {first, first + sizeof first};
  first[0] = 0;
  put(&head, rest);
  struct found found = {0};
  long r = find(jail, pid, rest, &found);
  if (r < 0) {
    answer->error = (int32_t)r;
    return;
  }
  switch (call->kind) {
    case OPEN: do_open(&found, call->flags, answer); break;
    case STAT: do_stat(memory, &found, call->buffer, (int)call->flags, false, 0, answer); break;
    case STATX: do_stat(memory, &found, call->buffer, (int)call->flags, true, (unsigned)call->size, answer); break;
    case ACCESS:
      if (!found.made) {
        r = sys(faccessat, found.dir, *found.tail ? found.tail : ".", call->flags);
        if (r < 0) answer->error = (int32_t)r;
      }
      break;
    case READLINK: do_readlink(jail, pid, memory, &found, first, call->buffer, call->size, answer); break;
  }
  if (found.dir >= 0) sys(close, found.dir);
}

void on_notification(const struct jail *jail) {
  union {
    struct seccomp_notif at;
    char room[512]; /* the kernel's may be larger than ours */
  } request = {0};
  if (sys(ioctl, jail->listener, SECCOMP_IOCTL_NOTIF_RECV, &request) < 0) return;
  const struct seccomp_data *data = &request.at.data;
  int pid = (int)request.at.pid;
  struct answer answer = {.fd = -1};
  struct call call;
  act_as(pid);
  switch (data->nr) {
    case __NR_kill:
    case __NR_tkill:
    case __NR_tgkill:
    case __NR_rt_sigqueueinfo:
    case __NR_rt_tgsigqueueinfo: do_kill(jail, pid, (int)data->args[0], &answer); break;
    default: {
      int memory = memory_of(pid);
      if (memory >= 0 && decode(data->nr, (const uint64_t *)data->args, memory, &call))
        answer_path(jail, pid, memory, &call, &answer);
      else
        answer.go_on = true;
      if (memory >= 0) sys(close, memory);
    }
  }
  act_as_root();
  /* The caller may have died and its number be another's by now. */
  bool valid = sys(ioctl, jail->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &request.at.id) >= 0;
  if (valid && answer.fd >= 0) {
    struct seccomp_notif_addfd give = {
        .id = request.at.id,
        .srcfd = (uint32_t)answer.fd,
        .newfd_flags = answer.close_on_exec ? O_CLOEXEC : 0,
    };
    long fd = sys(ioctl, jail->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &give);
    if (fd < 0) answer.error = (int32_t)fd;
    else answer.value = fd;
  }
  if (answer.fd >= 0) sys(close, answer.fd);
  if (!valid) return;
  union {
    struct seccomp_notif_resp at;
    char room[512];
  } response = {0};
  response.at.id = request.at.id;
  response.at.val = answer.go_on || answer.error ? 0 : answer.value;
  response.at.error = answer.go_on ? 0 : answer.error;
  response.at.flags = answer.go_on ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
  sys(ioctl, jail->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}
