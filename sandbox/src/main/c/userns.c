/* jbuild-init userns PROGRAM [ARGUMENT...]
 *
 * Executes a program as root of a new user namespace, in a mount namespace of
 * its own: how an ordinary user starts jbuild. The ids of /etc/subuid and
 * /etc/subgid are mapped from 1 on where newuidmap and newgidmap are installed;
 * else the user's own id is the only one. The process id stays the same. */
#include "init.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/signal.h>

#define AT_FDCWD_ (-100)

struct range {
  uint64_t start, count;
};

static _Noreturn void give_up(const char *what, long error) {
  char line[512];
  struct text text = {line, line + sizeof line - 1};
  put(&text, "jbuild-init: no user namespace: ");
  put(&text, what);
  put(&text, ": error ");
  put_number(&text, (uint64_t)-error);
  if (error == -EPERM || error == -EACCES || error == -ENOSPC || error == -EUSERS)
    put(&text, " (forbidden here; \"jbuild doctor\" names the setting that forbids it)");
  put(&text, "\n");
  sys(write, 2, line, strlen(line));
  leave(125);
}

/* The field after n colons, up to the next one or the end of the line. */
static bool field_is(const char *line, const char *end, unsigned n, const char *value) {
  while (n && line < end)
    if (*line++ == ':') n--;
  size_t length = strlen(value);
  return (size_t)(end - line) >= length && memcmp(line, value, length) == 0 &&
         (line + length == end || line[length] == ':');
}

static const char *field(const char *line, const char *end, unsigned n) {
  while (n && line < end)
    if (*line++ == ':') n--;
  return line;
}

static uint64_t number_at(const char *at, const char *end) {
  uint64_t value = 0;
  for (; at < end && *at >= '0' && *at <= '9'; at++) value = value * 10 + (uint64_t)(*at - '0');
  return value;
}

static size_t read_file(const char *path, char *to, size_t size) {
  long fd = sys(openat, AT_FDCWD_, path, O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  long n;
  while (fd >= 0 && (n = sys(read, fd, to + length, size - length)) > 0) length += (size_t)n;
  if (fd >= 0) sys(close, fd);
  return length;
}

/* Calls found for the line whose field n is the value. */
static const char *find_line(const char *file, size_t length, unsigned n, const char *value,
                             const char **line_end) {
  const char *at = file, *end = file + length;
  while (at < end) {
    const char *stop = at;
    while (stop < end && *stop != '\n') stop++;
    if (field_is(at, stop, n, value)) {
      *line_end = stop;
      return at;
    }
    at = stop + 1;
  }
  return NULL;
}

/* The user's range in /etc/subuid or /etc/subgid; by name first, then by number. */
static struct range subordinate(const char *path, const char *name, const char *uid) {
  static char file[1 << 20];
  size_t length = read_file(path, file, sizeof file);
  const char *end;
  const char *line = *name ? find_line(file, length, 0, name, &end) : NULL;
  if (!line) line = find_line(file, length, 0, uid, &end);
  if (!line) return (struct range){0, 0};
  return (struct range){number_at(field(line, end, 1), end), number_at(field(line, end, 2), end)};
}

static void user_name(const char *uid, char *name, size_t size) {
  static char file[1 << 20];
  size_t length = read_file("/etc/passwd", file, sizeof file);
  const char *end;
  const char *line = find_line(file, length, 2, uid, &end);
  size_t n = 0;
  while (line && line + n < end && line[n] != ':' && n + 1 < size) n++;
  if (n) memcpy(name, line, n);
  name[n] = 0;
}

struct digits {
  char at[24];
};

static struct digits decimal(uint64_t value) {
  struct digits digits;
  struct text text = {digits.at, digits.at + sizeof digits.at};
  put_number(&text, value);
  return digits;
}

static int run_mapper(const char *program, uint64_t pid, uint64_t own, struct range range) {
  struct digits p = decimal(pid), id = decimal(own), start = decimal(range.start),
                count = decimal(range.count);
  long child = sys(clone, SIGCHLD, 0, 0, 0, 0);
  if (child == 0) {
    char name[] = "newidmap", zero[] = "0", one[] = "1";
    char *argv[] = {name, p.at, zero, id.at, one, one, start.at, count.at, NULL};
    char *envp[] = {NULL};
    sys(execve, program, argv, envp);
    leave(127);
  }
  int status = -1;
  if (child > 0) sys(wait4, child, &status, 0, 0);
  return status;
}

static long write_text(const char *path, const char *content) {
  long fd = sys(openat, AT_FDCWD_, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return fd;
  long r = sys(write, fd, content, strlen(content));
  sys(close, fd);
  return r;
}

static void map_one(const char *path, uint64_t id) {
  char line[48];
  struct text text = {line, line + sizeof line};
  put(&text, "0 ");
  put_number(&text, id);
  put(&text, " 1");
  long r = write_text(path, line);
  if (r < 0) give_up(path, r);
}

_Noreturn void enter_userns(char **argv, char **envp) {
  uint64_t uid = (uint64_t)sys(geteuid), gid = (uint64_t)sys(getegid), pid = (uint64_t)sys(getpid);
  struct digits uid_text = decimal(uid);
  char name[256];
  user_name(uid_text.at, name, sizeof name);
  struct range uids = subordinate("/etc/subuid", name, uid_text.at);
  struct range gids = subordinate("/etc/subgid", name, uid_text.at);
  bool ranges = uids.count && gids.count && sys(faccessat, AT_FDCWD_, "/usr/bin/newuidmap", 1) == 0 &&
                sys(faccessat, AT_FDCWD_, "/usr/bin/newgidmap", 1) == 0;
  int ready[2], done[2];
  if (sys(pipe2, ready, O_CLOEXEC) < 0 || sys(pipe2, done, O_CLOEXEC) < 0) give_up("pipe", -EMFILE);
  long helper = 0;
  if (ranges) {
    /* newuidmap must be called from outside the namespace. */
    helper = sys(clone, SIGCHLD, 0, 0, 0, 0);
    if (helper < 0) give_up("clone", helper);
    if (helper == 0) {
      char byte;
      /* Where it has the other ends too, it does not see that this process is gone. */
      sys(close, ready[1]);
      sys(close, done[0]);
      if (sys(read, ready[0], &byte, 1) != 1) leave(1);
      byte = run_mapper("/usr/bin/newuidmap", pid, uid, uids) == 0 &&
             run_mapper("/usr/bin/newgidmap", pid, gid, gids) == 0;
      sys(write, done[1], &byte, 1);
      leave(0);
    }
    sys(close, done[1]);
  }
  long r = sys(unshare, CLONE_NEWUSER | CLONE_NEWNS);
  if (r < 0) give_up("unshare", r);
  bool mapped = false;
  if (ranges) {
    char byte = 1;
    sys(write, ready[1], &byte, 1);
    mapped = sys(read, done[0], &byte, 1) == 1 && byte == 1;
    sys(wait4, helper, 0, 0, 0);
    if (!mapped) {
      static const char note[] =
          "jbuild-init: newuidmap or newgidmap failed; going on with a single id\n";
      sys(write, 2, note, sizeof note - 1);
    }
  }
  if (!mapped) {
    /* Without newgidmap the kernel wants setgroups off before gid_map is written. */
    r = write_text("/proc/self/setgroups", "deny");
    if (r < 0 && r != -ENOENT) give_up("/proc/self/setgroups", r);
    map_one("/proc/self/uid_map", uid);
    map_one("/proc/self/gid_map", gid);
  }
  if ((r = sys(setresgid, 0, 0, 0)) < 0 || (r = sys(setresuid, 0, 0, 0)) < 0) give_up("root", r);
  if (mapped) sys(setgroups, 0, 0);
  r = sys(mount, 0, "/", 0, 1 << 14 /* MS_REC */ | 1 << 19 /* MS_SLAVE */, 0);
  if (r < 0) give_up("mount", r);
  r = sys(execve, argv[0], argv, envp);
  give_up(argv[0], r);
}
