/* jbuild-init tether PROGRAM [ARGUMENT...]
 *
 * Runs a program for as long as somebody holds the other end of its standard
 * output: the one that connects a step's network is no child of the step's, and
 * would outlive a killed executor. */
#include "init.h"

#include <linux/errno.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/wait.h>

_Noreturn void tether(char **argv, char **envp) {
  int signals = block_signals(); /* SIGCHLD, too */
  long child = sys(clone, SIGCHLD, 0, 0, 0, 0);
  if (child < 0) refuse("no process for the program");
  if (child == 0) {
    uint64_t none = 0;
    sys(rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
    sys(execve, argv[0], argv, envp);
    leave(127);
  }
  sys(close, 0);
  for (;;) {
    struct pollfd fds[2] = {{1, 0, 0}, {signals, POLLIN, 0}};
    sys(ppoll, fds, 2, 0, 0, 8);
    int status;
    if (sys(wait4, child, &status, WNOHANG, 0) == child) leave(status ? 1 : 0);
    uint8_t info[128];
    bool ended = sys(read, signals, info, sizeof info) > 0 && info[0] != SIGCHLD;
    if (!ended && !fds[0].revents) continue;
    sys(kill, child, SIGKILL);
    sys(wait4, child, &status, 0, 0);
    leave(1);
  }
}
