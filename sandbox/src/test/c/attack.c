/* Tries one thing that a step must not be able to do, or shows one thing that
 * it must see. Prints "REACHED" and what it reached, or "refused" and errno. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
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

/* An abstract socket: shared by all of a network namespace. */
static socklen_t name_of(struct sockaddr_un *address, const char *name) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  strncpy(address->sun_path + 1, name, sizeof address->sun_path - 2);
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
}

struct passed {
  struct iovec vector;
  struct msghdr header;
  char byte, control[CMSG_SPACE(sizeof(int))];
};

static struct msghdr *message(struct passed *m) {
  memset(m, 0, sizeof *m);
  m->vector = (struct iovec){&m->byte, 1};
  m->header = (struct msghdr){.msg_iov = &m->vector, .msg_iovlen = 1, .msg_control = m->control,
                              .msg_controllen = sizeof m->control};
  return &m->header;
}

/* Hands a descriptor of its own root to whoever asks. */
static int give_root(const char *name) {
  struct sockaddr_un address;
  socklen_t length = name_of(&address, name);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0) return 1;
  printf("waiting\n");
  alarm(10);
  int peer = accept(listener, NULL, NULL), root = open("/", O_RDONLY | O_DIRECTORY);
  struct passed m;
  struct cmsghdr *c = CMSG_FIRSTHDR(message(&m));
  *c = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
  memcpy(CMSG_DATA(c), &root, sizeof root);
  sendmsg(peer, &m.header, 0);
  return read(peer, &m.byte, 1) < 0;
}

/* Goes up from another step's root to a file of the machine's. */
static int take_root(const char *name, const char *file) {
  struct sockaddr_un address;
  socklen_t length = name_of(&address, name);
  int peer = socket(AF_UNIX, SOCK_STREAM, 0), result;
  for (int i = 0; (result = connect(peer, (struct sockaddr *)&address, length)) < 0 && i < 20 &&
                  errno == ECONNREFUSED; i++)
    usleep(100000);
  if (result < 0) return verdict(-1, "connect");
  struct passed m;
  if (recvmsg(peer, message(&m), 0) <= 0) return verdict(-1, "recvmsg");
  int root;
  memcpy(&root, CMSG_DATA(CMSG_FIRSTHDR(&m.header)), sizeof root);
  char up[4096] = "";
  for (int i = 0; i < 64; i++) strcat(up, "../");
  strncat(up, file, sizeof up - strlen(up) - 1);
  return verdict(openat(root, up, O_RDONLY), "file through the root of another step");
}

/* A service of the executor's on two abstract sockets; it says what it hears. */
static int serve_abstract(const char *name) {
  struct sockaddr_un address;
  socklen_t length = name_of(&address, name);
  int stream = socket(AF_UNIX, SOCK_STREAM, 0), datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
  if (bind(stream, (struct sockaddr *)&address, length) < 0 || listen(stream, 4) < 0) return 1;
  address.sun_path[1] = '!';
  if (bind(datagrams, (struct sockaddr *)&address, length) < 0) return 1;
  printf("waiting\n");
  char byte;
  return read(0, &byte, 1) < 0; /* until its parent goes */
}

static int use_abstract(const char *name) {
  struct sockaddr_un address;
  socklen_t length = name_of(&address, name);
  int stream = socket(AF_UNIX, SOCK_STREAM, 0), datagrams = socket(AF_UNIX, SOCK_DGRAM, 0);
  verdict(connect(stream, (struct sockaddr *)&address, length), "abstract stream");
  address.sun_path[1] = '!';
  verdict(sendto(datagrams, "x", 1, 0, (struct sockaddr *)&address, length), "abstract datagram");
  return verdict(connect(datagrams, (struct sockaddr *)&address, length), "abstract connection");
}

/* What a step must be able to do: its processes talk through an abstract socket of their own. */
static int own_abstract(void) {
  struct sockaddr_un address;
  int listener = socket(AF_UNIX, SOCK_STREAM, 0), peer = socket(AF_UNIX, SOCK_STREAM, 0);
  socklen_t length = sizeof(sa_family_t); /* a name of the kernel's choice */
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0) return 1;
  length = sizeof address;
  if (getsockname(listener, (struct sockaddr *)&address, &length) < 0) return 1;
  pid_t child = fork();
  if (child == 0) _exit(connect(peer, (struct sockaddr *)&address, length) < 0 ? errno : 0);
  int status;
  waitpid(child, &status, 0);
  printf(status == 0 ? "talked\n" : "%s\n", strerrorname_np(WEXITSTATUS(status)));
  return 0;
}

/* Whether something listens there, by path. */
static int use_socket(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  int peer = socket(AF_UNIX, SOCK_STREAM, 0);
  return verdict(connect(peer, (struct sockaddr *)&address, sizeof address), path);
}

/* Executes itself from a file that claims a capability which the step has not. */
static int file_capability(void) {
  struct {
    uint32_t magic, permitted, inheritable, permitted2, inheritable2;
  } every = {0x02000001, ~0u, 0, 0x1ff, 0};
  if (system("cp /bin/attack /tmp/capable && chmod 755 /tmp/capable") != 0) return 1;
  if (syscall(SYS_setxattr, "/tmp/capable", "security.capability", &every, sizeof every, 0) < 0)
    return verdict(-1, "setxattr");
  execl("/tmp/capable", "/tmp/capable", "capabilities", (char *)0);
  return verdict(-1, "execute");
}

/* Beyond Docker's fourteen. */
static int capabilities(void) {
  char line[256];
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status)) {
    if (strncmp(line, "CapEff:", 7) && strncmp(line, "CapPrm:", 7) && strncmp(line, "CapBnd:", 7)) continue;
    if (strtoull(line + 7, NULL, 16) & ~0xa80425fbull) printf("REACHED %s", line);
  }
  printf(status ? "looked\n" : "no status\n");
  return 0;
}

static int become_user(void) {
  if (setgroups(0, NULL) < 0 || setresgid(1000, 1000, 1000) < 0 || setresuid(1000, 1000, 1000) < 0)
    return verdict(-1, "another user") - 1;
  return prctl(PR_SET_DUMPABLE, 1); /* else it has no /proc of its own */
}

/* A user opens a file that it may only name, by way of its descriptor. */
static int reopen(const char *file) {
  if (become_user() < 0) return 1;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", open(file, O_PATH));
  return verdict(open(path, O_RDONLY), "file for reading") + verdict(open(path, O_WRONLY), "file for writing");
}

static void nothing(int signal) { (void)signal; }

/* A call that a signal ends must not have given a descriptor. */
static int interrupted(void) {
  struct sigaction action = {.sa_handler = nothing};
  sigaction(SIGALRM, &action, NULL);
  pid_t self = getpid(), other = fork();
  if (other == 0)
    for (;;) kill(self, SIGALRM);
  for (int i = 0; i < 2000; i++) {
    int fd = open("/proc/self/stat", O_RDONLY);
    if (fd >= 0) close(fd);
  }
  kill(other, SIGKILL);
  for (int fd = 3; fd < 1024; fd++)
    if (fcntl(fd, F_GETFD) >= 0) return verdict(fd, "a descriptor that no call returned");
  return printf("none\n") < 0;
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
  if (!strcmp(what, "own") || !strcmp(what, "own-ex") || !strcmp(what, "own-ioctl")) {
    struct f_owner_ex owner = {F_OWNER_PID, atoi(arg)};
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) return 1;
    /* The kernel takes 32 bits of the request. */
    long high = 1l << 32;
    return verdict(!strcmp(what, "own")      ? syscall(SYS_fcntl, pair[0], high | F_SETOWN, owner.pid)
                   : !strcmp(what, "own-ex") ? syscall(SYS_fcntl, pair[0], high | F_SETOWN_EX, &owner)
                                             : syscall(SYS_ioctl, pair[0], high | FIOSETOWN, &owner.pid), what);
  }
  if (!strcmp(what, "give-root")) return give_root(arg);
  if (!strcmp(what, "reopen")) return reopen(arg);
  if (!strcmp(what, "interrupted")) return interrupted();
  if (!strcmp(what, "signal-all")) return kill(-1, atoi(arg));
  if (!strcmp(what, "signal-all-as-user")) return become_user() < 0 ? 1 : kill(-1, atoi(arg));
  if (!strcmp(what, "landlock")) return printf("%ld\n", syscall(444, 0, 0, 1)) < 0;
  if (!strcmp(what, "serve-abstract")) return serve_abstract(arg);
  if (!strcmp(what, "use-abstract")) return use_abstract(arg);
  if (!strcmp(what, "own-abstract")) return own_abstract();
  if (!strcmp(what, "socket")) return use_socket(arg);
  if (!strcmp(what, "file-capability")) return file_capability();
  if (!strcmp(what, "capabilities")) return capabilities();
  if (!strcmp(what, "open")) { /* where opening is what is guarded */
    int fd = open(arg, O_RDONLY);
    return verdict(fd, arg);
  }
  if (!strcmp(what, "take-root")) return take_root(arg, argv[3]);
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
