/* Directories of /proc for a step of tier C, and programs executed through it.
 *
 * No directory of the real /proc may be given, since ".." would lead out of it;
 * but programs list them. So names are kept in the step's own root: its /proc,
 * which is empty before the step and emptied after it, gets an empty entry for
 * each name that may be seen, just before a directory is opened. What an entry
 * stands for is answered as ever, since a path into this shadow is a path into
 * /proc. The step may do there what it likes: all of it is below its root, and
 * everything is reached here name by name, without following links.
 *
 * A program is looked up by the kernel, which takes no descriptor from us. So at
 * /proc/self/exe and /proc/self/fd/N stands a program of ours (reexec.c), put
 * there before such a path is looked up. It asks, as the process it became, for the
 * file that was meant: kept here by the process's number, it is that of no other. */
#include "jail.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#define MAX_DEEP 64

/* ---- entries ------------------------------------------------------------ */

static void add_file(int dir, const char *name) { sys(mknodat, dir, name, TYPE_FILE | 0444, 0); }

static int add_directory(int parent, const char *name) {
  sys(mkdirat, parent, name, 0755);
  return (int)sys(openat, parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Calls act for each name but "." and ".."; names that come meanwhile may be missed. */
static void each(int dir, void (*act)(int dir, const char *name, void *with), void *with) {
  char entries[4096];
  long n;
  sys(lseek, dir, 0, 0);
  while ((n = sys(getdents64, dir, entries, sizeof entries)) > 0)
    for (long at = 0; at < n;) {
      unsigned short size;
      memcpy(&size, entries + at + 16, sizeof size);
      const char *name = entries + at + 19;
      if (!same(name, ".") && !same(name, "..")) act(dir, name, with);
      at += size;
    }
}

/* Removes what a name stands for, however it came there; what is deeper than anything made here stays. */
static void remove_entry(int dir, const char *name, void *depth) {
  if (sys(unlinkat, dir, name, 0) >= 0) return;
  int deeper = *(int *)depth + 1;
  long inner = sys(openat, dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (inner < 0) return;
  if (deeper < MAX_DEEP) each((int)inner, remove_entry, &deeper);
  sys(close, inner);
  sys(unlinkat, dir, name, AT_REMOVEDIR);
}

/* The names of one directory of the real /proc that are numbers, and may be seen. */
struct numbers {
  const struct jail *jail;
  int real, shadow;
  bool processes; /* else of descriptors or tasks: all may be seen */
  int count;      /* of the table, for processes */
};

static bool visible(const struct numbers *all, const char *name) {
  const char *digits = name;
  return is_number(name) && sys(faccessat, all->real, name, 0) >= 0 &&
         (!all->processes || descends(all->count, (int)parse_number(&digits), all->jail->pid1));
}

static void add_number(int real, const char *name, void *with) {
  (void)real;
  const struct numbers *all = with;
  if (!is_number(name)) return;
  const char *digits = name;
  if (all->processes && !descends(all->count, (int)parse_number(&digits), all->jail->pid1)) return;
  if (all->processes)
    sys(mkdirat, all->shadow, name, 0755);
  else
    sys(symlinkat, "/", all->shadow, name); /* a link as there; what it leads to is never looked up */
}

static void remove_gone(int shadow, const char *name, void *with) {
  int depth = 0;
  if (is_number(name) && !visible(with, name)) remove_entry(shadow, name, &depth);
}

static void follow_numbers(struct numbers *all) {
  each(all->real, add_number, all);
  each(all->shadow, remove_gone, all);
}

/* ---- directories --------------------------------------------------------- */

void show_root(const struct jail *jail) {
  if (jail->shadow < 0) return;
  long real = sys(openat, AT_FDCWD_, "/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (real < 0) return;
  for (const char *const *name = machine_files; *name; name++)
    if (!contains(*name, "/")) add_file(jail->shadow, *name);
  add_file(jail->shadow, "mounts");
  sys(mkdirat, jail->shadow, "self", 0755);
  sys(symlinkat, "self", jail->shadow, "thread-self");
  struct numbers all = {jail, (int)real, jail->shadow, true, scan()};
  follow_numbers(&all);
  sys(close, real);
}

/* A directory of one process: "", "fd", "fdinfo", "task" or "task/N" below it. The real one must have
 * been opened with the caller's rights; here everything is made with root's. */
long show_process(const struct jail *jail, const char *name, const char *tail, int real) {
  if (jail->shadow < 0) return -EACCES;
  int dir = add_directory(jail->shadow, name);
  if (dir < 0) return dir;
  if (!*tail) {
    for (const char *const *file = own_files; *file; file++) {
      bool link = same(*file, "exe") || same(*file, "cwd") || same(*file, "root");
      if (link) sys(symlinkat, "/", dir, *file);
      else add_file(dir, *file);
    }
    add_file(dir, "mounts");
    add_file(dir, "mountinfo");
    for (const char *const *folder = own_folders; *folder; folder++) sys(mkdirat, dir, *folder, 0755);
    return dir;
  }
  char first[16];
  struct text text = {first, first + sizeof first};
  for (const char *at = tail; *at && *at != '/'; at++) put(&text, (char[2]){*at, 0});
  int folder = add_directory(dir, first);
  sys(close, dir);
  if (folder < 0) return folder;
  if (!starts(tail, "task/")) {
    struct numbers all = {jail, real, folder, false, 0};
    follow_numbers(&all);
    return folder;
  }
  sys(unlinkat, folder, tail + 5, 0); /* "task" alone makes no directories of its entries */
  dir = add_directory(folder, tail + 5);
  sys(close, folder);
  if (dir < 0) return dir;
  add_file(dir, "comm"), add_file(dir, "stat"), add_file(dir, "status");
  return dir;
}

/* ---- programs ------------------------------------------------------------ */

extern const char reexec_start[], reexec_end[];
__asm__(
    ".section .rodata\n"
    ".globl reexec_start\n.globl reexec_end\n"
    "reexec_start:\n\t.incbin \"" REEXEC_FILE "\"\nreexec_end:\n"
    ".text\n");

static struct meant {
  int tgid, fd;
  int64_t start; /* the process's, which tells it from a later one of the same number */
} meant[64];
static unsigned newest;

/* In ticks since the machine started; the 22nd field, 20 after the name. */
static int64_t start_of(int tgid) {
  char path[32], stat[1024];
  struct text text = {path, path + sizeof path};
  put(&text, "/proc/");
  put_number(&text, (uint64_t)tgid);
  put(&text, "/stat");
  size_t n = read_at(AT_FDCWD_, path, stat, sizeof stat);
  while (n && stat[n - 1] != ')') n--;
  const char *at = stat + n;
  for (int field = 0; n && field < 20 && *at; field++) {
    while (*at == ' ') at++;
    if (field < 19) while (*at && *at != ' ') at++;
  }
  return n ? parse_number(&at) : -1;
}

/* Makes the path that is being executed, as it is below /proc, lead to reexec; fd is the file that is
 * meant, and is kept. */
long prepare_program(const struct jail *jail, int tgid, const char *name, const char *tail, int fd) {
  if (jail->shadow < 0) return -EACCES;
  int dir = add_directory(jail->shadow, name);
  if (dir < 0) return dir;
  const char *last = tail;
  if (starts(tail, "fd/")) {
    int folder = add_directory(dir, "fd");
    sys(close, dir);
    if (folder < 0) return folder;
    dir = folder;
    last = tail + 3;
  }
  /* A file is an earlier one, or what the step made of it; a link was made to be listed. */
  struct statx st;
  if (sys(statx, dir, last, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) >= 0 && (st.stx_mode & TYPE_MASK) == TYPE_LINK)
    sys(unlinkat, dir, last, 0);
  long made = sys(openat, dir, last, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0755);
  sys(close, dir);
  if (made >= 0) {
    size_t size = (size_t)(reexec_end - reexec_start);
    long n = sys(write, made, reexec_start, size);
    sys(fchmod, made, 0755); /* which the umask cut */
    sys(close, made);
    if (n != (long)size) return n < 0 ? n : -ENOSPC;
  } else if (made != -EEXIST) {
    return made;
  }
  unsigned slot = 0;
  while (slot < 64 && meant[slot].tgid != tgid) slot++;
  if (slot == 64) slot = newest++ % 64; /* the oldest of so many has failed, or ended, by now */
  if (meant[slot].tgid) sys(close, meant[slot].fd);
  meant[slot] = (struct meant){tgid, fd, start_of(tgid)};
  return 0;
}

/* The file that the process executed last through /proc, or an error; the caller's from then on. */
long program_of(int tgid) {
  for (unsigned slot = 0; slot < 64; slot++)
    if (meant[slot].tgid == tgid) {
      meant[slot].tgid = 0;
      if (meant[slot].start == start_of(tgid)) return meant[slot].fd;
      sys(close, meant[slot].fd);
    }
  return -ENOENT;
}

/* ---- before and after ----------------------------------------------------- */

static void count_entry(int dir, const char *name, void *count) {
  (void)dir;
  (void)name;
  ++*(int *)count;
}

/* Holds the step's /proc, and makes it if need be. An image that has files there goes without; so does
 * one where others than root may write, who could put a program there for root to execute. */
void open_shadow(struct jail *jail, struct stub *stub) {
  struct statx before, after;
  jail->shadow = -1;
  stub->parent = -1;
  long r = sys(statx, jail->root, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &before);
  if (r >= 0 && sys(mkdirat, jail->root, "proc", 0755) >= 0 &&
      sys(statx, jail->root, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &after) >= 0) {
    stub->parent = (int)sys(fcntl, jail->root, F_DUPFD_CLOEXEC, 3);
    stub->made = (struct msg){.type = MSG_STUB,
                              .code = MADE_DIRECTORY,
                              .times = {before.stx_atime.tv_sec, before.stx_atime.tv_nsec,
                                        before.stx_mtime.tv_sec, before.stx_mtime.tv_nsec,
                                        after.stx_mtime.tv_sec, after.stx_mtime.tv_nsec}};
    struct text text = {stub->made.text, stub->made.text + sizeof stub->made.text};
    put(&text, "proc");
  }
  long fd = sys(openat, jail->root, "proc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  int count = 0;
  each((int)fd, count_entry, &count);
  if (count || sys(statx, fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &before) < 0 || before.stx_uid ||
      before.stx_mode & 022) {
    sys(close, fd);
    return;
  }
  jail->shadow = (int)fd;
  jail->shadow_times[0] = before.stx_atime.tv_sec, jail->shadow_times[1] = before.stx_atime.tv_nsec;
  jail->shadow_times[2] = before.stx_mtime.tv_sec, jail->shadow_times[3] = before.stx_mtime.tv_nsec;
}

/* Whatever is there now came with the step, and would have been in no layer on a real /proc. */
void empty_shadow(const struct jail *jail) {
  if (jail->shadow < 0) return;
  int depth = 0, count;
  for (int round = 0; round < 100; round++) { /* a name that comes while others go may be missed */
    each(jail->shadow, remove_entry, &depth);
    count = 0;
    each(jail->shadow, count_entry, &count);
    if (!count) break;
  }
  struct statx now;
  const int64_t *times = jail->shadow_times;
  if (sys(statx, jail->shadow, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &now) >= 0 &&
      (now.stx_mtime.tv_sec != times[2] || now.stx_mtime.tv_nsec != times[3]))
    sys(utimensat, jail->shadow, 0, times, 0);
}
