/* What the files that make the step's root share. */
#ifndef JBUILD_ROOT_H
#define JBUILD_ROOT_H

#include "init.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/mount.h>
#include <linux/stat.h>

#define AT_FDCWD_ (-100)
#define PATH_MAX_ 4096
#define MAX_DEPTH 200
#define MAX_LINKS 40
#define O_DIR_PATH (O_PATH | O_DIRECTORY | O_CLOEXEC)

/* ---- walk.c ----------------------------------------------------------- */

/* MAKE_REAL: a directory that is reached without any link. */
enum want { EXISTING, MAKE_DIRECTORY, MAKE_REAL, MAKE_FILE, PARENT };

struct walk {
  int fds[MAX_DEPTH];
  int depth;
  char rest[2 * PATH_MAX_];
  char name[256];
};

int walk(struct step *step, struct walk *w, int root, const char *path, enum want want, bool stub,
         int64_t uid, int64_t gid);
int target_of(struct step *step, const char *target, enum want want, bool stub);
int parent_of(struct step *step, struct walk *w, const char *path);
int open_host(struct step *step, const char *path);
void report_made(struct step *step, int parent, const char *name, enum made kind,
                 const struct statx *before, const char *path);
void stat_fd(struct step *step, int fd, struct statx *st, const char *path);

static inline bool is_type(const struct statx *st, unsigned type) { return (st->stx_mode & TYPE_MASK) == type; }

static inline uint64_t device_of(const struct statx *st) {
  return (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;
}

/* "/proc/self/fd/N" names what a descriptor holds, for calls that take paths. */
struct fd_path {
  char at[32];
};

struct fd_path path_of(int fd);

/* ---- roots.c ---------------------------------------------------------- */

void make_scratch(struct step *step, const char *over);
void use_as_root(struct step *step, int fd);
void do_stack(struct step *step, struct op *op);
void do_directory(struct step *step, struct op *op);
void restrict_mount(struct step *step, int fd, uint64_t flags, bool recursive, const char *path);

/* ---- mounts.c --------------------------------------------------------- */

void do_mount(struct step *step, struct op *op);
void do_bind(struct step *step, struct op *op);
void do_target(struct step *step, struct op *op);
void do_mount_point(struct step *step, struct op *op);
void do_file(struct step *step, struct op *op);
void do_mknod(struct step *step, struct op *op);
void do_symlink(struct step *step, struct op *op);
void do_mask(struct step *step, struct op *op);
void do_readonly(struct step *step, struct op *op);

#endif
