/* jbuild-init carries out a plan that the Java side made. It decides nothing:
 * what is mounted, dropped, masked or allowed is in the plan.
 *
 *   supervisor   started by the JVM; in the executor's own namespaces. Reads
 *                the plan from fd 0, then commands; writes frames to fd 1.
 *   init         pid 1 of the step: makes the root file system, starts the
 *                step, reaps. Dies with the supervisor.
 *   step         takes on the step's identity and executes its program.
 *
 * main.c       the verbs; the sealed copy; reading the plan
 * plan.c       the plan's fields; strings and numbers
 * run.c        the supervisor, from the plan to the result; supervise.c its loop; commands.c what
 *              the JVM tells it, frames.c what it tells the JVM; stubs.c what it removes after the step
 * pid1.c       pid 1: from the plan to the step, and its loop; message.c the two's messages
 * setup.c      the plan's operations; walk.c ways below the root; roots.c layers and
 *              directories; mounts.c mounts, files, devices
 * step.c       identity, capabilities, filter, exec
 * chroot.c     /proc and signals of a step without namespaces, for the supervisor;
 *              processes.c who belongs to the step; procpaths.c what it is shown;
 *              calls.c what was asked; answers.c what it gets; shadow.c directories and
 *              programs, for which reexec/ is a program of its own
 * confine.c    what keeps a step from abstract sockets, and those without namespaces from each other
 * remap.c      the user namespace of a remapped step
 * userns.c     the other use of this program: "userns", before the JVM starts
 * tether.c     and "tether": keeps a program of the executor's from outliving it */
#ifndef JBUILD_INIT_H
#define JBUILD_INIT_H

#include "sys.h"

/* ---- plan ------------------------------------------------------------- */

/* A plan is a header (magic, length of what follows) and operations, each
 * {u16 code, u16 zero, u32 length, fields}. A field is an 8-byte number or a
 * string {u32 length, bytes, NUL}. Little endian. The codes are those of
 * dev.jbuild.sandbox.Op. */
enum op_code {
  OP_PROCESS = 1,  /* clone flags, time-out ms, wait for go, fds' uid, gid, tier C */
  OP_CGROUP = 2,   /* path of a cgroup.procs file to write "0" to */
  OP_STACK = 3,    /* flags, n, n x (stack or -1, path), upper, work */
  OP_DIRECTORY = 4, /* path: a plain directory as the next stack */
  OP_MOUNT = 5,    /* target, type, source, flags, data, stub */
  OP_BIND = 6,     /* stack or -1, source, target, recursive, flags, stub */
  OP_FILE = 7,     /* target, content, mode, uid, gid, flags */
  OP_MKNOD = 8,    /* target, mode with type, device, uid, gid */
  OP_SYMLINK = 9,  /* target, text */
  OP_MASK = 10,    /* path */
  OP_READONLY = 11, /* path */
  OP_HOSTNAME = 12, /* name */
  OP_LOOPBACK = 13, /* none */
  OP_PIVOT = 14,   /* none */
  OP_CHROOT = 15,  /* none */
  OP_CWD = 16,     /* path, uid, gid */
  OP_RLIMIT = 17,  /* resource, soft, hard, required */
  OP_IDENTITY = 18, /* uid, gid, umask, no_new_privs, n, n x gid */
  OP_CAPS = 19,    /* bounding, permitted, effective, inheritable, ambient */
  OP_SECCOMP = 20, /* flags, program */
  OP_EXEC = 21,    /* n, n x argument, n, n x environment */
  OP_USERNS = 22,  /* uid map, gid map, the host's ids of the step's root */
  OP_OOM_ADJ = 23, /* text */
  OP_SCRATCH = 24, /* path that the scratch tmpfs covers */
  OP_ROOT = 25,    /* none: the newest stack is the step's root */
  OP_DEVICES = 26, /* cgroup, program */
  OP_TARGET = 28,  /* stack, path, stub, uid, gid: a directory made for another program */
  OP_JAIL = 27,    /* path: a plain directory as the root of a step that nothing is mounted for */
  OP_INPUT = 29,   /* enum input, rows, columns */
  OP_CONFINE = 30, /* enum confinement: see confine.c */
  OP_MOUNT_POINT = 31, /* stack, path, stack or -1, source that another program will mount there */
};

/* Where a step reads from: nothing, what the JVM sends, or a terminal of its own,
 * made in its own /dev/pts or, where it has none, in the executor's. */
enum input { INPUT_NONE, INPUT_PIPE, INPUT_OWN_TERMINAL, INPUT_OUTER_TERMINAL };

enum confinement { CONFINE_NOTHING, CONFINE_SOCKETS, CONFINE_ALL };

/* As the kernel has it. */
struct window {
  uint16_t rows, columns, x, y;
};

struct op {
  unsigned code;
  const uint8_t *at;
  const uint8_t *end;
};

struct plan {
  const uint8_t *at;
  const uint8_t *end;
};

/* Each ends the program with a message if the plan is cut short. */
bool plan_next(struct plan *plan, struct op *op);
int64_t op_number(struct op *op);
const char *op_text(struct op *op, size_t *length);
static inline const char *op_string(struct op *op) { return op_text(op, NULL); }

/* ---- what the supervisor learns from pid 1 ---------------------------- */

enum msg_type { MSG_FAILED = 1, MSG_STUB = 2, MSG_READY = 3, MSG_EXITED = 4, MSG_GO = 5,
                MSG_SIGNAL = 6, MSG_LISTENER = 7, MSG_TERMINAL = 8 };

enum made { MADE_FILE, MADE_DIRECTORY, MADE_OTHER };

struct msg {
  uint32_t type;
  uint32_t code;    /* FAILED: operation; STUB: enum made; SIGNAL: number */
  int32_t value;    /* FAILED: errno; EXITED: wait status */
  uint32_t exit;    /* FAILED: 125, 126 or 127 */
  int64_t times[6]; /* STUB: of the parent: atime, mtime before; mtime after */
  char text[512];   /* FAILED: path; STUB: name */
};

#define FIXED_MSG offsetof(struct msg, text)

void send_msg(int socket, const struct msg *msg, int fd);
bool receive_msg(int socket, struct msg *msg, int *fd); /* false at the end of the stream */

/* ---- the supervisor's side -------------------------------------------- */

struct stub {
  int parent;
  struct msg made;
};

void remove_stubs(struct stub *stubs, unsigned count);
long make_userns(struct op *op);
struct plan read_plan(void);
_Noreturn void refuse(const char *why);
int run(void);

/* ---- the step's side -------------------------------------------------- */

struct step {
  int socket;       /* to the supervisor, close on exec */
  int out, err;     /* the pipes that become fds 1 and 2 */
  int in;           /* what becomes fd 0, or -1: a pipe, or a terminal that becomes all three */
  enum input input;
  struct window window;
  int root;         /* the step's root directory, or -1 */
  bool jailed;      /* nothing is mounted: see chroot.c */
  uint64_t root_dev;
  int userns;       /* fd of the namespace the step enters, or -1 */
  unsigned op;      /* the operation at work, for messages */
  const char *cwd;
  int stacks[64];   /* roots of what OP_STACK and OP_DIRECTORY mounted */
  int stack_count;
  int scratch;      /* the tmpfs they are mounted on */
  unsigned files;   /* made by OP_FILE so far */
  unsigned mapped;  /* mounts with shifted ids so far */
};

_Noreturn void die(struct step *step, int error, const char *path, unsigned exit);
_Noreturn void leave(int status);

struct process {
  int64_t flags, timeout, wait_for_go, uid, gid;
};

void read_process(struct op *op, struct process *process);
int block_signals(void); /* a signalfd of all */
_Noreturn void start_init(struct step *step, struct plan plan, const struct process *how);
void run_setup(struct step *step, struct op *op);
_Noreturn void run_step(struct step *step, struct plan plan);

/* What the supervisor of a step without namespaces knows. */
struct jail {
  int listener;     /* where the filter's questions arrive, or -1 */
  int root;         /* the step's root directory */
  const char *path; /* and its path, as the kernel shows it */
  int shadow;       /* /proc of that root, or -1: see shadow.c */
  int64_t shadow_times[4];
  int pid1;
};

void open_shadow(struct jail *jail, struct stub *stub);
void empty_shadow(const struct jail *jail);

bool steps_are_scoped(void);
long take_turn(void);
void confine(struct step *step, enum confinement how);

void on_notification(const struct jail *jail);
void kill_descendants(int pid1);

int open_terminal(const struct window *window, int *terminal);

_Noreturn void enter_userns(char **argv, char **envp);
_Noreturn void tether(char **argv, char **envp);

/* ---- text ------------------------------------------------------------- */

struct text {
  char *at;
  char *end;
};

void put(struct text *text, const char *s);
void put_number(struct text *text, uint64_t value);

#endif
