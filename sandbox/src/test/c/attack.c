/* Tries one thing that a step must not be able to do, or shows one thing that
 * it must see. Prints "REACHED" and what it reached, or "refused" and errno. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int verdict(long result, const char *what) {
  if (result < 0) {
    printf("refused %s: %s\n", what, strerrorname_np(errno));
    return 0;
  }
  printf("REACHED %s\n", what);
  return 1;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  const char *arg = argc > 2 ? argv[2] : "";
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (!strcmp(what, "euid")) {
    printf("euid %d\n", (int)geteuid());
    return 0;
  }
  if (!strcmp(what, "ptrace")) return verdict(ptrace(PTRACE_SEIZE, atoi(arg), 0, 0), what);
  if (!strcmp(what, "vmread")) {
    char buffer[8];
    struct iovec mine = {buffer, 8}, theirs = {(void *)0x400000, 8};
    return verdict(process_vm_readv(atoi(arg), &mine, 1, &theirs, 1, 0), what);
  }
  if (!strcmp(what, "pidfd_getfd")) {
    int pidfd = (int)syscall(SYS_pidfd_open, atoi(arg), 0);
    if (pidfd < 0) return verdict(-1, "pidfd_open");
    return verdict(syscall(SYS_pidfd_getfd, pidfd, 1, 0), what);
  }
  if (!strcmp(what, "kill")) return verdict(kill(atoi(arg), 0), what);
  if (!strcmp(what, "mount")) return verdict(mount("none", "/tmp", "tmpfs", 0, ""), what);
  if (!strcmp(what, "fsopen")) return verdict(syscall(SYS_fsopen, "tmpfs", 0), what);
  if (!strcmp(what, "open_tree")) return verdict(syscall(SYS_open_tree, -100, "/", 1), what);
  if (!strcmp(what, "umount")) return verdict(umount2("/proc", MNT_DETACH), what);
  if (!strcmp(what, "unshare")) return verdict(unshare(CLONE_NEWNS), what);
  if (!strcmp(what, "unshare-user")) return verdict(unshare(CLONE_NEWUSER), what);
  if (!strcmp(what, "clone-user")) {
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) _exit(0);
    return verdict(pid, what);
  }
  if (!strcmp(what, "clone3")) {
    uint64_t args[11] = {CLONE_NEWUSER};
    args[4] = SIGCHLD;
    long pid = syscall(SYS_clone3, args, sizeof args);
    if (pid == 0) _exit(0);
    return verdict(pid, what);
  }
  if (!strcmp(what, "setns")) {
    int fd = open(arg, O_RDONLY);
    if (fd < 0) return verdict(-1, arg);
    return verdict(setns(fd, 0), what);
  }
  if (!strcmp(what, "pivot_root")) return verdict(syscall(SYS_pivot_root, ".", "."), what);
  if (!strcmp(what, "keyctl")) return verdict(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, -3, 0), what);
  if (!strcmp(what, "add_key"))
    return verdict(syscall(SYS_add_key, "user", "x", "y", 1, -3), what);
  if (!strcmp(what, "bpf")) {
    char attr[128] = {0};
    return verdict(syscall(SYS_bpf, 0, attr, sizeof attr), what);
  }
  if (!strcmp(what, "io_uring")) {
    char params[256] = {0};
    return verdict(syscall(SYS_io_uring_setup, 1, params), what);
  }
  if (!strcmp(what, "userfaultfd")) return verdict(syscall(SYS_userfaultfd, 0), what);
  if (!strcmp(what, "perf")) {
    char attr[128] = {0};
    attr[4] = 112;
    return verdict(syscall(SYS_perf_event_open, attr, 0, -1, -1, 0), what);
  }
  if (!strcmp(what, "init_module")) return verdict(syscall(SYS_init_module, "", 0, ""), what);
  if (!strcmp(what, "finit_module")) return verdict(syscall(SYS_finit_module, 0, "", 0), what);
  if (!strcmp(what, "kexec")) return verdict(syscall(SYS_kexec_load, 0, 0, 0, 0), what);
  if (!strcmp(what, "reboot"))
    return verdict(syscall(SYS_reboot, 0xfee1dead, 672274793, RB_DISABLE_CAD, 0), what);
  if (!strcmp(what, "swapon")) return verdict(syscall(SYS_swapon, "/tmp", 0), what);
  if (!strcmp(what, "settime")) {
    struct timespec t = {1, 0};
    return verdict(syscall(SYS_clock_settime, 0, &t), what);
  }
  if (!strcmp(what, "syslog")) {
    char text[64];
    return verdict(syscall(SYS_syslog, 3, text, 64), what);
  }
  if (!strcmp(what, "open_by_handle")) {
    struct {
      unsigned bytes;
      int type;
      uint64_t handle;
    } h = {8, 1, 2};
    int fd = open("/", O_RDONLY);
    return verdict(syscall(SYS_open_by_handle_at, fd, &h, O_RDONLY), what);
  }
  if (!strcmp(what, "iopl")) {
#ifdef SYS_iopl
    return verdict(syscall(SYS_iopl, 3), what);
#else
    errno = ENOSYS;
    return verdict(-1, what);
#endif
  }
  if (!strcmp(what, "sethostname")) return verdict(sethostname("evil", 4), what);
  if (!strcmp(what, "personality")) return verdict(syscall(SYS_personality, 0x0040000), what);
  if (!strcmp(what, "vsock")) return verdict(socket(40, SOCK_STREAM, 0), what);
  if (!strcmp(what, "block")) { /* arg: major, argv[3]: minor */
    unlink("/tmp/node");
    if (mknod("/tmp/node", S_IFBLK | 0600, (dev_t)atoi(arg) << 8 | (dev_t)atoi(argv[3])) < 0)
      return verdict(-1, "mknod");
    char byte;
    int fd = open("/tmp/node", O_RDONLY);
    return verdict(fd < 0 ? -1 : read(fd, &byte, 1), what);
  }
  if (!strcmp(what, "char")) {
    unlink("/tmp/node");
    if (mknod("/tmp/node", S_IFCHR | 0600, (dev_t)atoi(arg) << 8 | (dev_t)atoi(argv[3])) < 0)
      return verdict(-1, "mknod");
    return verdict(open("/tmp/node", O_RDONLY), what);
  }
  if (!strcmp(what, "chroot")) { /* the classic way out of a chroot */
    mkdir("/tmp/jail", 0755);
    int fd = open("/", O_RDONLY);
    if (chroot("/tmp/jail") < 0) return verdict(-1, what);
    if (fchdir(fd) < 0) return verdict(-1, "fchdir");
    for (int i = 0; i < 64; i++)
      if (chdir("..") < 0) return verdict(-1, "chdir");
    if (chroot(".") < 0) return verdict(-1, "chroot .");
    if (access(arg, F_OK) < 0) return verdict(-1, "file outside");
    return verdict(0, what);
  }
  if (!strcmp(what, "write-exe")) { /* CVE-2019-5736: hold the launcher, write it later */
    int fd = open(arg, O_RDWR);
    if (fd < 0) return verdict(-1, arg);
    return verdict(write(fd, "x", 1), what);
  }
  if (!strcmp(what, "fds")) {
    for (int fd = 3; fd < 1024; fd++)
      if (fcntl(fd, F_GETFD) >= 0) printf("REACHED fd %d\n", fd);
    printf("refused\n");
    return 0;
  }
  if (!strcmp(what, "eat")) { /* memory, in MiB */
    for (int i = atoi(arg); i > 0; i--) {
      char *p = malloc(1 << 20);
      if (!p) return verdict(-1, what);
      memset(p, i, 1 << 20);
    }
    return verdict(0, what);
  }
  if (!strcmp(what, "forks")) {
    int n = 0;
    while (n < atoi(arg)) {
      pid_t pid = fork();
      if (pid < 0) break;
      if (pid == 0) {
        pause();
        _exit(0);
      }
      n++;
    }
    printf("forked %d\n", n);
    return 0;
  }
  if (!strcmp(what, "tiocsti")) {
    int fd = open("/dev/tty", O_RDWR);
    return verdict(fd, what);
  }
  if (!strcmp(what, "ambient")) {
    return verdict(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 21, 0, 0), what);
  }
  fprintf(stderr, "unknown attack %s\n", what);
  return 2;
}
