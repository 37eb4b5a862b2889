/* What was made in the step's root for it, and goes again. */
#include "init.h"

#include <linux/fcntl.h>
#include <linux/stat.h>

/* Mount points that were made for the step and are still empty go again, newest
 * first, and their parents get the times they had, unless the step changed them. */
void remove_stubs(struct stub *stubs, unsigned count) {
  while (count) {
    struct stub *stub = &stubs[--count];
    const int64_t *times = stub->made.times;
    struct statx st, parent;
    long r = sys(statx, stub->parent, stub->made.text, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st);
    enum made kind = stub->made.code;
    bool directory = kind == MADE_DIRECTORY;
    unsigned type = st.stx_mode & TYPE_MASK;
    bool still = kind == MADE_DIRECTORY ? type == TYPE_DIRECTORY
                 : kind == MADE_FILE    ? type == TYPE_FILE && st.stx_size == 0
                                        : type != TYPE_DIRECTORY && type != TYPE_FILE;
    if (r == 0 && still &&
        sys(statx, stub->parent, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &parent) == 0 &&
        sys(unlinkat, stub->parent, stub->made.text, directory ? AT_REMOVEDIR : 0) == 0) {
      bool untouched = parent.stx_mtime.tv_sec == times[4] && parent.stx_mtime.tv_nsec == times[5];
      struct {
        int64_t sec, nsec;
      } restore[2] = {
          {times[0], times[1]},
          {untouched ? times[2] : parent.stx_mtime.tv_sec,
           untouched ? times[3] : (int64_t)parent.stx_mtime.tv_nsec},
      };
      long held = sys(openat, stub->parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      if (held >= 0) {
        sys(utimensat, held, 0, restore, 0);
        sys(close, held);
      }
    }
    sys(close, stub->parent);
  }
}
