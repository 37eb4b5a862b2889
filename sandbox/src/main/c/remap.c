/* The user namespace of a remapped step (--userns-remap). */
#include "init.h"

#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/signal.h>

#define AT_FDCWD_ (-100)

static long write_file(const char *path, const char *content, size_t length) {
  long fd = sys(openat, AT_FDCWD_, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return fd;
  long r = sys(write, fd, content, length);
  sys(close, fd);
  return r < 0 ? r : 0;
}

static struct text proc_path(char *at, size_t size, long pid, const char *name) {
  struct text text = {at, at + size};
  put(&text, "/proc/");
  put_number(&text, (uint64_t)pid);
  put(&text, name);
  return text;
}

/* A namespace needs a first process; it is gone once the namespace is held. */
long make_userns(struct op *op) {
  size_t uid_length, gid_length;
  const char *uids = op_text(op, &uid_length);
  const char *gids = op_text(op, &gid_length);
  long child = sys(clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
  if (child < 0) return child;
  if (child == 0)
    for (;;) sys(ppoll, 0, 0, 0, 0, 8);
  char path[64];
  proc_path(path, sizeof path, child, "/uid_map");
  long r = write_file(path, uids, uid_length);
  if (r >= 0) {
    proc_path(path, sizeof path, child, "/gid_map");
    r = write_file(path, gids, gid_length);
  }
  proc_path(path, sizeof path, child, "/ns/user");
  long fd = r < 0 ? r : sys(openat, AT_FDCWD_, path, O_RDONLY | O_CLOEXEC);
  sys(kill, child, SIGKILL);
  sys(wait4, child, 0, 0, 0);
  return fd;
}
