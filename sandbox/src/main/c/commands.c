/* What the JVM tells the supervisor: commands of one letter each, and what the
 * step is to read. */
#include "supervisor.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/poll.h>

/* What follows a command's letter; the JVM has written all of it or dies at it. */
static bool read_rest(void *to, size_t length) {
  uint8_t *at = to;
  struct pollfd in = {0, POLLIN, 0};
  while (length) {
    long n = sys(read, 0, at, length);
    if (n == -EAGAIN) sys(ppoll, &in, 1, 0, 0, 8);
    if (n == -EAGAIN || n == -EINTR) continue;
    if (n <= 0) return false;
    at += n;
    length -= (size_t)n;
  }
  return true;
}

void end_input(struct supervisor *s) {
  if (s->input >= 0 && !s->input_is_terminal) sys(close, s->input);
  s->input = -1;
}

/* Passes on what came in; the JVM sends more when it hears that this is done. */
void flush_input(struct supervisor *s) {
  while (s->input >= 0 && s->input_done < s->input_size) {
    long n = sys(write, s->input, s->input_bytes + s->input_done, s->input_size - s->input_done);
    if (n == -EAGAIN || n == -EINTR) return;
    if (n < 0) { /* nobody reads any more: what is left is for nobody */
      end_input(s);
      s->input_is_over = true;
      break;
    }
    s->input_done += (size_t)n;
  }
  if (s->input < 0 && !s->input_is_over) return; /* the terminal is not there yet */
  if (s->input_size) put_frame(s, FRAME_TAKEN, "", 0);
  s->input_size = s->input_done = 0;
  if (s->input_is_over) end_input(s);
}

static void on_input(struct supervisor *s) {
  uint16_t size;
  if (!read_rest(&size, sizeof size) || size > MAX_INPUT || s->input_size ||
      !read_rest(s->input_bytes, size)) {
    s->killed = true;
    return;
  }
  s->input_size = size;
  flush_input(s);
}

static void resize(struct supervisor *s) {
  sys(ioctl, s->pipes[TERMINAL], 0x5414 /* TIOCSWINSZ */, &s->window);
}

void on_command(struct supervisor *s) {
  uint8_t command[2];
  long n = sys(read, 0, command, 1);
  if (n == -EAGAIN || n == -EINTR) return;
  if (n <= 0 || command[0] == 'K') {
    s->killed = true;
  } else if (command[0] == 'G') {
    struct msg msg = {.type = MSG_GO};
    send_msg(s->socket, &msg, -1);
  } else if (command[0] == 'S' && sys(read, 0, command + 1, 1) == 1) {
    struct msg msg = {.type = MSG_SIGNAL, .code = command[1]};
    send_msg(s->socket, &msg, -1);
  } else if (command[0] == 'I') {
    on_input(s);
  } else if (command[0] == 'E') {
    s->input_is_over = true;
    flush_input(s);
  } else if (command[0] == 'W') {
    if (!read_rest(&s->window, 4)) return;
    s->resized = s->pipes[TERMINAL] < 0;
    if (!s->resized) resize(s);
  }
}

void take_terminal(struct supervisor *s, int master) {
  sys(fcntl, master, 4 /* F_SETFL */, O_RDWR | O_NONBLOCK);
  s->pipes[TERMINAL] = s->input = master;
  s->input_is_terminal = true;
  if (s->resized) resize(s);
  flush_input(s);
}
