/* Pid 1 of the step: makes the root, starts the step, reaps. It dies with the
 * supervisor, and its namespace with it. */
#include "init.h"

#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/keyctl.h>
#include <linux/poll.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/wait.h>

int block_signals(void) {
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

void read_process(struct op *op, struct process *process) {
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

_Noreturn void start_init(struct step *step, struct plan plan, const struct process *how) {
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
    if (op.code == OP_INPUT || op.code == OP_EMPTY) continue; /* the supervisor has seen to it */
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
