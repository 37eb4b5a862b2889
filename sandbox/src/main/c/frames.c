/* What the supervisor tells the JVM. */
#include "supervisor.h"

#include <linux/errno.h>
#include <linux/poll.h>

void flush_frame(struct supervisor *s) {
  while (s->pending > s->sent) {
    long n = s->out_is_gone ? -EPIPE
                            : sys(write, 1, s->frame + s->sent, s->pending - s->sent);
    if (n == -EAGAIN || n == -EINTR) return;
    if (n < 0) { /* nobody listens: the executor is gone */
      s->out_is_gone = true;
      s->killed = true;
      break;
    }
    s->sent += (size_t)n;
  }
  s->pending = s->sent = 0;
}

void start_frame(struct supervisor *s, enum frame type, size_t length) {
  uint32_t size = (uint32_t)length;
  s->frame[0] = (uint8_t)type;
  memcpy(s->frame + 1, &size, 4);
  s->pending = length + 5;
  s->sent = 0;
}

/* For the few small frames that are not output; waits for room. */
void put_frame(struct supervisor *s, enum frame type, const void *data, size_t length) {
  struct pollfd out = {1, POLLOUT, 0};
  while (s->pending) {
    sys(ppoll, &out, 1, 0, 0, 8);
    flush_frame(s);
  }
  memcpy(s->frame + 5, data, length);
  start_frame(s, type, length);
  while (s->pending) {
    flush_frame(s);
    if (s->pending) sys(ppoll, &out, 1, 0, 0, 8);
  }
}

void report_end(struct supervisor *s) {
  if (s->failed) put_frame(s, FRAME_FAILED, &s->failure, FIXED_MSG + strlen(s->failure.text) + 1);
  int64_t end[] = {
      s->status,
      s->pid1_status,
      (int64_t)s->killed | (int64_t)s->timed_out << 1,
      s->usage.ru_utime.tv_sec * 1000000 + s->usage.ru_utime.tv_usec,
      s->usage.ru_stime.tv_sec * 1000000 + s->usage.ru_stime.tv_usec,
      s->usage.ru_maxrss * 1024,
  };
  put_frame(s, FRAME_ENDED, end, sizeof end);
}
