package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The operations of one step and their bytes: a header (magic, length of what follows), then for
 * each operation its code, its length and its fields. A number takes 8 bytes, a string its length
 * in 4 bytes, its bytes and a NUL. Little endian.
 */
record Plan(List<Op> ops) {
  /** "jbp1". */
  private static final int MAGIC = 0x3170626a;

  Plan {
    ops = List.copyOf(ops);
  }

  byte[] encode() {
    Bytes body = new Bytes();
    Bytes fields = new Bytes();
    for (Op op : ops) {
      fields.buffer.clear();
      write(op, fields);
      body.framed(op.code(), fields);
    }
    Bytes plan = new Bytes();
    plan.framed(MAGIC, body);
    return plan.toByteArray();
  }

  private static void write(Op op, Bytes out) {
    switch (op) {
      case Op.Start o ->
          out.number(o.cloneFlags())
              .number(o.timeoutMillis())
              .flag(o.waitForGo())
              .number(o.pipeUid())
              .number(o.pipeGid());
      case Op.Input o -> out.number(o.kind()).number(o.rows()).number(o.columns());
      case Op.UserNamespace o ->
          out.string(o.uidMap()).string(o.gidMap()).number(o.rootUid()).number(o.rootGid());
      case Op.Cgroup o -> out.string(o.procs());
      case Op.DeviceFilter o -> out.string(o.cgroup()).numbers(o.program());
      case Op.Scratch o -> out.string(o.directory());
      case Op.Stack o -> {
        out.number(o.flags()).number(o.lowers().size());
        for (Op.Lower lower : o.lowers()) {
          out.number(lower.stack()).string(lower.path());
        }
        out.string(o.upper()).string(o.work()).string(o.parent());
      }
      case Op.Directory o -> out.string(o.path()).number(o.flags());
      case Op.Root _, Op.Loopback _, Op.Pivot _, Op.Chroot _ -> {}
      case Op.Confine o -> out.number(o.kind());
      case Op.Jail o -> out.string(o.path());
      case Op.Empty o -> out.string(o.path());
      case Op.Mount o ->
          out.string(o.target())
              .string(o.type())
              .string(o.source())
              .number(o.flags())
              .string(o.data())
              .flag(o.removeStub());
      case Op.Bind o ->
          out.number(o.stack())
              .string(o.source())
              .string(o.target())
              .flag(o.recursive())
              .number(o.flags())
              .flag(o.removeStub());
      case Op.Target o ->
          out.number(o.stack())
              .string(o.path())
              .flag(o.removeStub())
              .number(o.uid())
              .number(o.gid());
      case Op.MountPoint o ->
          out.number(o.stack()).string(o.path()).number(o.source()).string(o.sourcePath());
      case Op.File o ->
          out.string(o.file().target())
              .bytes(o.file().content(), o.file().content().length)
              .number(o.file().mode())
              .number(o.uid())
              .number(o.gid())
              .number(o.flags())
              .flag(true);
      case Op.Node o ->
          out.string(o.target())
              .number(o.mode())
              .number(o.device())
              .number(o.uid())
              .number(o.gid());
      case Op.Link o -> out.string(o.target()).string(o.text());
      case Op.Mask o -> out.string(o.target());
      case Op.ReadOnly o -> out.string(o.target());
      case Op.HostName o -> out.string(o.name());
      case Op.Cwd o -> out.string(o.path()).number(o.uid()).number(o.gid());
      case Op.Limit o ->
          out.number(o.resource()).number(o.soft()).number(o.hard()).flag(o.required());
      case Op.OomScore o -> out.string(Integer.toString(o.value()));
      case Op.Identity o -> {
        out.number(o.uid())
            .number(o.gid())
            .number(o.umask())
            .flag(o.noNewPrivileges())
            .number(o.groups().size());
        o.groups().forEach(out::number);
      }
      case Op.Capabilities o ->
          out.number(o.bounding())
              .number(o.permitted())
              .number(o.effective())
              .number(o.inheritable())
              .number(o.ambient());
      case Op.Filter o -> out.number(o.flags()).numbers(o.program());
      case Op.Exec o -> {
        out.number(o.arguments().size());
        o.arguments().forEach(out::string);
        out.number(o.environment().size());
        o.environment().forEach(out::string);
      }
    }
  }

  /** Little-endian fields. A filter has some 900 numbers, at every step, so each is put whole. */
  private static final class Bytes {
    private ByteBuffer buffer = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);

    private ByteBuffer room(int length) {
      if (buffer.remaining() < length) {
        int wanted = Math.max(2 * buffer.capacity(), Math.addExact(buffer.position(), length));
        buffer = ByteBuffer.allocate(wanted).order(ByteOrder.LITTLE_ENDIAN).put(buffer.flip());
      }
      return buffer;
    }

    private Bytes u32(int value) {
      room(Integer.BYTES).putInt(value);
      return this;
    }

    private Bytes number(long value) {
      room(Long.BYTES).putLong(value);
      return this;
    }

    private Bytes flag(boolean value) {
      return number(value ? 1 : 0);
    }

    private Bytes string(String value) {
      if (value.indexOf('\0') >= 0) {
        throw new BuildFailure(
            BuildFailure.Kind.USER,
            "\""
                + value.replace('\0', '\uFFFD')
                + "\" holds a NUL character, which no program can be given");
      }
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      return bytes(bytes, bytes.length);
    }

    /** Numbers as one field of bytes. */
    private Bytes numbers(List<Long> values) {
      u32(Math.multiplyExact(values.size(), Long.BYTES));
      for (long value : values) {
        number(value);
      }
      room(1).put((byte) 0);
      return this;
    }

    private Bytes bytes(byte[] value, int length) {
      u32(length);
      room(length + 1).put(value, 0, length).put((byte) 0);
      return this;
    }

    /** An operation's code, length and fields. */
    private void framed(int code, Bytes fields) {
      int length = fields.buffer.position();
      u32(code).u32(length);
      room(length).put(fields.buffer.array(), 0, length);
    }

    private byte[] toByteArray() {
      return Arrays.copyOf(buffer.array(), buffer.position());
    }
  }
}
