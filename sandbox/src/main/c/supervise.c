/* The supervisor.
 *
 * Why three processes: the supervisor stays outside, so that it can tell when
 * every process of the step is dead (the kernel ends a pid namespace before its
 * pid 1 can be waited for), clean the rootfs then, and pass output and results
 * on while the JVM is slow. Pid 1 dies with the supervisor, the supervisor ends
 * when its command pipe does: nothing outlives a killed JVM. */
#include "init.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/time.h>
#include <linux/wait.h>

#define AT_FDCWD_ (-100)
#define MAX_STUBS 512
#define CHUNK (64u << 10)

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
  bool killed, timed_out;
  bool pid1_is_gone; /* in tier C others of the step may live on, as our children */
  bool dead;         /* all are gone */
  int64_t deadline;  /* in ms of the monotonic clock, or 0 */
  int32_t status;    /* of the step's first process, -1 while unknown */
  int pid1_status;
  bool failed;
  struct msg failure;
  struct rusage usage;
  unsigned stub_count;
  struct stub stubs[MAX_STUBS];
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
    kill_descendants(s->pid1_is_gone ? (int)sys(getpid) : s->pid1);
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
  struct rusage usage;
  int status;
  long pid;
  while ((pid = sys(wait4, -1, &status, WNOHANG, &usage)) > 0)
    if (pid == s->pid1) {
      s->pid1_is_gone = true;
      s->pid1_status = status;
      s->usage = usage;
    }
  s->dead = pid == -ECHILD && s->pid1;
}

/* The step is to end, and what of it is left is to be killed. */
static bool is_ending(const struct supervisor *s) {
  return s->killed || s->timed_out || (s->jailed && (s->status >= 0 || s->pid1_is_gone));
}

/* Returns false if the step is killed before it is its turn. */
static bool wait_for_turn(struct supervisor *s) {
  struct pollfd fds[2] = {{0, POLLIN, 0}, {s->signals, POLLIN, 0}};
  struct {
    int64_t sec, nsec;
  } wait = {0, 20000000};
  while (take_turn() == -EADDRINUSE) {
    sys(ppoll, fds, 2, &wait, 0, 8);
    if (fds[0].revents) on_command(s);
    if (fds[1].revents) on_signal(s);
    if (s->killed) return false;
  }
  return true; /* also where there are no sockets to pass anything through */
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
    bool ending = is_ending(s);
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
    if (is_ending(s)) kill_step(s);
  }
}

/* ---- from the plan to the result ---------------------------------------- */

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

static void clean(struct supervisor *s) {
  if (s->jailed) empty_shadow(&s->jail);
  remove_stubs(s->stubs, s->stub_count);
}

static int never_started(struct supervisor *s, unsigned code, long error, const char *what) {
  clean(s);
  s->failed = true;
  s->failure = (struct msg){.code = code, .value = (int32_t)-error, .exit = 125};
  struct text text = {s->failure.text, s->failure.text + sizeof s->failure.text};
  put(&text, what);
  report_end(s);
  return 0;
}

int run(void) {
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
      open_shadow(&s.jail, &s.stubs[0]);
      if (s.stubs[0].parent >= 0) s.stub_count = 1;
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
  sys(fcntl, 0, 4 /* F_SETFL */, O_NONBLOCK);
  sys(fcntl, 1, 4 /* F_SETFL */, O_WRONLY | O_NONBLOCK);
  if (s.jailed) {
    /* Should pid 1 die before the rest of the step, that comes to us. */
    sys(prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    if (!steps_are_scoped() && !wait_for_turn(&s)) {
      clean(&s);
      report_end(&s);
      return 0;
    }
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
  int64_t pid = pid1;
  put_frame(&s, FRAME_STARTED, &pid, sizeof pid);
  struct msg go = {.type = MSG_GO};
  send_msg(s.socket, &go, -1);
  supervise(&s);
  clean(&s);
  report_end(&s);
  return 0;
}
