/* One step from its plan to its result: what is made before pid 1 starts, and
 * what is cleaned after all of the step is dead. */
#include "supervisor.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/signal.h>

#define AT_FDCWD_ (-100)

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

/* Held before anything of the step runs: later its name may lead elsewhere. */
static void hold_secrets(struct supervisor *s, struct plan plan) {
  struct op op;
  while (plan_next(&plan, &op)) {
    if (op.code != OP_EMPTY) continue;
    if (s->secret_count == MAX_SECRETS) refuse("too many files");
    long fd = sys(openat, AT_FDCWD_, op_string(&op), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) s->secrets[s->secret_count++] = (int)fd;
  }
}

/* The executor, which removes them, may have been killed. */
static void empty_secrets(struct supervisor *s) {
  while (s->secret_count) {
    int fd = s->secrets[--s->secret_count];
    sys(ftruncate, fd, 0);
    sys(close, fd);
  }
}

static void clean(struct supervisor *s) {
  empty_secrets(s);
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

/* What of the plan concerns the supervisor. Returns -errno if there is to be a user
 * namespace and it cannot be made. */
static long heed_plan(struct supervisor *s, struct step *step, struct process *how, struct plan plan) {
  struct op op;
  while (plan_next(&plan, &op)) {
    if (op.code == OP_PROCESS) read_process(&op, how);
    if (op.code == OP_JAIL) {
      s->jailed = true;
      s->jail.path = op_string(&op);
      s->jail.root = (int)sys(openat, AT_FDCWD_, s->jail.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
      open_shadow(&s->jail, &s->stubs[0]);
      if (s->stubs[0].parent >= 0) s->stub_count = 1;
    }
    if (op.code == OP_INPUT) {
      step->input = (enum input)op_number(&op);
      step->window.rows = (uint16_t)op_number(&op);
      step->window.columns = (uint16_t)op_number(&op);
    }
    if (op.code == OP_USERNS) {
      long fd = make_userns(&op);
      if (fd < 0) return fd;
      step->userns = (int)fd;
    }
  }
  return 0;
}

/* Makes what the step reads from, if it is not the step that does so. Returns -errno if a
 * terminal cannot be had. */
static long open_input(struct supervisor *s, struct step *step, int *terminal) {
  if (step->input == INPUT_PIPE) {
    int from_jvm[2];
    if (sys(pipe2, from_jvm, O_CLOEXEC) < 0) refuse("no pipes");
    step->in = from_jvm[0];
    s->input = from_jvm[1];
    sys(fcntl, s->input, 4 /* F_SETFL */, O_WRONLY | O_NONBLOCK);
  } else if (step->input == INPUT_OUTER_TERMINAL) {
    *terminal = open_terminal(&step->window, &step->in);
    if (*terminal < 0) return *terminal;
  }
  return 0;
}

int run(void) {
  static struct supervisor s;
  sys(close_range, 3, ~0u, 0);
  sys(prctl, PR_SET_DUMPABLE, 0, 0, 0, 0);
  s.signals = block_signals();
  s.status = -1;
  s.jail.listener = s.input = s.pipes[TERMINAL] = -1;
  struct plan plan = read_plan();
  int sockets[2], out[2], err[2], terminal = -1;
  if (sys(socketpair, 1 /* AF_UNIX */, 5 /* SOCK_SEQPACKET */ | O_CLOEXEC, 0, sockets) < 0 ||
      sys(pipe2, out, O_CLOEXEC) < 0 || sys(pipe2, err, O_CLOEXEC) < 0)
    refuse("no pipes");
  struct step step = {.socket = sockets[1], .out = out[1], .err = err[1], .root = -1, .userns = -1,
                      .scratch = -1, .in = -1};
  struct process how = {0};
  long error = heed_plan(&s, &step, &how, plan);
  if (error < 0) return never_started(&s, OP_USERNS, error, "user namespace");
  error = open_input(&s, &step, &terminal);
  if (error < 0) return never_started(&s, OP_INPUT, error, "/dev/ptmx");
  sys(fcntl, 0, 4 /* F_SETFL */, O_NONBLOCK);
  sys(fcntl, 1, 4 /* F_SETFL */, O_WRONLY | O_NONBLOCK);
  if (s.jailed) {
    hold_secrets(&s, plan);
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
    while (s.secret_count) sys(close, s.secrets[--s.secret_count]);
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
  s.pipes[OUT] = out[0];
  s.pipes[ERR] = err[0];
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
