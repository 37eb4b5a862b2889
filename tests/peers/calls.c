/* How each system call answers arguments that no call can use: a line "call NAME=ERRNO" for each number. Where
 * a filter refuses, its answer comes before the kernel has seen an argument. For compare-run, which makes
 * names.inc. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LAST = 480 };

static const struct {
  int number;
  const char *name;
} names[] = {
#include "names.inc"
};

/* Calls that end the process, make another or reach others, whatever their arguments. */
static const int unusable[] = {
    SYS_exit, SYS_exit_group, SYS_clone, SYS_rt_sigreturn, SYS_kill,
#ifdef SYS_fork
    SYS_fork, SYS_vfork,
#endif
};

static int is_unusable(int number) {
  for (size_t i = 0; i < sizeof unusable / sizeof *unusable; i++)
    if (unusable[i] == number) return 1;
  return 0;
}

static void answer_of(int number, char *to, size_t size) {
  int ends[2], status;
  if (pipe(ends) < 0) return;
  pid_t child = fork();
  if (child == 0) {
    alarm(1); /* for those that wait */
    long r = syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
    const char *said = r != -1 ? "done" : strerrorname_np(errno);
    _exit(write(ends[1], said, strlen(said)) < 0);
  }
  close(ends[1]);
  ssize_t n = read(ends[0], to, size - 1);
  close(ends[0]);
  waitpid(child, &status, 0);
  if (n <= 0) n = snprintf(to, size, "signal %d", WTERMSIG(status));
  to[n] = 0;
}

int main(void) {
  for (int number = 0; number <= LAST; number++) {
    char name[32], answer[64];
    if (is_unusable(number)) continue;
    snprintf(name, sizeof name, "%d", number);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
      if (names[i].number == number) snprintf(name, sizeof name, "%s", names[i].name);
    answer_of(number, answer, sizeof answer);
    printf("call %s=%s\n", name, answer);
    fflush(stdout);
  }
  return 0;
}
