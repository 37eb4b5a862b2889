package dev.jbuild.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.oci.Json;
import dev.jbuild.sandbox.Doctor;
import dev.jbuild.sandbox.Isolation;
import dev.jbuild.sandbox.Probe;
import dev.jbuild.sandbox.Sandbox;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** {@code jbuild doctor}: what this machine grants a RUN step, and what would grant it more. */
@picocli.CommandLine.Command
final class DoctorCommand extends Command {
  @Option(names = "--json", description = "the probes as JSON")
  boolean json;

  @Option(names = "--inspect", description = "run a step and show what it gets")
  boolean inspect;

  @Override
  int run(Session session) {
    PrintStream out = session.console().out();
    Sandbox sandbox = Sandbox.select(Isolation.AUTO, Optional.empty());
    if (inspect) {
      out.print(Doctor.inspect(sandbox.launcher()));
      return Jbuild.OK;
    }
    List<Probe> probes = Doctor.examine();
    if (json) {
      ObjectNode root = Json.object();
      root.put("tier", sandbox.tier().name());
      root.put("isolation", sandbox.isolation().flag());
      root.put("reason", sandbox.reason());
      ArrayNode list = root.putArray("probes");
      for (Probe probe : probes) {
        ObjectNode row = list.addObject().put("name", probe.name());
        row.put("verdict", probe.verdict().name().toLowerCase(Locale.ROOT));
        row.put("finding", probe.finding());
        probe.fix().ifPresent(fix -> row.put("fix", fix));
      }
      out.println(new String(Json.indented(root), StandardCharsets.UTF_8));
      return Jbuild.OK;
    }
    for (Probe probe : probes) {
      String verdict = probe.verdict().name().toLowerCase(Locale.ROOT);
      out.println(String.format("%-8s %-22s %s", verdict, probe.name(), probe.finding()));
      probe.fix().ifPresent(fix -> out.println(" ".repeat(9) + "fix: " + fix));
    }
    out.println(
        "steps run at tier "
            + sandbox.tier()
            + ", isolation "
            + sandbox.isolation().flag()
            + ": "
            + sandbox.reason());
    return Jbuild.OK;
  }
}
