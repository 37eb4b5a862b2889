/* The supervisor.
 *
 * Why three processes: the supervisor stays outside, so that it can tell when
 * every process of the step is dead (the kernel ends a pid namespace before its
 * pid 1 can be waited for), clean the rootfs then, and pass output and results
 * on while the JVM is slow. Pid 1 dies with the supervisor, the supervisor ends
 * when its command pipe does: nothing outlives a killed JVM. */
#include "supervisor.h"

#include <linux/errno.h>
#include <linux/poll.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/wait.h>

int64_t now_ms(void) {
  struct {
    int64_t sec, nsec;
  } t = {0};
  sys(clock_gettime, CLOCK_MONOTONIC, &t);
  return t.sec * 1000 + t.nsec / 1000000;
}

static void kill_step(struct supervisor *s) {
  if (s->dead) return;
  if (s->jailed)
    kill_descendants(s->pid1_is_gone ? (int)sys(getpid) : s->pid1);
  else
    sys(kill, s->pid1, SIGKILL);
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

void on_signal(struct supervisor *s) {
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
  start_frame(s, which == ERR ? FRAME_STDERR : FRAME_STDOUT, (size_t)n);
  flush_frame(s);
}

void supervise(struct supervisor *s) {
  while (!s->dead || s->socket >= 0 || s->pending || s->pipes[OUT] >= 0 || s->pipes[ERR] >= 0 ||
         s->pipes[TERMINAL] >= 0) {
    bool room = s->pending == 0;
    bool ending = is_ending(s);
    struct pollfd fds[9] = {
        {s->killed ? -1 : 0, POLLIN, 0},
        {s->signals, POLLIN, 0},
        {s->socket, POLLIN, 0},
        {room ? s->pipes[OUT] : -1, POLLIN, 0},
        {room ? s->pipes[ERR] : -1, POLLIN, 0},
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
    if (fds[4].revents && !s->pending) on_output(s, ERR);
    if (fds[3].revents && !s->pending) on_output(s, OUT);
    if (fds[7].revents && !s->pending) on_output(s, TERMINAL);
    if (fds[8].revents) flush_input(s);
    if (fds[1].revents) on_signal(s);
    if (is_ending(s)) kill_step(s);
  }
}
