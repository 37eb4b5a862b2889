package dev.jbuild.sandbox;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What jbuild-init tells the JVM: {@code u8 type, u32 length, bytes}, little endian. The types are
 * those of {@code enum frame} in {@code supervisor.h}.
 */
sealed interface LauncherFrame {

  /** The longest frame that the launcher sends. */
  int MOST_BYTES = 1 << 16;

  /** Something that the step wrote; the bytes are valid until the next frame is read. */
  record Output(OutputSink.Stream stream, ByteBuffer bytes) implements LauncherFrame {}

  /** The step's pid 1 is there, with this number on the host. */
  record Started(long pid) implements LauncherFrame {}

  /** The step's namespaces are made, and it waits for the command to go on. */
  record Ready() implements LauncherFrame {}

  /** The step has read all the input that it was sent, or will read no more. */
  record Taken() implements LauncherFrame {}

  /**
   * The step's program was not started.
   *
   * @param op the operation of the plan that went wrong, see {@link Op#action}
   * @param exit 125 if it is the isolation that cannot be had, 126 or 127 if it is the program
   * @param path what the operation was about
   */
  record Failed(int op, int errno, int exit, String path) implements LauncherFrame {}

  /**
   * The last frame: every process of the step is dead.
   *
   * @param status as wait(2) has it, of the step's first process; negative if that is not known
   * @param residentBytes the largest resident set of any one process
   */
  record Ended(
      int status,
      boolean killed,
      boolean timedOut,
      long userMicros,
      long systemMicros,
      long residentBytes)
      implements LauncherFrame {}

  /**
   * The next frame, or null at the end of the stream.
   *
   * @param buffer of {@link #MOST_BYTES}, for the frame's own bytes
   * @throws IOException if the stream cannot be read, ends within a frame or holds no frame
   */
  static @Nullable LauncherFrame read(DataInputStream in, byte[] buffer) throws IOException {
    int type = in.read();
    if (type < 0) {
      return null;
    }
    int length = Integer.reverseBytes(in.readInt());
    if (length < 0 || length > buffer.length) {
      throw new IOException("frame of " + length + " bytes");
    }
    in.readFully(buffer, 0, length);
    return parse(type, ByteBuffer.wrap(buffer, 0, length).order(ByteOrder.LITTLE_ENDIAN));
  }

  private static LauncherFrame parse(int type, ByteBuffer bytes) throws IOException {
    return switch (type) {
      case 1 -> new Output(OutputSink.Stream.STDOUT, bytes);
      case 2 -> new Output(OutputSink.Stream.STDERR, bytes);
      case 3 -> new Started(bytes.getLong());
      case 4 -> new Ready();
      case 5 -> failed(bytes);
      case 6 -> ended(bytes);
      case 7 -> new Taken();
      default -> throw new IOException("frame of type " + type);
    };
  }

  /** A {@code struct msg} of {@code init.h}, its text cut after the NUL. */
  private static Failed failed(ByteBuffer message) {
    message.getInt();
    int op = message.getInt();
    int errno = message.getInt();
    int exit = message.getInt();
    message.position(message.position() + 48);
    byte[] path = new byte[message.remaining() - 1];
    message.get(path);
    return new Failed(op, errno, exit, new String(path, StandardCharsets.UTF_8));
  }

  private static Ended ended(ByteBuffer numbers) {
    long status = numbers.getLong();
    numbers.getLong(); // how pid 1 itself ended
    long flags = numbers.getLong();
    return new Ended(
        (int) status,
        (flags & 1) != 0,
        (flags & 2) != 0,
        numbers.getLong(),
        numbers.getLong(),
        numbers.getLong());
  }
}
