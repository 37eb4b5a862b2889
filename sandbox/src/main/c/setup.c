/* Everything below the step's root: mounts, files, devices.
 *
 * The rootfs is hostile: any name in it may be a link to anywhere. Targets are
 * therefore walked one name at a time, without following links in the kernel;
 * links are read here and taken relative to the step's root, and ".." never
 * leaves it. What is mounted on is the directory or file that was reached,
 * held by its descriptor, so nobody can swap it in between. */
#include "init.h"

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/ioctl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/sockios.h>
#include <linux/stat.h>

#define AT_FDCWD_ (-100)
#define PATH_MAX_ 4096
#define MAX_DEPTH 200
#define MAX_LINKS 40
#define O_DIR_PATH (O_PATH | O_DIRECTORY | O_CLOEXEC)

enum want { EXISTING, MAKE_DIRECTORY, MAKE_FILE, PARENT };

struct walk {
  int fds[MAX_DEPTH];
  int depth;
  char rest[2 * PATH_MAX_];
  char name[256];
};

static void stat_fd(struct step *step, int fd, struct statx *st, const char *path) {
  long r = sys(statx, fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, st);
  if (r < 0) die(step, (int)-r, path, 125);
}

static bool is_type(const struct statx *st, unsigned type) { return (st->stx_mode & TYPE_MASK) == type; }

static uint64_t device_of(const struct statx *st) {
  return (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;
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
static void report_made(struct step *step, int parent, const char *name, enum made kind,
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
static int walk(struct step *step, struct walk *w, int root, const char *path, enum want want,
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

/* "/proc/self/fd/N" names what a descriptor holds, for calls that take paths. */
struct fd_path {
  char at[32];
};

static struct fd_path path_of(int fd) {
  struct fd_path path;
  struct text text = {path.at, path.at + sizeof path.at};
  put(&text, "/proc/self/fd/");
  put_number(&text, (uint64_t)fd);
  return path;
}

static int open_host(struct step *step, const char *path) {
  long fd = sys(openat, AT_FDCWD_, path, O_PATH | O_CLOEXEC);
  if (fd < 0) die(step, (int)-fd, path, 125);
  return (int)fd;
}

/* ---- attributes of a mount ------------------------------------------- */

static void restrict_mount(struct step *step, int fd, uint64_t flags, bool recursive,
                           const char *path) {
  struct mount_attr attr = {0};
  if (flags & MS_RDONLY) attr.attr_set |= MOUNT_ATTR_RDONLY;
  if (flags & MS_NOSUID) attr.attr_set |= MOUNT_ATTR_NOSUID;
  if (flags & MS_NODEV) attr.attr_set |= MOUNT_ATTR_NODEV;
  if (flags & MS_NOEXEC) attr.attr_set |= MOUNT_ATTR_NOEXEC;
  if (!attr.attr_set) return;
  long r = sys(mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr,
               sizeof attr);
  if (r == -ENOSYS || r == -EPERM) /* before Linux 5.12, or a filter that does not know it */
    r = sys(mount, 0, path_of(fd).at, 0, MS_REMOUNT | MS_BIND | flags, 0);
  if (r < 0) die(step, (int)-r, path, 125);
}

/* ---- roots ------------------------------------------------------------ */

/* A tmpfs in our own namespace that holds mount points and the step's files. */
static void make_scratch(struct step *step, const char *over) {
  long r = sys(mount, "scratch", over, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700");
  if (r < 0) die(step, (int)-r, over, 125);
  step->scratch = open_host(step, over);
}

static int stack_point(struct step *step) {
  if (step->stack_count == (int)(sizeof step->stacks / sizeof *step->stacks))
    die(step, ENOSPC, "stacks of mounts", 125);
  char name[16];
  struct text text = {name, name + sizeof name};
  put(&text, "r");
  put_number(&text, (uint64_t)step->stack_count);
  long r = sys(mkdirat, step->scratch, name, 0755);
  if (r < 0) die(step, (int)-r, name, 125);
  r = sys(openat, step->scratch, name, O_DIR_PATH);
  if (r < 0) die(step, (int)-r, name, 125);
  return (int)r;
}

/* A lookup from the scratch directory sees what has just been mounted on the
 * point; the point's own descriptor still holds what is covered. */
static void stack_mounted(struct step *step, int point) {
  char name[16];
  struct text text = {name, name + sizeof name};
  put(&text, "r");
  put_number(&text, (uint64_t)step->stack_count);
  long fd = sys(openat, step->scratch, name, O_DIR_PATH);
  if (fd < 0) die(step, (int)-fd, "mounted root", 125);
  sys(close, point);
  step->stacks[step->stack_count++] = (int)fd;
}

static void use_as_root(struct step *step, int fd) {
  if (step->root >= 0) return;
  struct statx st;
  stat_fd(step, fd, &st, "/");
  step->root = fd;
  step->root_dev = device_of(&st);
}

/* A copy of the mount that shows other ids, at a point of the scratch space:
 * overlay takes layers of attached mounts only before Linux 6.15. */
static int id_mapped(struct step *step, int fd, const char *path) {
  long tree = sys(open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (tree < 0) die(step, (int)-tree, path, 125);
  struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP,
                            .userns_fd = (unsigned long long)step->userns};
  long r = sys(mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof attr);
  if (r < 0) die(step, (int)-r, path, 125);
  char name[16];
  struct text text = {name, name + sizeof name};
  put(&text, "i");
  put_number(&text, (uint64_t)step->mapped++);
  r = sys(mkdirat, step->scratch, name, 0755);
  if (r >= 0) r = sys(move_mount, tree, "", step->scratch, name, MOVE_MOUNT_F_EMPTY_PATH);
  if (r >= 0) r = sys(openat, step->scratch, name, O_DIR_PATH);
  if (r < 0) die(step, (int)-r, path, 125);
  sys(close, fd);
  sys(close, tree);
  return (int)r;
}

enum stack_flags { STACK_USERXATTR = 1, STACK_IDMAP = 2, STACK_NODEV = 4, STACK_READONLY = 8 };

static long config(int fs, const char *key, const char *value) {
  return sys(fsconfig, fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0);
}

/* The mount API takes layers one by one (Linux 6.7); the error is the reason
 * to try the option string. */
static long overlay_by_fsconfig(const int *lowers, int count, int upper, int work, int64_t flags,
                                int point) {
  long fs = sys(fsopen, "overlay", FSOPEN_CLOEXEC);
  if (fs < 0) return fs;
  long r = 0;
  for (int i = 0; i < count && r >= 0; i++) r = config((int)fs, "lowerdir+", path_of(lowers[i]).at);
  if (r >= 0 && upper >= 0) {
    r = config((int)fs, "upperdir", path_of(upper).at);
    if (r >= 0) r = config((int)fs, "workdir", path_of(work).at);
    /* What a step syncs need not reach the disk: a crash discards the step. */
    if (r >= 0) (void)config((int)fs, "volatile", NULL);
  }
  /* Renamed directories and metadata-only copies cannot be told in a layer. */
  if (r >= 0 && !(flags & STACK_USERXATTR)) {
    r = config((int)fs, "redirect_dir", "off");
    if (r >= 0) r = config((int)fs, "metacopy", "off");
    if (r >= 0) r = config((int)fs, "index", "off");
  }
  if (r >= 0 && (flags & STACK_USERXATTR)) r = config((int)fs, "userxattr", NULL);
  if (r >= 0) r = sys(fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
  if (r >= 0) r = sys(fsmount, fs, FSMOUNT_CLOEXEC, 0);
  sys(close, fs);
  if (r < 0) return r;
  long mnt = r;
  r = sys(move_mount, mnt, "", point, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  sys(close, mnt);
  return r;
}

static long overlay_by_string(const int *lowers, int count, int upper, int work, int64_t flags,
                              int point) {
  char options[PATH_MAX_];
  struct text text = {options, options + sizeof options};
  put(&text, flags & STACK_USERXATTR ? "userxattr," : "redirect_dir=off,metacopy=off,index=off,");
  if (upper >= 0) {
    put(&text, "upperdir=");
    put(&text, path_of(upper).at);
    put(&text, ",workdir=");
    put(&text, path_of(work).at);
    put(&text, ",");
  }
  put(&text, "lowerdir=");
  for (int i = 0; i < count; i++) {
    if (i) put(&text, ":");
    put(&text, path_of(lowers[i]).at);
  }
  if (text.at + 1 == text.end) return -E2BIG;
  return sys(mount, "overlay", path_of(point).at, "overlay", 0, options);
}

static void do_stack(struct step *step, struct op *op) {
  int64_t flags = op_number(op);
  int64_t count = op_number(op);
  int lowers[512];
  if (count < 1 || count > (int64_t)(sizeof lowers / sizeof *lowers)) die(step, E2BIG, "overlay", 125);
  for (int i = 0; i < count; i++) {
    int64_t stack = op_number(op);
    const char *path = op_string(op);
    if (stack >= step->stack_count) die(step, EINVAL, path, 125);
    lowers[i] = stack >= 0 ? (int)sys(fcntl, step->stacks[stack], F_DUPFD_CLOEXEC, 3)
                           : open_host(step, path);
    if (flags & STACK_IDMAP && stack < 0) lowers[i] = id_mapped(step, lowers[i], path);
  }
  const char *upper = op_string(op);
  const char *work = op_string(op);
  int upper_fd = -1, work_fd = -1;
  if (*upper) {
    if (flags & STACK_IDMAP) {
      /* Overlay wants both on one mount: the parent is mapped, its last names follow. */
      const char *parent = op_string(op);
      int tree = id_mapped(step, open_host(step, parent), parent);
      upper_fd = (int)sys(openat, tree, upper, O_DIR_PATH);
      work_fd = (int)sys(openat, tree, work, O_DIR_PATH);
      if (upper_fd < 0 || work_fd < 0) die(step, ENOENT, parent, 125);
      sys(close, tree);
    } else {
      upper_fd = open_host(step, upper);
      work_fd = open_host(step, work);
    }
  }
  int point = stack_point(step);
  long r;
  if (count == 1 && upper_fd < 0) { /* overlay wants two layers; one is a read-only bind */
    r = sys(mount, path_of(lowers[0]).at, path_of(point).at, 0, MS_BIND, 0);
  } else {
    r = overlay_by_fsconfig(lowers, (int)count, upper_fd, work_fd, flags, point);
    if (r == -ENOSYS || r == -EINVAL || r == -EPERM)
      r = overlay_by_string(lowers, (int)count, upper_fd, work_fd, flags, point);
  }
  if (r < 0) die(step, (int)-r, *upper ? upper : "overlay", 125);
  for (int i = 0; i < count; i++) sys(close, lowers[i]);
  if (upper_fd >= 0) sys(close, upper_fd), sys(close, work_fd);
  stack_mounted(step, point);
  int fd = step->stacks[step->stack_count - 1];
  restrict_mount(step, fd,
                 (flags & STACK_NODEV ? MS_NODEV : 0) | (flags & STACK_READONLY ? MS_RDONLY : 0),
                 false, "overlay");
}

static void do_directory(struct step *step, struct op *op) {
  const char *path = op_string(op);
  int64_t flags = op_number(op);
  int source = open_host(step, path);
  if (flags & STACK_IDMAP) source = id_mapped(step, source, path);
  int point = stack_point(step);
  long r = sys(mount, path_of(source).at, path_of(point).at, 0, MS_BIND | MS_REC, 0);
  if (r < 0) die(step, (int)-r, path, 125);
  sys(close, source);
  stack_mounted(step, point);
  restrict_mount(step, step->stacks[step->stack_count - 1],
                 (flags & STACK_NODEV ? MS_NODEV : 0) | (flags & STACK_READONLY ? MS_RDONLY : 0),
                 false, path);
}

/* ---- mounts ----------------------------------------------------------- */

static int target_of(struct step *step, const char *target, enum want want, bool stub) {
  struct walk w;
  return walk(step, &w, step->root, target, want, stub, 0, 0);
}

static void do_mount(struct step *step, struct op *op) {
  const char *target = op_string(op);
  const char *type = op_string(op);
  const char *source = op_string(op);
  uint64_t flags = (uint64_t)op_number(op);
  const char *data = op_string(op);
  bool stub = op_number(op);
  int fd = target_of(step, target, MAKE_DIRECTORY, stub);
  long r = sys(mount, source, path_of(fd).at, type, flags, data);
  if (r < 0) die(step, (int)-r, target, 125);
  sys(close, fd);
}

static void bind_onto(struct step *step, int source, const char *target, bool recursive,
                 uint64_t flags, bool stub, const char *name) {
  struct statx st;
  stat_fd(step, source, &st, name);
  int fd = target_of(step, target, is_type(&st, TYPE_DIRECTORY) ? MAKE_DIRECTORY : MAKE_FILE, stub);
  long r = sys(mount, path_of(source).at, path_of(fd).at, 0, MS_BIND | (recursive ? MS_REC : 0), 0);
  if (r < 0) die(step, (int)-r, target, 125);
  sys(close, fd);
  if (!flags) return;
  fd = target_of(step, target, EXISTING, false);
  if (fd < 0) die(step, -fd, target, 125);
  restrict_mount(step, fd, flags, recursive, target);
  sys(close, fd);
}

static void do_bind(struct step *step, struct op *op) {
  int64_t stack = op_number(op);
  const char *source = op_string(op);
  const char *target = op_string(op);
  bool recursive = op_number(op);
  uint64_t flags = (uint64_t)op_number(op);
  bool stub = op_number(op);
  int fd;
  if (stack >= 0) {
    if (stack >= step->stack_count) die(step, EINVAL, source, 125);
    struct walk w;
    fd = walk(step, &w, step->stacks[stack], source, EXISTING, false, 0, 0);
    if (fd < 0) die(step, -fd, source, 125);
  } else {
    fd = open_host(step, source);
  }
  bind_onto(step, fd, target, recursive, flags, stub, source);
  sys(close, fd);
}

static void do_target(struct step *step, struct op *op) {
  int64_t stack = op_number(op);
  const char *path = op_string(op);
  bool directory = op_number(op);
  bool stub = op_number(op);
  int64_t uid = op_number(op);
  int64_t gid = op_number(op);
  if (stack < 0 || stack >= step->stack_count) die(step, EINVAL, path, 125);
  struct statx st;
  stat_fd(step, step->stacks[stack], &st, path);
  uint64_t outer = step->root_dev;
  step->root_dev = device_of(&st);
  struct walk w;
  int fd = walk(step, &w, step->stacks[stack], path, directory ? MAKE_DIRECTORY : MAKE_FILE, stub,
                uid, gid);
  step->root_dev = outer;
  sys(close, fd);
}

static void do_file(struct step *step, struct op *op) {
  const char *target = op_string(op);
  size_t length;
  const char *content = op_text(op, &length);
  int64_t mode = op_number(op);
  int64_t uid = op_number(op);
  int64_t gid = op_number(op);
  uint64_t flags = (uint64_t)op_number(op);
  bool stub = op_number(op);
  char name[16];
  struct text text = {name, name + sizeof name};
  put(&text, "f");
  put_number(&text, step->files++);
  long out = sys(openat, step->scratch, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (out < 0) die(step, (int)-out, target, 125);
  for (size_t done = 0; done < length;) {
    long r = sys(write, out, content + done, length - done);
    if (r <= 0) die(step, r ? (int)-r : EIO, target, 125);
    done += (size_t)r;
  }
  long r = sys(fchown, out, uid, gid);
  if (r >= 0) r = sys(fchmod, out, mode);
  if (r < 0) die(step, (int)-r, target, 125);
  sys(close, out);
  int fd = (int)sys(openat, step->scratch, name, O_PATH | O_CLOEXEC);
  bind_onto(step, fd, target, false, flags, stub, target);
  sys(close, fd);
}

static int parent_of(struct step *step, struct walk *w, const char *path) {
  return walk(step, w, step->root, path, PARENT, false, 0, 0);
}

static void do_mknod(struct step *step, struct op *op) {
  const char *path = op_string(op);
  int64_t mode = op_number(op);
  int64_t device = op_number(op);
  int64_t uid = op_number(op);
  int64_t gid = op_number(op);
  struct walk w;
  int parent = parent_of(step, &w, path);
  struct statx before;
  stat_fd(step, parent, &before, path);
  long r = sys(mknodat, parent, w.name, mode, device);
  if (step->jailed) { /* the node is in the layer's own directory, and goes after the step */
    if (r == -EEXIST || r == -EPERM) {
      sys(close, parent);
      return;
    }
    report_made(step, parent, w.name, MADE_OTHER, &before, path);
  }
  if (r >= 0) r = sys(fchownat, parent, w.name, uid, gid, AT_SYMLINK_NOFOLLOW);
  /* The mode given to mknod is cut by the umask. */
  if (r >= 0) r = sys(fchmodat, parent, w.name, mode & 07777);
  if (r < 0) die(step, (int)-r, path, 125);
  sys(close, parent);
}

static void do_symlink(struct step *step, struct op *op) {
  const char *path = op_string(op);
  const char *text = op_string(op);
  struct walk w;
  int parent = parent_of(step, &w, path);
  struct statx before;
  stat_fd(step, parent, &before, path);
  long r = sys(symlinkat, text, parent, w.name);
  if (step->jailed && r == 0) report_made(step, parent, w.name, MADE_OTHER, &before, path);
  if (r < 0 && r != -EEXIST) die(step, (int)-r, path, 125);
  sys(close, parent);
}

static void do_mask(struct step *step, struct op *op) {
  const char *path = op_string(op);
  int fd = target_of(step, path, EXISTING, false);
  if (fd < 0) return; /* this kernel does not have it */
  struct statx st;
  stat_fd(step, fd, &st, path);
  long r;
  if (is_type(&st, TYPE_DIRECTORY)) {
    r = sys(mount, "tmpfs", path_of(fd).at, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
            "size=0,mode=0755");
  } else {
    /* The step's own /dev/null: its mode is not the executor's to lose. */
    int null = target_of(step, "/dev/null", EXISTING, false);
    if (null < 0) die(step, -null, "/dev/null", 125);
    r = sys(mount, path_of(null).at, path_of(fd).at, 0, MS_BIND, 0);
    sys(close, null);
  }
  if (r < 0) die(step, (int)-r, path, 125);
  sys(close, fd);
}

static void do_readonly(struct step *step, struct op *op) {
  const char *path = op_string(op);
  int fd = target_of(step, path, EXISTING, false);
  if (fd < 0) return;
  bind_onto(step, fd, path, true, MS_RDONLY, false, path);
  sys(close, fd);
}

/* ---- the rest --------------------------------------------------------- */

static void do_cgroup(struct step *step, struct op *op) {
  const char *path = op_string(op);
  long fd = sys(openat, AT_FDCWD_, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) die(step, (int)-fd, path, 125);
  long r = sys(write, fd, "0", 1);
  if (r < 0) die(step, (int)-r, path, 125);
  sys(close, fd);
}

/* cgroup v2 has no device controller but a program in its place. */
static void do_devices(struct step *step, struct op *op) {
  const char *path = op_string(op);
  size_t length;
  const char *program = op_text(op, &length);
  union bpf_attr load = {0};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insn_cnt = (uint32_t)(length / sizeof(struct bpf_insn));
  load.insns = (uint64_t)(uintptr_t)program;
  load.license = (uint64_t)(uintptr_t)"";
  long fd = sys(bpf, BPF_PROG_LOAD, &load, sizeof load);
  if (fd < 0) die(step, (int)-fd, path, 125);
  long cgroup = sys(openat, AT_FDCWD_, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (cgroup < 0) die(step, (int)-cgroup, path, 125);
  union bpf_attr attach = {0};
  attach.target_fd = (uint32_t)cgroup;
  attach.attach_bpf_fd = (uint32_t)fd;
  attach.attach_type = BPF_CGROUP_DEVICE;
  long r = sys(bpf, BPF_PROG_ATTACH, &attach, sizeof attach);
  if (r < 0) die(step, (int)-r, path, 125);
  sys(close, fd);
  sys(close, cgroup);
}

static void do_loopback(struct step *step) {
  long fd = sys(socket, 2 /* AF_INET */, 2 /* SOCK_DGRAM */ | O_CLOEXEC, 0);
  if (fd < 0) die(step, (int)-fd, "lo", 125);
  struct { /* struct ifreq; its header brings the C library's along */
    char name[16];
    short flags;
    char rest[22];
  } request = {"lo", 1 /* IFF_UP */ | 1 << 6 /* IFF_RUNNING */, {0}};
  long r = sys(ioctl, fd, SIOCSIFFLAGS, &request);
  if (r < 0) die(step, (int)-r, "lo", 125);
  sys(close, fd);
}

static void do_pivot(struct step *step) {
  long r = sys(fchdir, step->root);
  /* Old and new root on one point: no directory for the old one is needed in the image. */
  if (r >= 0) r = sys(pivot_root, ".", ".");
  if (r >= 0) r = sys(umount2, ".", 2 /* MNT_DETACH */);
  if (r >= 0) r = sys(chdir, "/");
  if (r < 0) die(step, (int)-r, "/", 125);
  for (int i = 0; i < step->stack_count; i++)
    if (step->stacks[i] != step->root) sys(close, step->stacks[i]);
  step->stack_count = 0;
  sys(close, step->scratch);
}

static void do_cwd(struct step *step, struct op *op) {
  const char *path = op_string(op);
  int64_t uid = op_number(op);
  int64_t gid = op_number(op);
  struct walk w;
  int fd = walk(step, &w, step->root, path, MAKE_DIRECTORY, false, uid, gid);
  long r = sys(fchdir, fd);
  if (r < 0) die(step, (int)-r, path, 125);
  sys(close, fd);
  step->cwd = path;
}

void run_setup(struct step *step, struct op *op) {
  switch (op->code) {
    case OP_CGROUP: do_cgroup(step, op); break;
    case OP_DEVICES: do_devices(step, op); break;
    case OP_SCRATCH: make_scratch(step, op_string(op)); break;
    case OP_STACK: do_stack(step, op); break;
    case OP_DIRECTORY: do_directory(step, op); break;
    case OP_TARGET: do_target(step, op); break;
    case OP_JAIL:
      step->jailed = true;
      use_as_root(step, open_host(step, op_string(op)));
      break;
    case OP_CHROOT: {
      long r = sys(fchdir, step->root);
      if (r >= 0) r = sys(chroot, ".");
      if (r < 0) die(step, (int)-r, "/", 125);
      break;
    }
    case OP_ROOT: use_as_root(step, step->stacks[step->stack_count - 1]); break;
    case OP_MOUNT: do_mount(step, op); break;
    case OP_BIND: do_bind(step, op); break;
    case OP_FILE: do_file(step, op); break;
    case OP_MKNOD: do_mknod(step, op); break;
    case OP_SYMLINK: do_symlink(step, op); break;
    case OP_MASK: do_mask(step, op); break;
    case OP_READONLY: do_readonly(step, op); break;
    case OP_HOSTNAME: {
      const char *name = op_string(op);
      long r = sys(sethostname, name, strlen(name));
      if (r < 0) die(step, (int)-r, name, 125);
      break;
    }
    case OP_LOOPBACK: do_loopback(step); break;
    case OP_PIVOT: do_pivot(step); break;
    case OP_CWD: do_cwd(step, op); break;
    default: die(step, EINVAL, "operation", 125);
  }
}
