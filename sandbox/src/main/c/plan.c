#include "init.h"

#include <linux/errno.h>

static _Noreturn void cut_short(void) {
  static const char text[] = "jbuild-init: the plan is cut short\n";
  sys(write, 2, text, sizeof text - 1);
  leave(125);
}

static uint32_t load32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

bool plan_next(struct plan *plan, struct op *op) {
  if (plan->at == plan->end) return false;
  if (plan->end - plan->at < 8) cut_short();
  uint16_t code;
  memcpy(&code, plan->at, sizeof code);
  uint32_t length = load32(plan->at + 4);
  plan->at += 8;
  if ((uint64_t)(plan->end - plan->at) < length) cut_short();
  op->code = code;
  op->at = plan->at;
  op->end = plan->at + length;
  plan->at = op->end;
  return true;
}

int64_t op_number(struct op *op) {
  int64_t value;
  if (op->end - op->at < (ptrdiff_t)sizeof value) cut_short();
  memcpy(&value, op->at, sizeof value);
  op->at += sizeof value;
  return value;
}

const char *op_text(struct op *op, size_t *length) {
  if (op->end - op->at < 5) cut_short();
  uint32_t size = load32(op->at);
  const uint8_t *start = op->at + 4;
  if ((uint64_t)(op->end - start) < (uint64_t)size + 1 || start[size] != 0) cut_short();
  op->at = start + size + 1;
  if (length) *length = size;
  return (const char *)start;
}

void put(struct text *text, const char *s) {
  while (*s && text->at + 1 < text->end) *text->at++ = *s++;
  *text->at = 0;
}

void put_number(struct text *text, uint64_t value) {
  char digits[21];
  char *at = digits + sizeof digits - 1;
  *at = 0;
  do {
    *--at = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  put(text, at);
}

#ifndef HOSTED
/* Loops that the compiler must not turn into calls of themselves. */
#define NO_IDIOM __attribute__((optimize("no-tree-loop-distribute-patterns")))

NO_IDIOM void *memcpy(void *restrict to, const void *restrict from, size_t n) {
  uint8_t *t = to;
  const uint8_t *f = from;
  while (n--) *t++ = *f++;
  return to;
}

NO_IDIOM void *memset(void *to, int byte, size_t n) {
  uint8_t *t = to;
  while (n--) *t++ = (uint8_t)byte;
  return to;
}

NO_IDIOM int memcmp(const void *a, const void *b, size_t n) {
  const uint8_t *x = a;
  const uint8_t *y = b;
  for (; n--; x++, y++)
    if (*x != *y) return *x - *y;
  return 0;
}

NO_IDIOM size_t strlen(const char *s) {
  const char *at = s;
  while (*at) at++;
  return (size_t)(at - s);
}
#endif
