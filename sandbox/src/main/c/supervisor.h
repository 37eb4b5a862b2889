/* What the files of the supervisor share: see supervise.c. */
#ifndef JBUILD_SUPERVISOR_H
#define JBUILD_SUPERVISOR_H

#include "init.h"

#include <linux/resource.h>
#include <linux/time.h>

#define MAX_STUBS 512
#define MAX_SECRETS 256
#define MAX_INPUT 4096
#define CHUNK (64u << 10)

enum { OUT, ERR, TERMINAL }; /* the pipes from the step; the last is what it shows on its terminal */

struct supervisor {
  int pid1;
  struct jail jail;
  bool jailed;
  int socket;
  int signals;
  int pipes[3];
  int input;         /* where the step's input goes, -1 while there is nothing or no more */
  bool input_is_over, input_is_terminal;
  bool resized;      /* before there was a terminal */
  struct window window;
  size_t input_size, input_done;
  uint8_t input_bytes[MAX_INPUT];
  bool out_is_gone;
  bool killed, timed_out;
  bool pid1_is_gone; /* in tier C others of the step may live on, as our children */
  bool dead;         /* all are gone */
  int64_t deadline;  /* in ms of the monotonic clock, or 0 */
  int32_t status;    /* of the step's first process, -1 while unknown */
  int pid1_status;
  bool failed;
  struct msg failure;
  struct rusage usage;
  unsigned secret_count;
  int secrets[MAX_SECRETS]; /* files that the executor put into the root of a step of tier C */
  unsigned stub_count;
  struct stub stubs[MAX_STUBS];
  size_t pending, sent;
  uint8_t frame[CHUNK + 5];
};

/* ---- frames.c --------------------------------------------------------- */

/* What the JVM is told: {u8 type, u32 length, bytes}. Little endian. */
enum frame { FRAME_STDOUT = 1, FRAME_STDERR = 2, FRAME_STARTED = 3, FRAME_READY = 4,
             FRAME_FAILED = 5, FRAME_ENDED = 6, FRAME_TAKEN = 7 };

void start_frame(struct supervisor *s, enum frame type, size_t length); /* its bytes are in place */
void put_frame(struct supervisor *s, enum frame type, const void *data, size_t length);
void flush_frame(struct supervisor *s); /* as far as there is room now */
void report_end(struct supervisor *s);

/* ---- commands.c ------------------------------------------------------- */

void on_command(struct supervisor *s);
void flush_input(struct supervisor *s); /* likewise */
void end_input(struct supervisor *s);
void take_terminal(struct supervisor *s, int master);

/* ---- supervise.c ------------------------------------------------------ */

int64_t now_ms(void);
void on_signal(struct supervisor *s);
void supervise(struct supervisor *s);

#endif
