/* Messages between pid 1 and the supervisor, over a socket pair that keeps their borders. */
#include "init.h"

#include <linux/errno.h>

struct io_vector {
  void *base;
  size_t length;
};

struct message_header {
  void *name;
  int name_length;
  struct io_vector *vector;
  size_t vectors;
  void *control;
  size_t control_length;
  unsigned flags;
};

struct rights {
  size_t length;
  int level, type, fd, pad;
};

#define SOL_SOCKET_ 1
#define SCM_RIGHTS_ 1
#define MSG_CMSG_CLOEXEC_ 0x40000000

void send_msg(int socket, const struct msg *msg, int fd) {
  struct io_vector vector = {(void *)(uintptr_t)msg, FIXED_MSG + strlen(msg->text) + 1};
  struct rights rights = {sizeof rights - sizeof(int), SOL_SOCKET_, SCM_RIGHTS_, fd, 0};
  struct message_header header = {.vector = &vector, .vectors = 1};
  if (fd >= 0) {
    header.control = &rights;
    header.control_length = sizeof rights;
  }
  sys(sendmsg, socket, &header, 0x4000 /* MSG_NOSIGNAL */);
}

/* Returns false at the end of the stream. */
bool receive_msg(int socket, struct msg *msg, int *fd) {
  struct io_vector vector = {msg, sizeof *msg};
  struct rights rights = {0};
  struct message_header header = {
      .vector = &vector, .vectors = 1, .control = &rights, .control_length = sizeof rights};
  long n;
  do n = sys(recvmsg, socket, &header, MSG_CMSG_CLOEXEC_);
  while (n == -EINTR);
  if (n <= 0) return false;
  msg->text[sizeof msg->text - 1] = 0;
  *fd = header.control_length ? rights.fd : -1;
  return true;
}

_Noreturn void leave(int status) {
  for (;;) sys(exit_group, status);
}

_Noreturn void die(struct step *step, int error, const char *path, unsigned exit) {
  struct msg msg = {.type = MSG_FAILED, .code = step->op, .value = error, .exit = exit};
  struct text text = {msg.text, msg.text + sizeof msg.text};
  put(&text, path);
  send_msg(step->socket, &msg, -1);
  leave((int)exit);
}
