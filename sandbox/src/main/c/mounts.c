/* Everything below the step's root: mounts, files, devices, links, masks. */
#include "root.h"

/* What is masked and read-only below /proc and /sys is found by its name once
 * they are mounted. Behind a link that leads to the root, or through the very
 * directory that is covered then, there would be nothing of those names, and
 * the step would have the mount by another one ("/.."): all of it, writable. */
static enum want directory_for(const char *target) {
  return same(target, "/proc") || same(target, "/sys") ? MAKE_REAL : MAKE_DIRECTORY;
}

void do_mount(struct step *step, struct op *op) {
  const char *target = op_string(op);
  const char *type = op_string(op);
  const char *source = op_string(op);
  uint64_t flags = (uint64_t)op_number(op);
  const char *data = op_string(op);
  bool stub = op_number(op);
  int fd = target_of(step, target, directory_for(target), stub);
  long r = sys(mount, source, path_of(fd).at, type, flags, data);
  if (r < 0) die(step, (int)-r, target, 125);
  sys(close, fd);
}

/* A copy of the mount gets its flags before it is anywhere: its target, looked
 * up again, may lead elsewhere through links in what has just been mounted. */
static bool attach_copy(struct step *step, int source, int at, bool recursive, uint64_t flags,
                        const char *target) {
  long tree = sys(open_tree, source, "",
                  AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0));
  if (tree == -ENOSYS || tree == -EPERM) return false; /* before Linux 5.2, or a filter */
  if (tree < 0) die(step, (int)-tree, target, 125);
  restrict_mount(step, (int)tree, flags, recursive, target);
  long r = sys(move_mount, tree, "", at, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  if (r < 0) die(step, (int)-r, target, 125);
  sys(close, tree);
  return true;
}

/* The kernel's word for it is "invalid argument". */
static void same_kind(struct step *step, const struct statx *source, int at, const char *target) {
  struct statx st;
  stat_fd(step, at, &st, target);
  bool directory = is_type(&st, TYPE_DIRECTORY);
  if (directory != is_type(source, TYPE_DIRECTORY)) die(step, directory ? EISDIR : ENOTDIR, target, 125);
}

static void bind_onto(struct step *step, int source, const char *target, bool recursive,
                 uint64_t flags, bool stub, const char *name) {
  struct statx st;
  stat_fd(step, source, &st, name);
  int fd = target_of(step, target, is_type(&st, TYPE_DIRECTORY) ? directory_for(target) : MAKE_FILE,
                     stub);
  same_kind(step, &st, fd, target);
  if (attach_copy(step, source, fd, recursive, flags, target)) {
    sys(close, fd);
    return;
  }
  long r = sys(mount, path_of(source).at, path_of(fd).at, 0, MS_BIND | (recursive ? MS_REC : 0), 0);
  if (r < 0) die(step, (int)-r, target, 125);
  sys(close, fd);
  if (!flags) return;
  fd = target_of(step, target, EXISTING, false);
  if (fd < 0) die(step, -fd, target, 125);
  struct statx now;
  stat_fd(step, fd, &now, target);
  if (now.stx_ino != st.stx_ino || device_of(&now) != device_of(&st)) die(step, ELOOP, target, 125);
  restrict_mount(step, fd, flags, recursive, target);
  sys(close, fd);
}

/* A path of the executor's (-1), or one inside a stack, links followed inside it. */
static int open_source(struct step *step, int64_t stack, const char *path) {
  if (stack < 0) return open_host(step, path);
  if (stack >= step->stack_count) die(step, EINVAL, path, 125);
  struct walk w;
  int fd = walk(step, &w, step->stacks[stack], path, EXISTING, false, 0, 0);
  if (fd < 0) die(step, -fd, path, 125);
  return fd;
}

void do_bind(struct step *step, struct op *op) {
  int64_t stack = op_number(op);
  const char *source = op_string(op);
  const char *target = op_string(op);
  bool recursive = op_number(op);
  uint64_t flags = (uint64_t)op_number(op);
  bool stub = op_number(op);
  int fd = open_source(step, stack, source);
  bind_onto(step, fd, target, recursive, flags, stub, source);
  sys(close, fd);
}

static int made_inside(struct step *step, int64_t stack, const char *path, enum want want, bool stub,
                       int64_t uid, int64_t gid) {
  if (stack < 0 || stack >= step->stack_count) die(step, EINVAL, path, 125);
  struct statx st;
  stat_fd(step, step->stacks[stack], &st, path);
  uint64_t outer = step->root_dev;
  step->root_dev = device_of(&st);
  struct walk w;
  int fd = walk(step, &w, step->stacks[stack], path, want, stub, uid, gid);
  step->root_dev = outer;
  return fd;
}

void do_target(struct step *step, struct op *op) {
  int64_t stack = op_number(op);
  const char *path = op_string(op);
  bool stub = op_number(op);
  int64_t uid = op_number(op);
  int64_t gid = op_number(op);
  sys(close, made_inside(step, stack, path, MAKE_DIRECTORY, stub, uid, gid));
}

void do_mount_point(struct step *step, struct op *op) {
  int64_t stack = op_number(op);
  const char *path = op_string(op);
  int64_t from = op_number(op);
  const char *source = op_string(op);
  int fd = open_source(step, from, source);
  struct statx st;
  stat_fd(step, fd, &st, source);
  sys(close, fd);
  fd = made_inside(step, stack, path, is_type(&st, TYPE_DIRECTORY) ? MAKE_DIRECTORY : MAKE_FILE, true, 0, 0);
  same_kind(step, &st, fd, path);
  sys(close, fd);
}

void do_file(struct step *step, struct op *op) {
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

void do_mknod(struct step *step, struct op *op) {
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

void do_symlink(struct step *step, struct op *op) {
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

void do_mask(struct step *step, struct op *op) {
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

void do_readonly(struct step *step, struct op *op) {
  const char *path = op_string(op);
  int fd = target_of(step, path, EXISTING, false);
  if (fd < 0) return;
  bind_onto(step, fd, path, true, MS_RDONLY, false, path);
  sys(close, fd);
}
