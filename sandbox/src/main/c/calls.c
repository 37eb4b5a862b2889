/* What a step of tier C asked for: its call's arguments, and the memory they point to. */
#include "jail.h"

#include <linux/errno.h>
#include <linux/fcntl.h>

/* Through /proc/PID/mem, held from the first byte to the last: the calls that do
 * the same, process_vm_*, are refused by the policy of Docker before 23. The
 * kernel asks for as much as ptrace would: see act_as. */
int memory_of(int pid) {
  char path[32];
  struct text text = {path, path + sizeof path};
  put(&text, "/proc/");
  put_number(&text, (uint64_t)pid);
  put(&text, "/mem");
  return (int)sys(openat, AT_FDCWD_, path, O_RDWR | O_CLOEXEC);
}

bool read_string(int memory, uint64_t address, char *to, size_t size) {
  size_t done = 0;
  while (done < size) {
    size_t chunk = 4096 - (address + done) % 4096; /* the next page may not be there */
    if (chunk > size - done) chunk = size - done;
    long n = sys(pread64, memory, to + done, chunk, address + done);
    if (n <= 0) return false;
    for (long i = 0; i < n; i++)
      if (!to[done + (size_t)i]) return true;
    done += (size_t)n;
  }
  return false;
}

static bool read_bytes(int memory, uint64_t address, void *to, size_t size) {
  return sys(pread64, memory, to, size, address) == (long)size;
}

/* May write to a private page that the caller itself may only read, as a debugger's write does: the
 * caller hurts nobody else. */
bool write_bytes(int memory, uint64_t address, const void *from, size_t size) {
  return sys(pwrite64, memory, from, size, address) == (long)size;
}

bool decode(int nr, const uint64_t *a, int memory, struct call *call) {
  *call = (struct call){.dirfd = AT_FDCWD_};
  switch (nr) {
    case __NR_openat: *call = (struct call){OPEN, (int)a[0], a[1], a[2], 0, 0}; return true;
    case __NR_openat2: {
      uint64_t how[3] = {0};
      if (!read_bytes(memory, a[2], how, sizeof how)) return false;
      *call = (struct call){OPEN, (int)a[0], a[1], how[0], 0, 0};
      return true;
    }
    case __NR_newfstatat: *call = (struct call){STAT, (int)a[0], a[1], a[3], a[2], 0}; return true;
    case __NR_statx: *call = (struct call){STATX, (int)a[0], a[1], a[2], a[4], a[3]}; return true;
    case __NR_faccessat:
    case __NR_faccessat2: *call = (struct call){ACCESS, (int)a[0], a[1], a[2], 0, 0}; return true;
    case __NR_chdir: call->kind = ENTER, call->path = a[0]; return true;
    case __NR_execve: call->kind = EXECUTE, call->path = a[0]; return true;
    case __NR_execveat: *call = (struct call){EXECUTE, (int)a[0], a[1], a[4], 0, 0}; return true;
    case __NR_readlinkat: *call = (struct call){READLINK, (int)a[0], a[1], 0, a[2], a[3]}; return true;
#ifdef __NR_open
    case __NR_open: call->kind = OPEN, call->path = a[0], call->flags = a[1]; return true;
    case __NR_stat: call->kind = STAT, call->path = a[0], call->buffer = a[1]; return true;
    case __NR_lstat:
      call->kind = STAT, call->path = a[0], call->buffer = a[1], call->flags = AT_SYMLINK_NOFOLLOW;
      return true;
    case __NR_access: call->kind = ACCESS, call->path = a[0], call->flags = a[1]; return true;
    case __NR_readlink:
      call->kind = READLINK, call->path = a[0], call->buffer = a[1], call->size = a[2];
      return true;
#endif
    default: return false;
  }
}
