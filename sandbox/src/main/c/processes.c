/* Processes as /proc tells of them, for tier C: who belongs to the step. */
#include "jail.h"

#include <linux/fcntl.h>
#include <linux/signal.h>

struct process_entry table[MAX_PROCESSES];

int64_t parse_number(const char **at) {
  while (**at == ' ') ++*at;
  bool negative = **at == '-';
  if (negative) ++*at;
  int64_t value = 0;
  while (**at >= '0' && **at <= '9') value = value * 10 + (*(*at)++ - '0');
  return negative ? -value : value;
}

bool is_number(const char *s) {
  if (!*s) return false;
  for (; *s; s++)
    if (*s < '0' || *s > '9') return false;
  return true;
}

size_t read_at(int dir, const char *path, char *to, size_t size) {
  long fd = sys(openat, dir, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  long n = sys(read, fd, to, size - 1);
  sys(close, fd);
  if (n < 0) n = 0;
  to[n] = 0;
  return (size_t)n;
}

/* Parent and group from "pid (name) state parent group …"; the name may hold anything. */
static bool read_stat(int proc, const char *pid, struct process_entry *entry) {
  char path[32], stat[1024];
  struct text text = {path, path + sizeof path};
  put(&text, pid);
  put(&text, "/stat");
  size_t n = read_at(proc, path, stat, sizeof stat);
  while (n && stat[n - 1] != ')') n--;
  if (!n || n + 3 > sizeof stat) return false;
  const char *at = stat + n + 2; /* after ") S" */
  at++;
  entry->parent = (int)parse_number(&at);
  entry->group = (int)parse_number(&at);
  const char *number = pid;
  entry->pid = (int)parse_number(&number);
  return true;
}

int scan(void) {
  long proc = sys(openat, AT_FDCWD_, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (proc < 0) return 0;
  static char entries[32768];
  int count = 0;
  long n;
  while ((n = sys(getdents64, proc, entries, sizeof entries)) > 0)
    for (long at = 0; at < n;) {
      unsigned short size;
      memcpy(&size, entries + at + 16, sizeof size);
      const char *name = entries + at + 19;
      if (is_number(name) && count < MAX_PROCESSES && read_stat((int)proc, name, &table[count])) count++;
      at += size;
    }
  sys(close, proc);
  return count;
}

/* Whether the step's pid 1 is an ancestor; orphans become its children. */
bool descends(int count, int pid, int pid1) {
  for (int depth = 0; depth < 10000; depth++) {
    int i = 0;
    while (i < count && table[i].pid != pid) i++;
    if (i == count || table[i].parent <= 1) return false;
    if (table[i].parent == pid1) return true;
    pid = table[i].parent;
  }
  return false;
}

/* One round over everything that descends from pid 1; the caller goes on until
 * pid 1 has reaped all and ended. Stopped first, so that none forks away. */
void kill_descendants(int pid1) {
  int count = scan();
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < count; i++)
      if (descends(count, table[i].pid, pid1)) sys(kill, table[i].pid, round ? SIGKILL : SIGSTOP);
}

int tgid_of(int pid) {
  char path[32], status[2048];
  struct text text = {path, path + sizeof path};
  put(&text, "/proc/");
  put_number(&text, (uint64_t)pid);
  put(&text, "/status");
  read_at(AT_FDCWD_, path, status, sizeof status);
  for (const char *at = status; *at; at++)
    if (starts(at, "\nTgid:\t")) {
      at += 7;
      return (int)parse_number(&at);
    }
  return pid;
}

/* Takes on the caller's real and file-system ids while its call is answered:
 * files open with its rights, not with root's, and the kernel lets us see its
 * memory and descriptors without CAP_SYS_PTRACE. The effective id stays root's. */
void act_as(int pid) {
  char name[32], status[2048];
  struct text text = {name, name + sizeof name};
  put(&text, "/proc/");
  put_number(&text, (uint64_t)pid);
  put(&text, "/status");
  read_at(AT_FDCWD_, name, status, sizeof status);
  int64_t uid = 0, gid = 0;
  for (const char *at = status; *at; at++) {
    if (starts(at, "\nUid:\t") || starts(at, "\nGid:\t")) {
      bool user = at[1] == 'U';
      at += 6;
      *(user ? &uid : &gid) = parse_number(&at);
      at--;
    }
  }
  if (gid) sys(setresgid, gid, -1, -1), sys(setfsgid, gid);
  if (uid) sys(setresuid, uid, -1, -1), sys(setfsuid, uid);
}

void act_as_root(void) {
  sys(setfsuid, 0);
  sys(setfsgid, 0);
  sys(setresuid, 0, -1, -1);
  sys(setresgid, 0, -1, -1);
}
