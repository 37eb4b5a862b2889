/* Ways to names below the step's root.
 *
 * The rootfs is hostile: any name in it may be a link to anywhere. Targets are
 * therefore walked one name at a time, without following links in the kernel;
 * links are read here and taken relative to the step's root, and ".." never
 * leaves it. What is mounted on is the directory or file that was reached,
 * held by its descriptor, so nobody can swap it in between. */
#include "root.h"

void stat_fd(struct step *step, int fd, struct statx *st, const char *path) {
  long r = sys(statx, fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, st);
  if (r < 0) die(step, (int)-r, path, 125);
}

/* The name after the ones taken so far, or false at the end. */
static bool next_name(struct walk *w, char **at) {
  while (**at == '/') ++*at;
  size_t n = 0;
  while ((*at)[n] && (*at)[n] != '/') n++;
  if (n == 0 || n >= sizeof w->name) return false;
  memcpy(w->name, *at, n);
  w->name[n] = 0;
  *at += n;
  return true;
}

static bool is_last(const char *at) {
  while (*at == '/') at++;
  return *at == 0;
}

/* Tells the supervisor of a name that goes after the step. */
void report_made(struct step *step, int parent, const char *name, enum made kind,
                        const struct statx *before, const char *path) {
  struct statx after;
  stat_fd(step, parent, &after, path);
  struct msg msg = {.type = MSG_STUB,
                    .code = kind,
                    .times = {before->stx_atime.tv_sec, before->stx_atime.tv_nsec,
                              before->stx_mtime.tv_sec, before->stx_mtime.tv_nsec,
                              after.stx_mtime.tv_sec, after.stx_mtime.tv_nsec}};
  struct text text = {msg.text, msg.text + sizeof msg.text};
  put(&text, name);
  long held = sys(openat, parent, ".", O_DIR_PATH);
  if (held < 0) die(step, (int)-held, path, 125);
  send_msg(step->socket, &msg, (int)held);
  sys(close, held);
}

/* Makes one name and tells the supervisor, which removes it after the step if
 * it is still empty and gives the parent its times back. */
static void make(struct step *step, int parent, const char *name, bool directory, bool stub,
                 int64_t uid, int64_t gid, const char *path) {
  struct statx before;
  stat_fd(step, parent, &before, path);
  long r = directory
               ? sys(mkdirat, parent, name, 0755)
               : sys(openat, parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (r < 0) die(step, (int)-r, path, 125);
  if (!directory) sys(close, r);
  if (uid || gid) {
    r = sys(fchownat, parent, name, uid, gid, AT_SYMLINK_NOFOLLOW);
    if (r < 0) die(step, (int)-r, path, 125);
  }
  if (stub && device_of(&before) == step->root_dev)
    report_made(step, parent, name, directory ? MADE_DIRECTORY : MADE_FILE, &before, path);
}

/* Walks path below root and returns a descriptor of what it names (O_PATH).
 * With PARENT it returns the parent, and the last name is in w->name. */
int walk(struct step *step, struct walk *w, int root, const char *path, enum want want,
                bool stub, int64_t uid, int64_t gid) {
  size_t length = strlen(path);
  if (length >= PATH_MAX_) die(step, ENAMETOOLONG, path, 125);
  memcpy(w->rest, path, length + 1);
  char *at = w->rest;
  int links = 0;
  w->depth = 0;
  w->fds[0] = root;
  while (next_name(w, &at)) {
    int here = w->fds[w->depth];
    if (same(w->name, ".")) continue;
    if (same(w->name, "..")) {
      if (w->depth > 0) sys(close, w->fds[w->depth--]);
      continue;
    }
    bool last = is_last(at);
    if (last && want == PARENT) break;
    long fd = sys(openat, here, w->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -ENOENT && want != EXISTING) {
      make(step, here, w->name, !(last && want == MAKE_FILE), stub, uid, gid, path);
      fd = sys(openat, here, w->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    }
    if (fd < 0) {
      if (want != EXISTING) die(step, (int)-fd, path, 125);
      while (w->depth > 0) sys(close, w->fds[w->depth--]);
      return (int)fd;
    }
    struct statx st;
    stat_fd(step, (int)fd, &st, path);
    if (is_type(&st, TYPE_LINK)) {
      if (want == MAKE_REAL) die(step, ENOTDIR, path, 125);
      if (++links > MAX_LINKS) die(step, ELOOP, path, 125);
      char link[PATH_MAX_];
      long n = sys(readlinkat, fd, "", link, sizeof link);
      sys(close, fd);
      size_t left = strlen(at) + 1;
      if (n < 0 || (size_t)n + 1 + left > sizeof link) die(step, ENAMETOOLONG, path, 125);
      link[n] = '/';
      memcpy(link + n + 1, at, left);
      memcpy(w->rest, link, (size_t)n + 1 + left);
      at = w->rest;
      if (link[0] == '/')
        while (w->depth > 0) sys(close, w->fds[w->depth--]);
      continue;
    }
    if (!last && !is_type(&st, TYPE_DIRECTORY)) {
      if (want != EXISTING) die(step, ENOTDIR, path, 125);
      sys(close, fd);
      while (w->depth > 0) sys(close, w->fds[w->depth--]);
      return -ENOTDIR;
    }
    if (w->depth + 1 == MAX_DEPTH) die(step, ENAMETOOLONG, path, 125);
    w->fds[++w->depth] = (int)fd;
  }
  int result = w->fds[w->depth];
  if (w->depth > 0)
    w->depth--;
  else {
    result = (int)sys(openat, root, ".", O_DIR_PATH);
    if (result < 0) die(step, -result, path, 125);
  }
  while (w->depth > 0) sys(close, w->fds[w->depth--]);
  return result;
}

int target_of(struct step *step, const char *target, enum want want, bool stub) {
  struct walk w;
  return walk(step, &w, step->root, target, want, stub, 0, 0);
}

int parent_of(struct step *step, struct walk *w, const char *path) {
  return walk(step, w, step->root, path, PARENT, false, 0, 0);
}

struct fd_path path_of(int fd) {
  struct fd_path path;
  struct text text = {path.at, path.at + sizeof path.at};
  put(&text, "/proc/self/fd/");
  put_number(&text, (uint64_t)fd);
  return path;
}

int open_host(struct step *step, const char *path) {
  long fd = sys(openat, AT_FDCWD_, path, O_PATH | O_CLOEXEC);
  if (fd < 0) die(step, (int)-fd, path, 125);
  return (int)fd;
}
