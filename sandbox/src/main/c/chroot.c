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
 * ".." would lead out, but for one that the step itself holds and those of
 * shadow.c, which are below the step's root. And a process
 * that is asked about is first held by its folder in /proc, then checked to
 * descend from pid 1 of the step, then looked at through that folder. */
#include "jail.h"

#include <asm/statfs.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/ioctl.h>
#include <linux/seccomp.h>
#include <linux/stat.h>

/* ---- processes ---------------------------------------------------------- */

/* Whether a process, or every one of a group, is the step's own. */
static bool is_own(const struct jail *jail, int count, int64_t target) {
  if (target == 0) return true;
  if (target > 0) return descends(count, tgid_of((int)target), jail->pid1);
  bool any = false;
  for (int i = 0; i < count; i++)
    if (table[i].group == -target) {
      any = true;
      if (!descends(count, table[i].pid, jail->pid1)) return false;
    }
  return any;
}

/* kill(-1, …): of the step's own processes those that the caller may signal, and not itself. */
static void answer_kill_all(const struct jail *jail, int caller, int signal, struct answer *answer) {
  int count = scan(), own = tgid_of(caller);
  bool any = false;
  act_wholly();
  for (int i = 0; i < count; i++)
    if (table[i].pid != own && descends(count, table[i].pid, jail->pid1)) {
      long r = sys(kill, table[i].pid, signal);
      if (r != -EPERM /* passed over, as by the kernel */) answer->error = (int32_t)r;
      any = true;
    }
  if (!any) answer->error = -ESRCH;
}

/* Only the step's own processes can be signalled; others do not exist. */
static void answer_kill(const struct jail *jail, int64_t target, struct answer *answer) {
  int count = scan();
  answer->go_on = is_own(jail, count, target);
  if (!answer->go_on) answer->error = -ESRCH;
}

/* fcntl(F_SETOWN): who gets a signal of the caller's choice when a file is ready. For root the kernel
 * lets that be anyone. */
static void answer_own(const struct jail *jail, int64_t owner, struct answer *answer) {
  answer->go_on = is_own(jail, scan(), owner);
  if (!answer->go_on) answer->error = -ESRCH;
}

/* ---- paths -------------------------------------------------------------- */

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

enum { NODEV = 4 }; /* of statfs(2) */

/* Not where none could be made, nor on a mount without devices, as `docker run --tmpfs` makes. */
static bool own_node_opens(const struct jail *jail, const char *name) {
  struct statx st;
  struct statfs mount;
  if (sys(statx, jail->root, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st) < 0) return false;
  if ((st.stx_mode & TYPE_MASK) != TYPE_CHARACTER) return true;
  return sys(fstatfs, jail->root, &mount) >= 0 && !(mount.f_flags & NODEV);
}

/* Where no node of the step's can be used, the container's own is lent; not /dev/tty, which is
 * our terminal when we open it. */
static void lend_device(const struct jail *jail, const char *path, uint64_t flags, struct answer *answer) {
  static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                        "/dev/urandom", NULL};
  if (!listed(devices, path) || own_node_opens(jail, path + 1)) return;
  long fd = sys(openat, AT_FDCWD_, path, (flags & O_ACCMODE) | O_CLOEXEC | O_NOCTTY);
  answer->go_on = false;
  if (fd < 0) answer->error = (int32_t)fd;
  else answer->fd = (int)fd, answer->close_on_exec = flags & O_CLOEXEC;
}

/* Whether the caller still waits. If so after its memory was opened, that memory is the caller's and
 * not that of a process which got its number (seccomp_unotify(2)). */
static bool waits(const struct jail *jail, uint64_t *id) {
  return sys(ioctl, jail->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, id) >= 0;
}

static void answer_below_proc(const struct jail *jail, uint64_t *id, int pid, int memory,
                              const struct call *call, char *rest, struct answer *answer) {
  answer->go_on = false;
  struct found found = {0};
  long r;
  if (call->kind == OPEN && same(rest, "self/.program")) {
    r = program_of(tgid_of(pid));
    if (r < 0) answer->error = (int32_t)r;
    else answer->fd = (int)r, answer->close_on_exec = true;
    return;
  }
  r = find(jail, pid, rest, &found);
  const char *first = rest; /* which find has cut off */
  if (r >= 0 && !waits(jail, id)) { /* the folder that "self" led to may be another's */
    if (found.dir >= 0) sys(close, found.dir);
    r = -ESRCH; /* for nobody */
  }
  if (r < 0) {
    answer->error = (int32_t)r;
    return;
  }
  switch (call->kind) {
    case OPEN:
      if (found.directory) answer_open_directory(jail, pid, &found, first, call->flags, answer);
      else answer_open(&found, call->flags, answer);
      break;
    case ENTER: answer_enter(jail, &found, first, answer); break;
    case EXECUTE: answer_execute(jail, pid, &found, first, answer); break;
    case STAT: answer_stat(memory, &found, call->buffer, (int)call->flags, false, 0, answer); break;
    case STATX:
      answer_stat(memory, &found, call->buffer, (int)call->flags, true, (unsigned)call->size, answer);
      break;
    case ACCESS:
      if (!found.made) {
        r = sys(faccessat, found.dir, *found.tail ? found.tail : ".", call->flags);
        if (r < 0) answer->error = (int32_t)r;
      }
      break;
    case READLINK:
      answer_readlink(jail, pid, memory, &found, first, call->buffer, call->size, answer);
      break;
  }
  if (found.dir >= 0) sys(close, found.dir);
}

static void answer_path(const struct jail *jail, uint64_t *id, int pid, int memory,
                        const struct call *call, struct answer *answer) {
  char path[2 * PATH_MAX_], given[PATH_MAX_], rest[PATH_MAX_];
  answer->go_on = true;
  if (!read_string(memory, call->path, given, sizeof given)) return;
  /* Most paths are told by a glance; they cost no lookup. */
  bool device = starts(given, "/dev/");
  path[0] = 0;
  if (given[0] != '/' && (!given[0] || !base_of(jail, pid, call->dirfd, path))) return;
  if (!device && !starts(path, "/proc/") && !contains(given, "proc") && !contains(given, "mtab")) return;
  struct text text = {path + strlen(path), path + sizeof path};
  put(&text, given);
  bool follow = call->kind == READLINK ? false
                : call->kind == OPEN   ? !(call->flags & O_NOFOLLOW)
                : call->kind == ACCESS || call->kind == ENTER ? true
                                       : !(call->flags & AT_SYMLINK_NOFOLLOW);
  switch (leads_to_proc(jail, path, follow, rest)) {
    case ELSEWHERE:
      if (device && call->kind == OPEN) lend_device(jail, given, call->flags, answer);
      break;
    case PROC_ITSELF:
      if (call->kind == OPEN || call->kind == ENTER) act_as_root(), show_root(jail);
      break;
    case BELOW_PROC: answer_below_proc(jail, id, pid, memory, call, rest, answer); break;
  }
}

/* ---- the filter's questions --------------------------------------------- */

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
      if ((int)data->args[0] == -1) {
        answer_kill_all(jail, pid, (int)data->args[1], &answer);
        break;
      }
      [[fallthrough]];
    case __NR_tkill:
    case __NR_tgkill:
    case __NR_rt_sigqueueinfo:
    case __NR_rt_tgsigqueueinfo: answer_kill(jail, (int)data->args[0], &answer); break;
    case __NR_fcntl: answer_own(jail, (int)data->args[2], &answer); break;
    default: {
      int memory = memory_of(pid);
      if (memory >= 0 && waits(jail, (uint64_t *)&request.at.id) &&
          decode(data->nr, (const uint64_t *)data->args, memory, &call))
        answer_path(jail, (uint64_t *)&request.at.id, pid, memory, &call, &answer);
      else
        answer.go_on = true;
      if (memory >= 0) sys(close, memory);
    }
  }
  act_as_root();
  /* The caller may have died and its number be another's by now. */
  bool valid = waits(jail, (uint64_t *)&request.at.id);
  if (valid && answer.fd >= 0) {
    struct seccomp_notif_addfd give = {
        .id = request.at.id,
        .flags = SECCOMP_ADDFD_FLAG_SEND, /* both or neither: a signal may end the call meanwhile */
        .srcfd = (uint32_t)answer.fd,
        .newfd_flags = answer.close_on_exec ? O_CLOEXEC : 0,
    };
    long fd = sys(ioctl, jail->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &give);
    if (fd >= 0) valid = false; /* answered */
    else if (fd == -EINVAL) { /* before Linux 5.14 */
      give.flags = 0;
      fd = sys(ioctl, jail->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &give);
    }
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
