/* The trees that a step's root and its mounts are taken from: layers put
 * together by overlay, and plain directories. */
#include "root.h"

void restrict_mount(struct step *step, int fd, uint64_t flags, bool recursive,
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
void make_scratch(struct step *step, const char *over) {
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

void use_as_root(struct step *step, int fd) {
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

void do_stack(struct step *step, struct op *op) {
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

void do_directory(struct step *step, struct op *op) {
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
