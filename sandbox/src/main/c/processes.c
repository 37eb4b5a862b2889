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
  entry->descent = UNKNOWN;
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

/* /proc lists processes by rising number. */
static struct process_entry *entry_of(int count, int pid) {
  int low = 0, high = count;
  while (low < high) {
    int middle = (low + high) / 2;
    if (table[middle].pid < pid) low = middle + 1;
    else high = middle;
  }
  return low < count && table[low].pid == pid ? &table[low] : NULL;
}

/* Whether a process is an ancestor, such as the step's pid 1; orphans become its children. The way up
 * remembers the answer until the next scan, whose processes are all asked about the same ancestor: a
 * step may make chains of thousands. */
bool descends(int count, int pid, int ancestor) {
  enum descent answer = UNKNOWN;
  int ways = 0;
  for (int at = pid; answer == UNKNOWN; ways++) {
    const struct process_entry *entry = entry_of(count, at);
    if (!entry || entry->parent <= 1 || ways == count) answer = STRANGER;
    else if (entry->parent == ancestor) answer = DESCENDANT;
    else answer = entry->descent, at = entry->parent;
  }
  for (int at = pid; ways; ways--) {
    struct process_entry *entry = entry_of(count, at);
    if (!entry) break;
    entry->descent = answer;
    at = entry->parent;
  }
  return answer == DESCENDANT;
}

/* One round over everything that descends from a process; the caller goes on until
 * all is reaped. Stopped first, so that none forks away. */
void kill_descendants(int ancestor) {
  int count = scan();
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < count; i++)
      if (descends(count, table[i].pid, ancestor)) sys(kill, table[i].pid, round ? SIGKILL : SIGSTOP);
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
