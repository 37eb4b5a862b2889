package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The operations of one step and their bytes: a header (magic, length of what follows), then for
 * each operation its code, its length and its fields. A number takes 8 bytes, a string its length
 * in 4 bytes, its bytes and a NUL. Little endian.
 */
record Plan(List<Op> ops) {
  Plan {
    ops = List.copyOf(ops);
  }

  byte[] encode() {
    Bytes body = new Bytes();
    for (Op op : ops) {
      Bytes fields = new Bytes();
      write(op, fields);
      body.u32(op.code());
      body.u32(fields.size());
      body.raw(fields.toByteArray());
    }
    Bytes plan = new Bytes();
    plan.raw("jbp1".getBytes(StandardCharsets.US_ASCII));
    plan.u32(body.size());
    plan.raw(body.toByteArray());
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
      case Op.DeviceFilter o -> {
        Bytes program = new Bytes();
        o.program().forEach(program::number);
        out.string(o.cgroup()).bytes(program.toByteArray());
      }
      case Op.Scratch o -> out.string(o.directory());
      case Op.Stack o -> {
        out.number(o.flags()).number(o.lowers().size());
        for (Op.Lower lower : o.lowers()) {
          out.number(lower.stack()).string(lower.path());
        }
        out.string(o.upper()).string(o.work()).string(o.parent());
      }
      case Op.Directory o -> out.string(o.path()).number(o.flags());
      case Op.Root _, Op.Loopback _, Op.Pivot _, Op.Chroot _, Op.Confine _ -> {}
      case Op.Jail o -> out.string(o.path());
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
              .flag(o.directory())
              .flag(o.removeStub())
              .number(o.uid())
              .number(o.gid());
      case Op.File o ->
          out.string(o.file().target())
              .bytes(o.file().content())
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
      case Op.Filter o -> {
        Bytes program = new Bytes();
        o.program().forEach(program::number);
        out.number(o.flags()).bytes(program.toByteArray());
      }
      case Op.Exec o -> {
        out.number(o.arguments().size());
        o.arguments().forEach(out::string);
        out.number(o.environment().size());
        o.environment().forEach(out::string);
      }
    }
  }

  /** Little-endian fields. */
  private static final class Bytes extends ByteArrayOutputStream {
    private Bytes u32(int value) {
      for (int shift = 0; shift < 32; shift += 8) {
        write(value >>> shift);
      }
      return this;
    }

    private Bytes number(long value) {
      return u32((int) value).u32((int) (value >>> 32));
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
      return bytes(value.getBytes(StandardCharsets.UTF_8));
    }

    private Bytes bytes(byte[] value) {
      u32(value.length);
      raw(value);
      write(0);
      return this;
    }

    private void raw(byte[] value) {
      write(value, 0, value.length);
    }
  }
}
