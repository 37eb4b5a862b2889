package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The part of a plan that is the same whether or not a step has namespaces: who runs what. */
final class ProcessPlan {

  private static final int CHARACTER_DEVICE = 0020000;

  /** The nodes of a step's /dev. */
  static final List<Op.Node> DEVICE_NODES =
      CharacterDevice.NODES.stream()
          .map(device ->
              new Op.Node("/dev/" + device.name(), CHARACTER_DEVICE | 0666, device.number(), 0, 0))
          .toList();

  /** The links of a step's /dev. */
  static final List<Op.Link> DEVICE_LINKS =
      Stream.of("fd ", "stdin /0", "stdout /1", "stderr /2")
          .map(text -> text.split(" ", -1))
          .map(words -> new Op.Link("/dev/" + words[0], "/proc/self/fd" + words[1]))
          .toList();

  /** Programs by their filter: a build has one or two, and each step would compile it again. */
  private static final Map<SeccompFilter, List<Long>> FILTERS = new ConcurrentHashMap<>();

  /** The last one of them: to hash a filter's hundreds of names for every step costs, too. */
  private record Compiled(SeccompFilter filter, List<Long> program) {}

  private static volatile @Nullable Compiled last;

  private ProcessPlan() {}

  /** Adds limits, identity, capabilities, filter and program, in this order. */
  static void add(List<Op> ops, RuntimeSpec spec, long filterFlags) {
    RuntimeSpec.StepProcess process = spec.process();
    for (RuntimeSpec.Rlimit limit : process.rlimits()) {
      String name = limit.type().replaceFirst("^RLIMIT_", "").toLowerCase(Locale.ROOT);
      Integer number = Rlimits.NUMBERS.get(name);
      if (number == null) {
        throw new BuildFailure(
            BuildFailure.Kind.UNSUPPORTED, "unknown resource limit \"" + limit.type() + "\"");
      }
      ops.add(new Op.Limit(number, limit.soft(), limit.hard(), true));
    }
    if (process.oomScoreAdj() != null) {
      ops.add(new Op.OomScore(process.oomScoreAdj()));
    }
    RuntimeSpec.User user = process.user();
    ops.add(
        new Op.Identity(
            user.uid(),
            user.gid(),
            user.umask() == null ? 0022 : user.umask(),
            process.noNewPrivileges(),
            user.additionalGids()));
    RuntimeSpec.Capabilities caps = process.capabilities();
    ops.add(
        caps == null
            ? new Op.Capabilities(0, 0, 0, 0, 0)
            : new Op.Capabilities(
                Capability.mask(caps.bounding()),
                Capability.mask(caps.permitted()),
                Capability.mask(caps.effective()),
                Capability.mask(caps.inheritable()),
                Capability.mask(caps.ambient())));
    SeccompFilter seccomp = spec.linux().seccomp();
    if (seccomp != null) {
      ops.add(new Op.Filter(filterFlags, program(seccomp)));
    }
    ops.add(new Op.Exec(process.args(), process.env()));
  }

  @SuppressWarnings("ReferenceEquality") // to compare the rules is what this spares
  private static List<Long> program(SeccompFilter filter) {
    Compiled known = last;
    if (known == null || known.filter != filter) {
      known = new Compiled(filter, FILTERS.computeIfAbsent(filter, BpfCompiler::compile));
      last = known;
    }
    return known.program;
  }
}
