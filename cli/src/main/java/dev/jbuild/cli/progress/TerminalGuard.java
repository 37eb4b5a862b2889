package dev.jbuild.cli.progress;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * A stream to a person's terminal for text of any origin: what steps write, names of files, lines
 * of Dockerfiles. Colours pass ({@code ESC [ … m}) and end with their line; every other escape and
 * control character but newline and tab is left out, as it could move the cursor, forge lines,
 * change the title or have the terminal type an answer. A sequence that is not finished ends with
 * its line, too, so that it cannot swallow what follows.
 *
 * <p>Not thread-safe by itself; PrintStream locks.
 */
public final class TerminalGuard extends FilterOutputStream {
  private static final int ESCAPE = 0x1b;
  private static final int BELL = 0x07;

  /** First byte of U+0080 to U+009F, which are escapes of one character. */
  private static final int C1_LEAD = 0xc2;

  private static final int LAST_C1 = 0x9f;
  private static final int FIRST_CONTINUATION = 0x80;
  private static final int LAST_CONTINUATION = 0xbf;

  private static final int LONGEST = 64;
  private static final byte[] RESET = {ESCAPE, '[', '0', 'm'};

  private enum State {
    TEXT,
    LEAD,
    ESCAPED,
    INTERMEDIATE,
    CONTROL,
    STRING
  }

  private State state = State.TEXT;

  /** Bytes that the UTF-8 character so far still lacks, and the least that the next may be. */
  private int lacking;

  private int least = FIRST_CONTINUATION;
  private boolean styled;
  private final ByteArrayOutputStream parameters = new ByteArrayOutputStream();
  private final ByteArrayOutputStream passed = new ByteArrayOutputStream();

  private TerminalGuard(OutputStream terminal) {
    super(terminal);
  }

  /** A print stream and the terminal behind it, for those who draw on it. */
  private static final class Guarded extends PrintStream {
    private final PrintStream terminal;

    private Guarded(PrintStream terminal) {
      super(new TerminalGuard(terminal), true, StandardCharsets.UTF_8);
      this.terminal = terminal;
    }
  }

  /** Guards a terminal. */
  public static PrintStream of(PrintStream terminal) {
    return new Guarded(terminal);
  }

  /** What a guard guards; a stream that is none is returned as it is. */
  public static PrintStream unguarded(PrintStream stream) {
    return stream instanceof Guarded guarded ? guarded.terminal : stream;
  }

  /** The part of some lines that passes, the colour of the last one ended. */
  static byte[] clean(byte[] lines) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(lines.length);
    try (TerminalGuard guard = new TerminalGuard(out)) {
      guard.write(lines, 0, lines.length);
      if (guard.styled) {
        out.writeBytes(RESET);
      }
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot be written", e);
    }
    return out.toByteArray();
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    passed.reset();
    for (int i = offset; i < offset + length; i++) {
      take(bytes[i] & 0xff);
    }
    // At once: lines of several processes must not mix.
    passed.writeTo(out);
  }

  private void take(int b) {
    if (b == '\n') {
      if (styled) {
        passed.writeBytes(RESET);
      }
      styled = false;
      state = State.TEXT;
      lacking = 0;
      passed.write(b);
      return;
    }
    switch (state) {
      case TEXT -> text(b);
      case LEAD -> {
        state = State.TEXT;
        if (isC1(b)) {
          c1(b);
        } else {
          passed.write(C1_LEAD);
          text(b);
        }
      }
      case ESCAPED -> {
        if (b == '[') {
          control();
        } else if (b == ']' || b == 'P' || b == 'X' || b == '^' || b == '_') {
          state = State.STRING;
        } else if (b >= ' ' && b <= '/') {
          state = State.INTERMEDIATE;
        } else if (b != ESCAPE) {
          state = State.TEXT;
        }
      }
      case INTERMEDIATE -> {
        if (b < ' ' || b > '/') {
          state = b == ESCAPE ? State.ESCAPED : State.TEXT;
        }
      }
      case CONTROL -> {
        if (b >= ' ' && b <= '?') {
          if (parameters.size() <= LONGEST) { // one more tells that they are too many
            parameters.write(b);
          }
        } else {
          state = b == ESCAPE ? State.ESCAPED : State.TEXT;
          if (b == 'm') {
            style();
          }
        }
      }
      case STRING -> {
        if (b == BELL) {
          state = State.TEXT;
        } else if (b == ESCAPE) {
          state = State.ESCAPED; // of which a backslash is the end, and anything else an escape
        }
      }
    }
  }

  private void text(int b) {
    if (lacking > 0 && b >= least && b <= LAST_CONTINUATION) {
      lacking--;
      least = FIRST_CONTINUATION;
      passed.write(b);
      return;
    }
    lacking = 0;
    if (b == ESCAPE) {
      state = State.ESCAPED;
    } else if (isC1(b)) {
      c1(b); // what a terminal of another character set than UTF-8 takes it for
    } else if (b == C1_LEAD) {
      state = State.LEAD;
    } else if ((b >= ' ' && b != 0x7f) || b == '\t') {
      lacking = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : b > C1_LEAD ? 1 : 0;
      least = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : FIRST_CONTINUATION; // none longer than need be
      passed.write(b);
    }
  }

  private static boolean isC1(int b) {
    return b >= FIRST_CONTINUATION && b <= LAST_C1;
  }

  private void c1(int b) {
    if (b == 0x9b) {
      control();
    } else if (b == 0x90 || b == 0x98 || b >= 0x9d) {
      state = State.STRING;
    }
  }

  private void control() {
    state = State.CONTROL;
    parameters.reset();
  }

  private void style() {
    byte[] numbers = parameters.toByteArray();
    if (numbers.length > LONGEST) {
      return;
    }
    for (byte b : numbers) {
      if ((b < '0' || b > '9') && b != ';' && b != ':') {
        return;
      }
    }
    styled = true;
    passed.write(ESCAPE);
    passed.write('[');
    passed.writeBytes(numbers);
    passed.write('m');
  }
}
