/* What Landlock adds: it keeps a step from abstract sockets that the step did not make.
 *
 * They belong to the network namespace, which with a host network is the executor's: a
 * service that trusts whoever reaches it there would be open to steps. Namespaces hold
 * the rest, so no more is asked for then, and a kernel before 6.12 goes without.
 *
 * In tier C it, or one step at a time, keeps steps apart. A step is held by its chroot as long as it has no descriptor of a directory
 * outside. Another step has: that of its own root. The two share a network
 * namespace, and could hand one over through an abstract socket; from there ".."
 * leads out of both. So either the kernel keeps a step from sockets of others
 * (and from signalling them), or no other step runs meanwhile. */
#include "init.h"

#include <linux/errno.h>
#include <linux/fcntl.h>

/* As <linux/landlock.h> has it since 6.12; older headers do not. */
#define LANDLOCK_CREATE 444
#define LANDLOCK_ADD_RULE 445
#define LANDLOCK_RESTRICT_SELF 446
#define SCOPE_ABSTRACT_SOCKETS 1u
#define SCOPE_SIGNALS 2u

struct ruleset {
  uint64_t files, network, scope;
};

struct __attribute__((packed)) beneath {
  uint64_t files;
  int32_t parent;
};

/* The version of Landlock, or an error where there is none. */
static long version(void) { return raw(LANDLOCK_CREATE, 0, 0, 1, 0, 0, 0); }

/* Since 6.12 a domain can be kept from the sockets and processes of others. */
bool steps_are_scoped(void) { return version() >= 6; }

static long restrict_to(struct ruleset rules, size_t size, int root) {
  long set = raw(LANDLOCK_CREATE, (long)&rules, (long)size, 0, 0, 0, 0);
  if (set < 0) return set;
  struct beneath beneath = {rules.files, root};
  long r = rules.files ? raw(LANDLOCK_ADD_RULE, set, 1 /* PATH_BENEATH */, (long)&beneath, 0, 0, 0) : 0;
  if (r >= 0) r = raw(LANDLOCK_RESTRICT_SELF, set, 0, 0, 0, 0, 0);
  sys(close, set);
  return r;
}

/* Needs CAP_SYS_ADMIN or no_new_privs. No right on files is handled, so that it may still mount. */
static long confine_sockets(void) {
  if (!steps_are_scoped()) return 0;
  struct ruleset rules = {.scope = SCOPE_ABSTRACT_SOCKETS};
  return restrict_to(rules, sizeof rules, -1);
}

/* Every right on files, below the step's root only; and the scope, where there is one. Version 1
 * is of no use: under it nothing can be renamed to another directory. */
static long confine_all(int root) {
  long now = version();
  if (now < 2) return 0;
  /* 13 rights, then REFER; TRUNCATE with version 3, IOCTL_DEV with 5. */
  struct ruleset rules = {.files = now >= 5 ? 0xffff : now >= 3 ? 0x7fff : 0x3fff,
                          .scope = SCOPE_ABSTRACT_SOCKETS | SCOPE_SIGNALS};
  return restrict_to(rules, now >= 6 ? sizeof rules : offsetof(struct ruleset, network), root);
}

void confine(struct step *step, enum confinement how) {
  long r = how == CONFINE_SOCKETS ? confine_sockets() : how == CONFINE_ALL ? confine_all(step->root) : 0;
  step->op = OP_CONFINE;
  if (r < 0) die(step, (int)-r, "Landlock", 125);
}

/* A name that one process of the network namespace has at a time; the kernel takes it back when the
 * supervisor ends, however it does. Nobody can connect to it. Returns a descriptor, or -EADDRINUSE. */
long take_turn(void) {
  static const struct {
    uint16_t family;
    char name[13];
  } address = {1 /* AF_UNIX */, "\0jbuild-step"};
  long fd = sys(socket, 1 /* AF_UNIX */, 1 /* SOCK_STREAM */ | O_CLOEXEC, 0);
  if (fd < 0) return fd;
  long r = sys(bind, fd, &address, sizeof address);
  if (r < 0) sys(close, fd);
  return r < 0 ? r : fd;
}
