/* The operations of a plan, and those that concern more than files. */
#include "root.h"

#include <linux/bpf.h>
#include <linux/ioctl.h>
#include <linux/sockios.h>

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
    case OP_MOUNT_POINT: do_mount_point(step, op); break;
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
