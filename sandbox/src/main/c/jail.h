/* What the files of tier C share: see chroot.c. */
#ifndef JBUILD_JAIL_H
#define JBUILD_JAIL_H

#include "init.h"

#define AT_FDCWD_ (-100)
#define PATH_MAX_ 4096
#define MAX_PROCESSES 65536
#define MAX_LINKS 40

/* ---- processes.c ------------------------------------------------------ */

struct process_entry {
  int pid, parent, group;
  enum descent { UNKNOWN, DESCENDANT, STRANGER } descent; /* see descends */
};

extern struct process_entry table[MAX_PROCESSES]; /* what scan found last */

int scan(void);
bool descends(int count, int pid, int ancestor);
int tgid_of(int pid);
void act_as(int pid);
void act_wholly(void);
void act_as_root(void);
int64_t parse_number(const char **at);
bool is_number(const char *s);
size_t read_at(int dir, const char *path, char *to, size_t size);

/* ---- procpaths.c ------------------------------------------------------ */

struct found {
  int dir;          /* /proc or the folder of a process; -1 for text made here */
  const char *tail; /* below dir */
  const char *made; /* text of a file that does not exist */
  bool link;        /* a magic link: fd/N, exe, cwd, root */
  bool directory;   /* see show_process */
};

extern const char *const own_files[], *const own_folders[], *const machine_files[];

enum leads { ELSEWHERE, PROC_ITSELF, BELOW_PROC };

enum leads leads_to_proc(const struct jail *jail, const char *path, bool follow_last, char *rest);
long find(const struct jail *jail, int caller, char *rest, struct found *found);
const char *inside(const struct jail *jail, const char *path);
bool listed(const char *const *names, const char *name);
bool numbered(const char *tail, const char *folder, const char *file);
bool starts(const char *text, const char *start);
bool contains(const char *text, const char *part);

/* ---- calls.c ---------------------------------------------------------- */

struct call {
  enum { OPEN, STAT, STATX, ACCESS, READLINK, ENTER, EXECUTE } kind;
  int64_t dirfd;
  uint64_t path, flags, buffer, size;
};

bool decode(int nr, const uint64_t *a, int memory, struct call *call);
int memory_of(int pid);
bool read_string(int memory, uint64_t address, char *to, size_t size);
bool write_bytes(int memory, uint64_t address, const void *from, size_t size);

/* ---- answers.c -------------------------------------------------------- */

struct answer {
  int64_t value;
  int32_t error;
  bool go_on; /* the kernel carries out the call itself */
  int fd;     /* given to the caller, or -1 */
  bool close_on_exec;
};

/* For what find has found; first is the first name of the path below /proc. */
void answer_open_directory(const struct jail *jail, int pid, const struct found *found,
                           const char *first, uint64_t flags, struct answer *answer);
void answer_enter(const struct jail *jail, const struct found *found, const char *first,
                  struct answer *answer);
void answer_execute(const struct jail *jail, int pid, const struct found *found, const char *first,
                    struct answer *answer);
void answer_open(const struct found *found, uint64_t flags, struct answer *answer);
void answer_readlink(const struct jail *jail, int pid, int memory, const struct found *found,
                     const char *first, uint64_t buffer, uint64_t size, struct answer *answer);
void answer_stat(int memory, const struct found *found, uint64_t buffer, int flags, bool is_statx,
                 unsigned mask, struct answer *answer);

/* ---- shadow.c --------------------------------------------------------- */

void show_root(const struct jail *jail);
long show_process(const struct jail *jail, const char *name, const char *tail, int real);
long prepare_program(const struct jail *jail, int tgid, const char *name, const char *tail, int fd);
long program_of(int tgid);

#endif
