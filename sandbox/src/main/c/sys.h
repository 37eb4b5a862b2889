/* The kernel without a C library.
 *
 * A static glibc costs half a millisecond and 700 KB each time it starts, and
 * brings a dynamic loader's worth of code into a privileged program; nothing
 * of it is needed here. Every call returns -errno. */
#ifndef JBUILD_SYS_H
#define JBUILD_SYS_H

#include <asm/unistd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
static inline long raw(long n, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
static inline long raw(long n, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = n;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}
#else
#error "jbuild-init knows x86_64 and aarch64"
#endif

/* sys(name, arguments...): any call of up to six arguments. */
#define SYS_PICK(_1, _2, _3, _4, _5, _6, _7, macro, ...) macro
#define SYS_1(n) raw(__NR_##n, 0, 0, 0, 0, 0, 0)
#define SYS_2(n, a) raw(__NR_##n, (long)(a), 0, 0, 0, 0, 0)
#define SYS_3(n, a, b) raw(__NR_##n, (long)(a), (long)(b), 0, 0, 0, 0)
#define SYS_4(n, a, b, c) raw(__NR_##n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYS_5(n, a, b, c, d) \
  raw(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SYS_6(n, a, b, c, d, e) \
  raw(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define SYS_7(n, a, b, c, d, e, f) \
  raw(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define sys(...) \
  SYS_PICK(__VA_ARGS__, SYS_7, SYS_6, SYS_5, SYS_4, SYS_3, SYS_2, SYS_1, 0)(__VA_ARGS__)

/* The compiler may call these for plain assignments too. */
void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

/* S_IFMT and its values; the kernel's own header hides them from a hosted build. */
enum {
  TYPE_MASK = 0170000,
  TYPE_DIRECTORY = 0040000,
  TYPE_CHARACTER = 0020000,
  TYPE_FILE = 0100000,
  TYPE_LINK = 0120000
};

static inline bool same(const char *a, const char *b) {
  size_t n = strlen(a);
  return n == strlen(b) && memcmp(a, b, n) == 0;
}

#endif
