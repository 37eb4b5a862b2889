/* main, the supervisor and pid 1.
 *
 * Why three processes: the supervisor stays outside, so that it can tell when
 * every process of the step is dead (the kernel ends a pid namespace before its
 * pid 1 can be waited for), clean the rootfs then, and pass output and results
 * on while the JVM is slow. Pid 1 dies with the supervisor, the supervisor ends
 * when its command pipe does: nothing outlives a killed JVM. */
#include "init.h"

#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/keyctl.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/socket.h>
#include <linux/stat.h>
#include <linux/time.h>
#include <linux/wait.h>

#define AT_FDCWD_ (-100)
#define MAX_PLAN (256u << 20)
#define MAX_STUBS 512
#define CHUNK (64u << 10)

/* ---- messages between pid 1 and the supervisor ------------------------- */

struct io_vector {
  void *base;
  size_t length;
};

struct message_header {
  void *name;
  int name_length;
  struct io_vector *vector;
  size_t vectors;
  void *control;
  size_t control_length;
  unsigned flags;
};

struct rights {
  size_t length;
  int level, type, fd, pad;
};

#define SOL_SOCKET_ 1
#define SCM_RIGHTS_ 1
#define MSG_CMSG_CLOEXEC_ 0x40000000

void send_msg(int socket, const struct msg *msg, int fd) {
  struct io_vector vector = {(void *)(uintptr_t)msg, FIXED_MSG + strlen(msg->text) + 1};
  struct rights rights = {sizeof rights - sizeof(int), SOL_SOCKET_, SCM_RIGHTS_, fd, 0};
  struct message_header header = {.vector = &vector, .vectors = 1};
  if (fd >= 0) {
    header.control = &rights;
    header.control_length = sizeof rights;
  }
  sys(sendmsg, socket, &header, 0x4000 /* MSG_NOSIGNAL */);
}

/* Returns false at the end of the stream. */
static bool receive_msg(int socket, struct msg *msg, int *fd) {
  struct io_vector vector = {msg, sizeof *msg};
  struct rights rights = {0};
  struct message_header header = {
      .vector = &vector, .vectors = 1, .control = &rights, .control_length = sizeof rights};
  long n;
  do n = sys(recvmsg, socket, &header, MSG_CMSG_CLOEXEC_);
  while (n == -EINTR);
  if (n <= 0) return false;
  msg->text[sizeof msg->text - 1] = 0;
  *fd = header.control_length ? rights.fd : -1;
  return true;
}

_Noreturn void leave(int status) {
  for (;;) sys(exit_group, status);
}

_Noreturn void die(struct step *step, int error, const char *path, unsigned exit) {
  struct msg msg = {.type = MSG_FAILED, .code = step->op, .value = error, .exit = exit};
  struct text text = {msg.text, msg.text + sizeof msg.text};
  put(&text, path);
  send_msg(step->socket, &msg, -1);
  leave((int)exit);
}

/* ---- pid 1 ------------------------------------------------------------ */

static int block_signals(void) {
  uint64_t all = ~0ull;
  sys(rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
  return (int)sys(signalfd4, -1, &all, 8, O_CLOEXEC | O_NONBLOCK);
}

static void forward(int signal, long child) {
  switch (signal) {
    case SIGTERM: case SIGINT: case SIGHUP: case SIGQUIT: case SIGUSR1: case SIGUSR2: case SIGWINCH:
      sys(kill, child, signal);
      break;
    default: break;
  }
}

/* Reaps until the step's first process ends; then the namespace goes with us. */
static _Noreturn void run_init(struct step *step, long child, int signals) {
  struct pollfd fds[2] = {{signals, POLLIN, 0}, {step->socket, POLLIN, 0}};
  for (;;) {
    sys(ppoll, fds, 2, 0, 0, 8);
    struct signalfd_siginfo info;
    while (sys(read, signals, &info, sizeof info) == sizeof info)
      if (info.ssi_signo != SIGCHLD) forward((int)info.ssi_signo, child);
    if (fds[1].revents) {
      struct msg msg;
      int fd;
      if (!receive_msg(step->socket, &msg, &fd)) leave(0);
      if (msg.type == MSG_SIGNAL) sys(kill, child, msg.code);
    }
    for (;;) {
      int status;
      long pid = sys(wait4, -1, &status, WNOHANG, 0);
      if (pid <= 0) break;
      if (pid != child) continue;
      struct msg msg = {.type = MSG_EXITED, .value = status};
      send_msg(step->socket, &msg, -1);
      if (!step->jailed) leave(0);
      /* Without a namespace that ends with us, wait for what the supervisor kills. */
      while ((pid = sys(wait4, -1, &status, 0, 0)) > 0 || pid == -EINTR) {}
      leave(0);
    }
  }
}

struct process {
  int64_t flags, timeout, wait_for_go, uid, gid;
};

static void read_process(struct op *op, struct process *process) {
  process->flags = op_number(op);
  process->timeout = op_number(op);
  process->wait_for_go = op_number(op);
  process->uid = op_number(op);
  process->gid = op_number(op);
}

/* What is made for a step in a user namespace belongs to the root of that: in a
 * layer that is shown with shifted ids, the machine's own root does not exist.
 * Capabilities stay, which the kernel takes with the change of the id. */
static void act_as_mapped_root(struct step *step, struct op op) {
  (void)op_string(&op);
  (void)op_string(&op);
  int64_t uid = op_number(&op);
  int64_t gid = op_number(&op);
  sys(setfsgid, gid);
  sys(setfsuid, uid);
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {0};
  long r = sys(capget, &header, sets);
  for (int i = 0; i < 2; i++) sets[i].effective = sets[i].permitted;
  if (r >= 0) r = sys(capset, &header, sets);
  if (r < 0) die(step, (int)-r, "capabilities", 125);
}

static _Noreturn void start_init(struct step *step, struct plan plan, const struct process *how) {
  /* Signals stay blocked: pid 1 reads them. */
  int signals = block_signals();
  sys(prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  /* The supervisor may have died before that; its end of the socket tells. */
  struct msg go;
  int fd;
  if (!receive_msg(step->socket, &go, &fd)) leave(0);
  sys(setsid);
  sys(umask, 0);
  /* The executor's session keyring is no business of the step. */
  sys(keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0);
  if (!how->flags) sys(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (how->flags & CLONE_NEWNS) {
    step->op = OP_PROCESS;
    long r = sys(mount, 0, "/", 0, 1 << 14 /* MS_REC */ | 1 << 18 /* MS_PRIVATE */, 0);
    if (r < 0) die(step, (int)-r, "/", 125);
  }
  /* Programs reopen /dev/stdout and /dev/stderr by name: the step's user owns them. */
  if (how->uid || how->gid) {
    sys(fchown, step->out, how->uid, how->gid);
    sys(fchown, step->err, how->uid, how->gid);
  }
  struct plan rest = plan;
  struct op op;
  bool cgroup_namespace = how->flags & CLONE_NEWCGROUP;
  while (plan_next(&plan, &op)) {
    step->op = op.code;
    if (op.code == OP_INPUT) continue; /* the supervisor has seen to it */
    /* The cgroup the process is in becomes the root that the namespace shows. */
    if (cgroup_namespace && op.code != OP_PROCESS && op.code != OP_CGROUP &&
        op.code != OP_USERNS && op.code != OP_DEVICES) {
      long r = sys(unshare, CLONE_NEWCGROUP);
      if (r < 0) die(step, (int)-r, "cgroup namespace", 125);
      cgroup_namespace = false;
    }
    if (op.code == OP_USERNS) act_as_mapped_root(step, op);
    if (op.code == OP_PROCESS || op.code == OP_USERNS) continue;
    if (op.code >= OP_RLIMIT && op.code <= OP_EXEC) break;
    run_setup(step, &op);
    rest = plan;
  }
  if (how->wait_for_go) {
    struct msg ready = {.type = MSG_READY};
    send_msg(step->socket, &ready, -1);
    if (!receive_msg(step->socket, &go, &fd)) leave(0);
  }
  long child = sys(clone, SIGCHLD, 0, 0, 0, 0);
  if (child < 0) die(step, (int)-child, "step", 125);
  if (child == 0) run_step(step, rest);
  sys(close_range, 0, 2, 0);
  sys(close, step->out);
  sys(close, step->err);
  if (step->in >= 0) sys(close, step->in);
  run_init(step, child, signals);
}

/* ---- frames to the JVM ------------------------------------------------ */

enum frame { FRAME_STDOUT = 1, FRAME_STDERR = 2, FRAME_STARTED = 3, FRAME_READY = 4,
             FRAME_FAILED = 5, FRAME_ENDED = 6, FRAME_TAKEN = 7 };

#define TERMINAL 2 /* of the supervisor's pipes: what the step shows on its terminal */
#define MAX_INPUT 4096

struct supervisor {
  int pid1;
  struct jail jail;
  bool jailed;
  int socket;
  int signals;
  int pipes[3];
  int input;         /* where the step's input goes, -1 while there is nothing or no more */
  bool input_is_over, input_is_terminal;
  size_t input_size, input_done;
  uint8_t input_bytes[MAX_INPUT];
  bool out_is_gone;
  bool killed, timed_out, dead;
  int64_t deadline;  /* in ms of the monotonic clock, or 0 */
  int32_t status;    /* of the step's first process, -1 while unknown */
  int pid1_status;
  bool failed;
  struct msg failure;
  struct rusage usage;
  unsigned stub_count;
  struct stub {
    int parent;
    struct msg made;
  } stubs[MAX_STUBS];
  size_t pending, sent;
  uint8_t frame[CHUNK + 5];
};

static int64_t now_ms(void) {
  struct {
    int64_t sec, nsec;
  } t = {0};
  sys(clock_gettime, CLOCK_MONOTONIC, &t);
  return t.sec * 1000 + t.nsec / 1000000;
}

static void flush_frame(struct supervisor *s) {
  while (s->pending > s->sent) {
    long n = s->out_is_gone ? -EPIPE
                            : sys(write, 1, s->frame + s->sent, s->pending - s->sent);
    if (n == -EAGAIN || n == -EINTR) return;
    if (n < 0) { /* nobody listens: the executor is gone */
      s->out_is_gone = true;
      s->killed = true;
      break;
    }
    s->sent += (size_t)n;
  }
  s->pending = s->sent = 0;
}

static void start_frame(struct supervisor *s, enum frame type, size_t length) {
  uint32_t size = (uint32_t)length;
  s->frame[0] = (uint8_t)type;
  memcpy(s->frame + 1, &size, 4);
  s->pending = length + 5;
  s->sent = 0;
}

/* For the few small frames that are not output; waits for room. */
static void put_frame(struct supervisor *s, enum frame type, const void *data, size_t length) {
  struct pollfd out = {1, POLLOUT, 0};
  while (s->pending) {
    sys(ppoll, &out, 1, 0, 0, 8);
    flush_frame(s);
  }
  memcpy(s->frame + 5, data, length);
  start_frame(s, type, length);
  while (s->pending) {
    flush_frame(s);
    if (s->pending) sys(ppoll, &out, 1, 0, 0, 8);
  }
}

/* ---- the supervisor's loop -------------------------------------------- */

static void kill_step(struct supervisor *s) {
  if (s->dead) return;
  if (s->jailed)
    kill_descendants(s->pid1);
  else
    sys(kill, s->pid1, SIGKILL);
}

/* What follows a command's letter; the JVM has written all of it or dies at it. */
static bool read_rest(void *to, size_t length) {
  uint8_t *at = to;
  struct pollfd in = {0, POLLIN, 0};
  while (length) {
    long n = sys(read, 0, at, length);
    if (n == -EAGAIN) sys(ppoll, &in, 1, 0, 0, 8);
    if (n == -EAGAIN || n == -EINTR) continue;
    if (n <= 0) return false;
    at += n;
    length -= (size_t)n;
  }
  return true;
}

static void end_input(struct supervisor *s) {
  if (s->input >= 0 && !s->input_is_terminal) sys(close, s->input);
  s->input = -1;
}

/* Passes on what came in; the JVM sends more when it hears that this is done. */
static void flush_input(struct supervisor *s) {
  while (s->input >= 0 && s->input_done < s->input_size) {
    long n = sys(write, s->input, s->input_bytes + s->input_done, s->input_size - s->input_done);
    if (n == -EAGAIN || n == -EINTR) return;
    if (n < 0) { /* nobody reads any more: what is left is for nobody */
      end_input(s);
      s->input_is_over = true;
      break;
    }
    s->input_done += (size_t)n;
  }
  if (s->input < 0 && !s->input_is_over) return; /* the terminal is not there yet */
  if (s->input_size) put_frame(s, FRAME_TAKEN, "", 0);
  s->input_size = s->input_done = 0;
  if (s->input_is_over) end_input(s);
}

static void on_input(struct supervisor *s) {
  uint16_t size;
  if (!read_rest(&size, sizeof size) || size > MAX_INPUT || s->input_size ||
      !read_rest(s->input_bytes, size)) {
    s->killed = true;
    return;
  }
  s->input_size = size;
  flush_input(s);
}

static void on_command(struct supervisor *s) {
  uint8_t command[2];
  long n = sys(read, 0, command, 1);
  if (n == -EAGAIN || n == -EINTR) return;
  if (n <= 0 || command[0] == 'K') {
    s->killed = true;
  } else if (command[0] == 'G') {
    struct msg msg = {.type = MSG_GO};
    send_msg(s->socket, &msg, -1);
  } else if (command[0] == 'S' && sys(read, 0, command + 1, 1) == 1) {
    struct msg msg = {.type = MSG_SIGNAL, .code = command[1]};
    send_msg(s->socket, &msg, -1);
  } else if (command[0] == 'I') {
    on_input(s);
  } else if (command[0] == 'E') {
    s->input_is_over = true;
    flush_input(s);
  } else if (command[0] == 'W') {
    struct window window = {0};
    if (read_rest(&window, 4) && s->pipes[TERMINAL] >= 0)
      sys(ioctl, s->pipes[TERMINAL], 0x5414 /* TIOCSWINSZ */, &window);
  }
}

static void take_terminal(struct supervisor *s, int master) {
  sys(fcntl, master, 4 /* F_SETFL */, O_RDWR | O_NONBLOCK);
  s->pipes[TERMINAL] = s->input = master;
  s->input_is_terminal = true;
  flush_input(s);
}

static void on_message(struct supervisor *s) {
  struct msg msg;
  int fd;
  if (!receive_msg(s->socket, &msg, &fd)) {
    sys(close, s->socket);
    s->socket = -1;
    return;
  }
  switch (msg.type) {
    case MSG_FAILED:
      if (!s->failed) s->failure = msg;
      s->failed = true;
      break;
    case MSG_STUB:
      if (s->stub_count < MAX_STUBS) s->stubs[s->stub_count++] = (struct stub){fd, msg};
      break;
    case MSG_LISTENER:
      s->jail.listener = fd;
      /* Since Linux 6.6 both sides can share a processor, which halves the cost of an answer. */
      sys(ioctl, fd, 0x40082104 /* SECCOMP_IOCTL_NOTIF_SET_FLAGS */, 1);
      break;
    case MSG_TERMINAL: take_terminal(s, fd); break;
    case MSG_READY: put_frame(s, FRAME_READY, "", 0); break;
    case MSG_EXITED: s->status = msg.value; break;
    default: break;
  }
}

static void on_signal(struct supervisor *s) {
  struct signalfd_siginfo info;
  while (sys(read, s->signals, &info, sizeof info) == sizeof info)
    if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP) s->killed = true;
  if (s->dead) return;
  int status;
  if (sys(wait4, s->pid1, &status, WNOHANG, &s->usage) == s->pid1) {
    s->dead = true;
    s->pid1_status = status;
  }
}

/* One read of one pipe becomes one frame, so that both streams keep their
 * order as far as it can be seen. */
static void on_output(struct supervisor *s, int which) {
  long n = sys(read, s->pipes[which], s->frame + 5, CHUNK);
  if (n == -EAGAIN || n == -EINTR) return;
  if (n <= 0) {
    if (which == TERMINAL) { /* EIO: no process of the step has it open any more */
      s->input_is_over = true;
      end_input(s);
      flush_input(s);
    }
    sys(close, s->pipes[which]);
    s->pipes[which] = -1;
    return;
  }
  if (s->killed) return;
  start_frame(s, which == 1 ? FRAME_STDERR : FRAME_STDOUT, (size_t)n);
  flush_frame(s);
}

static void supervise(struct supervisor *s) {
  while (!s->dead || s->socket >= 0 || s->pending || s->pipes[0] >= 0 || s->pipes[1] >= 0 ||
         s->pipes[TERMINAL] >= 0) {
    bool room = s->pending == 0;
    bool ending = s->killed || s->timed_out || (s->jailed && s->status >= 0);
    struct pollfd fds[9] = {
        {s->killed ? -1 : 0, POLLIN, 0},
        {s->signals, POLLIN, 0},
        {s->socket, POLLIN, 0},
        {room ? s->pipes[0] : -1, POLLIN, 0},
        {room ? s->pipes[1] : -1, POLLIN, 0},
        {room ? -1 : 1, POLLOUT, 0},
        {s->jail.listener, POLLIN, 0},
        {room ? s->pipes[TERMINAL] : -1, POLLIN, 0},
        {s->input_size ? s->input : -1, POLLOUT, 0},
    };
    struct {
      int64_t sec, nsec;
    } wait = {0}, *timeout = NULL;
    if (s->deadline && !s->killed && !s->timed_out) {
      int64_t left = s->deadline - now_ms();
      if (left < 0) left = 0;
      wait.sec = left / 1000;
      wait.nsec = left % 1000 * 1000000;
      timeout = &wait;
    }
    if (ending && s->jailed && !s->dead) { /* until pid 1 has nothing left to reap */
      wait.sec = 0;
      wait.nsec = 2000000;
      timeout = &wait;
    }
    sys(ppoll, fds, 9, timeout, 0, 8);
    if (s->deadline && !ending && now_ms() >= s->deadline) s->timed_out = true;
    if (fds[6].revents & POLLIN) on_notification(&s->jail);
    if (fds[6].revents & POLLHUP && !(fds[6].revents & POLLIN)) {
      sys(close, s->jail.listener); /* the last process under the filter is gone */
      s->jail.listener = -1;
    }
    if (fds[0].revents) on_command(s);
    if (fds[2].revents) on_message(s);
    if (fds[5].revents) flush_frame(s);
    /* stderr first: of two that are ready, the short message is the older one more often */
    if (fds[4].revents && !s->pending) on_output(s, 1);
    if (fds[3].revents && !s->pending) on_output(s, 0);
    if (fds[7].revents && !s->pending) on_output(s, TERMINAL);
    if (fds[8].revents) flush_input(s);
    if (fds[1].revents) on_signal(s);
    if (s->killed || s->timed_out || (s->jailed && s->status >= 0)) kill_step(s);
  }
}

/* Mount points that were made for the step and are still empty go again, newest
 * first, and their parents get the times they had, unless the step changed them. */
static void remove_stubs(struct supervisor *s) {
  while (s->stub_count) {
    struct stub *stub = &s->stubs[--s->stub_count];
    const int64_t *times = stub->made.times;
    struct statx st, parent;
    long r = sys(statx, stub->parent, stub->made.text, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st);
    enum made kind = stub->made.code;
    bool directory = kind == MADE_DIRECTORY;
    unsigned type = st.stx_mode & TYPE_MASK;
    bool still = kind == MADE_DIRECTORY ? type == TYPE_DIRECTORY
                 : kind == MADE_FILE    ? type == TYPE_FILE && st.stx_size == 0
                                        : type != TYPE_DIRECTORY && type != TYPE_FILE;
    if (r == 0 && still &&
        sys(statx, stub->parent, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &parent) == 0 &&
        sys(unlinkat, stub->parent, stub->made.text, directory ? AT_REMOVEDIR : 0) == 0) {
      bool untouched = parent.stx_mtime.tv_sec == times[4] && parent.stx_mtime.tv_nsec == times[5];
      struct {
        int64_t sec, nsec;
      } restore[2] = {
          {times[0], times[1]},
          {untouched ? times[2] : parent.stx_mtime.tv_sec,
           untouched ? times[3] : (int64_t)parent.stx_mtime.tv_nsec},
      };
      long held = sys(openat, stub->parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (held >= 0) {
        sys(utimensat, held, 0, restore, 0);
        sys(close, held);
      }
    }
    sys(close, stub->parent);
  }
}

/* ---- user namespace for a remapped step -------------------------------- */

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
static long make_userns(struct op *op) {
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

/* ---- main ------------------------------------------------------------- */

static _Noreturn void refuse(const char *why) {
  sys(write, 2, "jbuild-init: ", 13);
  sys(write, 2, why, strlen(why));
  sys(write, 2, "\n", 1);
  leave(125);
}

static void read_fully(uint8_t *to, size_t length) {
  while (length) {
    long n = sys(read, 0, to, length);
    if (n == -EINTR) continue;
    if (n <= 0) refuse("the plan ends early");
    to += n;
    length -= (size_t)n;
  }
}

/* Continues as a sealed copy of itself in memory. A step that gets hold of the
 * launcher's program, say as the interpreter of a script (/proc/self/exe,
 * CVE-2019-5736), then holds something that nobody can write to. */
static void become_copy(char **argv, char **envp) {
  if (envp[0] && same(envp[0], "JBUILD_INIT=sealed")) return;
  long self = sys(openat, AT_FDCWD_, "/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) refuse("/proc/self/exe cannot be read");
  long copy = sys(memfd_create, "jbuild-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x10 /* MFD_EXEC */);
  if (copy == -EINVAL) /* before Linux 6.3 */
    copy = sys(memfd_create, "jbuild-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (copy < 0) refuse("memfd_create is refused");
  long n;
  while ((n = sys(sendfile, copy, self, 0, 1 << 30)) > 0) {}
  if (n < 0) refuse("the launcher cannot be copied");
  if (sys(fcntl, copy, 1033 /* F_ADD_SEALS */, 0xf) < 0) refuse("the launcher cannot be sealed");
  /* The environment is the executor's: nothing of it goes on. */
  char *environment[] = {"JBUILD_INIT=sealed", NULL};
  argv[0] = "jbuild-init"; /* the step can read it in /proc/1/cmdline */
  sys(execveat, copy, "", argv, environment, AT_EMPTY_PATH);
  refuse("the sealed copy cannot be executed");
}

static struct plan read_plan(void) {
  uint8_t header[8];
  read_fully(header, sizeof header);
  uint32_t length;
  memcpy(&length, header + 4, 4);
  if (memcmp(header, "jbp1", 4) != 0) refuse("fd 0 holds no plan");
  if (length > MAX_PLAN) refuse("the plan is too long");
  long at = sys(mmap, 0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at < 0 && at > -4096) refuse("no memory for the plan");
  read_fully((uint8_t *)at, length);
  return (struct plan){(uint8_t *)at, (uint8_t *)at + length};
}

static void report_end(struct supervisor *s) {
  if (s->failed) put_frame(s, FRAME_FAILED, &s->failure, FIXED_MSG + strlen(s->failure.text) + 1);
  int64_t end[] = {
      s->status,
      s->pid1_status,
      (int64_t)s->killed | (int64_t)s->timed_out << 1,
      s->usage.ru_utime.tv_sec * 1000000 + s->usage.ru_utime.tv_usec,
      s->usage.ru_stime.tv_sec * 1000000 + s->usage.ru_stime.tv_usec,
      s->usage.ru_maxrss * 1024,
  };
  put_frame(s, FRAME_ENDED, end, sizeof end);
}

static int never_started(struct supervisor *s, unsigned code, long error, const char *what) {
  s->failed = true;
  s->failure = (struct msg){.code = code, .value = (int32_t)-error, .exit = 125};
  struct text text = {s->failure.text, s->failure.text + sizeof s->failure.text};
  put(&text, what);
  report_end(s);
  return 0;
}

static int run(void) {
  static struct supervisor s;
  sys(close_range, 3, ~0u, 0);
  sys(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
  s.signals = block_signals();
  s.status = -1;
  s.jail.listener = -1;
  struct plan plan = read_plan();
  int sockets[2], out[2], err[2];
  if (sys(socketpair, 1 /* AF_UNIX */, 5 /* SOCK_SEQPACKET */ | O_CLOEXEC, 0, sockets) < 0 ||
      sys(pipe2, out, O_CLOEXEC) < 0 || sys(pipe2, err, O_CLOEXEC) < 0)
    refuse("no pipes");
  struct step step = {.socket = sockets[1], .out = out[1], .err = err[1], .root = -1, .userns = -1,
                      .scratch = -1, .in = -1};
  int from_jvm[2], terminal = -1;
  s.input = s.pipes[TERMINAL] = -1;
  struct process how = {0};
  struct plan scan = plan;
  struct op op;
  while (plan_next(&scan, &op)) {
    if (op.code == OP_PROCESS) read_process(&op, &how);
    if (op.code == OP_JAIL) {
      s.jailed = true;
      s.jail.path = op_string(&op);
      s.jail.root = (int)sys(openat, AT_FDCWD_, s.jail.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    if (op.code == OP_INPUT) {
      step.input = (enum input)op_number(&op);
      step.window.rows = (uint16_t)op_number(&op);
      step.window.columns = (uint16_t)op_number(&op);
    }
    if (op.code == OP_USERNS) {
      long fd = make_userns(&op);
      if (fd < 0) return never_started(&s, OP_USERNS, fd, "user namespace");
      step.userns = (int)fd;
    }
  }
  if (step.input == INPUT_PIPE) {
    if (sys(pipe2, from_jvm, O_CLOEXEC) < 0) refuse("no pipes");
    step.in = from_jvm[0];
    s.input = from_jvm[1];
    sys(fcntl, s.input, 4 /* F_SETFL */, O_WRONLY | O_NONBLOCK);
  } else if (step.input == INPUT_OUTER_TERMINAL) {
    terminal = open_terminal(&step.window, &step.in);
    if (terminal < 0) return never_started(&s, OP_INPUT, terminal, "/dev/ptmx");
  }
  long pid1 = sys(clone, (how.flags & ~(int64_t)CLONE_NEWCGROUP) | SIGCHLD, 0, 0, 0, 0);
  if (pid1 == 0) {
    sys(close, sockets[0]);
    sys(close, out[0]);
    sys(close, err[0]);
    if (terminal >= 0) sys(close, terminal);
    if (s.input >= 0) sys(close, s.input);
    start_init(&step, plan, &how);
  }
  if (pid1 < 0) return never_started(&s, OP_PROCESS, pid1, "namespaces");
  sys(close, sockets[1]);
  sys(close, out[1]);
  sys(close, err[1]);
  if (step.in >= 0) sys(close, step.in);
  if (terminal >= 0) take_terminal(&s, terminal);
  s.pid1 = s.jail.pid1 = (int)pid1;
  s.socket = sockets[0];
  s.pipes[0] = out[0];
  s.pipes[1] = err[0];
  if (how.timeout) s.deadline = now_ms() + how.timeout;
  sys(fcntl, 0, 4 /* F_SETFL */, O_NONBLOCK);
  sys(fcntl, 1, 4 /* F_SETFL */, O_WRONLY | O_NONBLOCK);
  int64_t pid = pid1;
  put_frame(&s, FRAME_STARTED, &pid, sizeof pid);
  struct msg go = {.type = MSG_GO};
  send_msg(s.socket, &go, -1);
  supervise(&s);
  remove_stubs(&s);
  report_end(&s);
  return 0;
}

/* The kernel's log, where it names the victims of its out-of-memory killer. */
static int print_kernel_log(void) {
  static char log[1 << 20];
  long n = sys(syslog, 3 /* SYSLOG_ACTION_READ_ALL */, log, sizeof log);
  for (long done = 0; done < n;) {
    long r = sys(write, 1, log + done, n - done);
    if (r <= 0) break;
    done += r;
  }
  return n < 0;
}

/* What a step gets, in the kernel's own words: "jbuild doctor --inspect". */
static void print_file(const char *path) {
  static char buffer[CHUNK];
  long fd = sys(openat, AT_FDCWD_, path, O_RDONLY | O_CLOEXEC);
  sys(write, 1, "== ", 3);
  sys(write, 1, path, strlen(path));
  sys(write, 1, "\n", 1);
  for (long n; fd >= 0 && (n = sys(read, fd, buffer, sizeof buffer)) > 0;)
    sys(write, 1, buffer, n);
  if (fd >= 0) sys(close, fd);
}

static int inspect(void) {
  static const char *const spaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};
  for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
    char path[32], link[64];
    struct text text = {path, path + sizeof path};
    put(&text, "/proc/self/ns/");
    put(&text, spaces[i]);
    long n = sys(readlinkat, AT_FDCWD_, path, link, sizeof link - 1);
    if (n <= 0) continue;
    link[n] = '\n';
    sys(write, 1, link, n + 1);
  }
  print_file("/proc/self/status");
  print_file("/proc/self/uid_map");
  print_file("/proc/self/cgroup");
  print_file("/proc/self/mounts");
  print_file("/proc/self/limits");
  return 0;
}

static int jbuild_init(int argc, char **argv, char **envp) {
  if (argc == 2 && same(argv[1], "run")) {
    become_copy(argv, envp);
    return run();
  }
  if (argc == 2 && same(argv[1], "inspect")) return inspect();
  if (argc == 2 && same(argv[1], "version")) return 0;
  if (argc == 2 && same(argv[1], "kernel-log")) return print_kernel_log();
  if (argc > 2 && same(argv[1], "userns")) enter_userns(argv + 2, envp);
  refuse("usage: jbuild-init run < plan (started by jbuild), or userns PROGRAM [ARGUMENT...]");
}

#ifdef HOSTED
int main(int argc, char **argv, char **envp) { return jbuild_init(argc, argv, envp); }
#else
/* The kernel leaves argc, argv and envp on the stack. */
__attribute__((used)) static _Noreturn void enter(long *stack) {
  int argc = (int)stack[0];
  char **argv = (char **)(stack + 1);
  leave(jbuild_init(argc, argv, argv + argc + 1));
}

_Noreturn void _start(void);
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp,%ebp\n\tmov %rsp,%rdi\n\tand $-16,%rsp\n\tcall enter\n");
#else
__asm__(".globl _start\n_start:\n\tmov x29,#0\n\tmov x0,sp\n\tbl enter\n");
#endif
#endif
