/* Processes as /proc tells of them, for tier C: who belongs to the step. */
#include "jail.h"

#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/signal.h>

#define MAX_GROUPS 1024

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

/* What /proc/PID/status tells of whose rights a process has. */
struct rights {
  int64_t uid, gid;
  uint64_t capabilities; /* permitted */
  unsigned count;
  uint32_t groups[MAX_GROUPS];
};

static uint64_t parse_hex(const char *at) {
  uint64_t value = 0;
  for (;; at++) {
    unsigned digit = *at >= '0' && *at <= '9' ? (unsigned)(*at - '0') : (unsigned)(*at - 'a') + 10;
    if (digit > 15) return value;
    value = value << 4 | digit;
  }
}

/* Groups that are not read are not had. */
static void read_rights(int pid, struct rights *rights) {
  char name[32];
  static char status[16384];
  struct text text = {name, name + sizeof name};
  put(&text, "/proc/");
  put_number(&text, (uint64_t)pid);
  put(&text, "/status");
  *rights = (struct rights){0};
  read_at(AT_FDCWD_, name, status, sizeof status);
  for (const char *at = status; *at; at++) {
    if (starts(at, "\nUid:\t")) {
      at += 6;
      rights->uid = parse_number(&at);
    } else if (starts(at, "\nGid:\t")) {
      at += 6;
      rights->gid = parse_number(&at);
    } else if (starts(at, "\nGroups:\t")) {
      at += 9;
      while (*at >= '0' && *at <= '9' && rights->count < MAX_GROUPS) {
        rights->groups[rights->count++] = (uint32_t)parse_number(&at);
        if (*at == ' ') at++;
      }
    } else if (starts(at, "\nCapPrm:\t")) {
      rights->capabilities = parse_hex(at + 9);
      return;
    } else {
      continue;
    }
    at--;
  }
}

static void use_capabilities(uint64_t wanted) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {0};
  if (sys(capget, &header, sets) < 0) return;
  for (int i = 0; i < 2; i++) sets[i].effective = sets[i].permitted & (uint32_t)(wanted >> 32 * i);
  sys(capset, &header, sets);
}

static uint32_t own_groups[MAX_GROUPS];
static long own_count = -1;

/* Takes on the caller's real and file-system ids, its groups and capabilities while its call is
 * answered: files open with its rights, not with root's, and the kernel lets us see its memory and
 * descriptors without CAP_SYS_PTRACE. The effective id stays root's. */
void act_as(int pid) {
  static struct rights rights;
  read_rights(pid, &rights);
  if (own_count < 0) {
    own_count = sys(getgroups, MAX_GROUPS, own_groups);
    if (own_count < 0) own_count = 0;
  }
  sys(setgroups, rights.count, rights.groups);
  if (rights.gid) sys(setresgid, rights.gid, -1, -1), sys(setfsgid, rights.gid);
  if (rights.uid) sys(setresuid, rights.uid, -1, -1), sys(setfsuid, rights.uid);
  use_capabilities(rights.capabilities);
}

/* Whom the caller may signal is what its effective id says, too. Until act_as_root. */
void act_wholly(void) {
  sys(setresuid, -1, sys(getuid), -1);
}

void act_as_root(void) {
  sys(setresuid, 0, 0, -1); /* the saved id is root's */
  sys(setfsuid, 0);
  use_capabilities(~0ull);
  sys(setresgid, 0, -1, -1);
  sys(setfsgid, 0);
  if (own_count >= 0) sys(setgroups, own_count, own_groups);
}
