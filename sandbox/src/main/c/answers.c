/* What calls get that name something below /proc: the answers themselves, for
 * what procpaths.c has found. The rules of chroot.c hold for each. */
#include "jail.h"

#include <asm/stat.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/stat.h>

static long text_file(const char *content) {
  long fd = sys(memfd_create, "proc", MFD_CLOEXEC);
  if (fd >= 0) {
    sys(write, fd, content, strlen(content));
    sys(lseek, fd, 0, 0);
  }
  return fd;
}

/* A directory is not the real one but its shadow, made with root's rights. */
void answer_open_directory(const struct jail *jail, int pid, const struct found *found,
                           const char *first, uint64_t flags, struct answer *answer) {
  char name[16];
  struct text text = {name, name + sizeof name};
  put_number(&text, (uint64_t)tgid_of(pid));
  long real = sys(openat, found->dir, *found->tail ? found->tail : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (real < 0 || (flags & O_ACCMODE) != O_RDONLY) {
    answer->error = real < 0 ? (int32_t)real : -EISDIR;
    if (real >= 0) sys(close, real);
    return;
  }
  act_as_root();
  long fd = show_process(jail, is_number(first) ? first : name, found->tail, (int)real);
  sys(close, real);
  if (fd < 0) {
    answer->error = (int32_t)fd;
  } else {
    sys(lseek, fd, 0, 0);
    answer->fd = (int)fd;
    answer->close_on_exec = flags & O_CLOEXEC;
  }
}

/* The kernel goes into the shadow by itself, where only "self" has no number. */
void answer_enter(const struct jail *jail, const struct found *found, const char *first,
                  struct answer *answer) {
  if (!found->directory) { /* nothing in the shadow can lead to what a magic link does */
    answer->error = found->link ? -EACCES : -ENOTDIR;
    return;
  }
  long real = sys(openat, found->dir, *found->tail ? found->tail : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (real < 0) {
    answer->error = (int32_t)real;
    return;
  }
  answer->go_on = true;
  act_as_root();
  long fd = show_process(jail, same(first, "thread-self") ? "self" : first, found->tail, (int)real);
  if (fd >= 0) sys(close, fd);
  sys(close, real);
}

/* What is executed must be a file that the caller could execute by itself: reexec does so as the caller. */
void answer_execute(const struct jail *jail, int pid, const struct found *found, const char *first,
                    struct answer *answer) {
  struct statx st;
  /* Must be readable: a descriptor that only names a file cannot be handed to another process. */
  long fd = found->link ? sys(openat, found->dir, found->tail, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
                        : -EACCES;
  if (fd >= 0 && (sys(statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st) < 0 ||
                  (st.stx_mode & TYPE_MASK) != TYPE_FILE)) {
    sys(close, fd);
    fd = -EACCES;
  }
  if (fd < 0) {
    answer->error = (int32_t)fd;
    return;
  }
  int tgid = tgid_of(pid);
  act_as_root();
  long r = prepare_program(jail, tgid, same(first, "thread-self") ? "self" : first, found->tail, (int)fd);
  if (r < 0) {
    sys(close, fd);
    answer->error = (int32_t)r;
  } else {
    answer->go_on = true;
  }
}

void answer_open(const struct found *found, uint64_t flags, struct answer *answer) {
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

void answer_readlink(const struct jail *jail, int pid, int memory, const struct found *found,
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

void answer_stat(int memory, const struct found *found, uint64_t buffer, int flags, bool is_statx,
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
