package dev.jbuild.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import dev.jbuild.sandbox.Doctor;
import dev.jbuild.sandbox.Isolation;
import dev.jbuild.sandbox.Launcher;
import dev.jbuild.sandbox.Probe;
import dev.jbuild.sandbox.Sandbox;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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
    if (inspect) {
      Launcher launcher = Sandbox.select(Isolation.AUTO, Optional.empty()).launcher();
      out.print(Doctor.inspect(launcher, session.root()));
      return Jbuild.OK;
    }
    List<Probe> probes = Doctor.examine(session.root());
    Sandbox sandbox;
    try {
      sandbox = Sandbox.select(Isolation.AUTO, Optional.empty()).on(session.root());
    } catch (BuildFailure e) {
      // The probes say why: they are shown all the same.
      show(probes, null, out);
      out.flush();
      throw e;
    }
    show(probes, sandbox, out);
    return Jbuild.OK;
  }

  /** The report; without a sandbox there is no tier. */
  private void show(List<Probe> probes, @Nullable Sandbox sandbox, PrintStream out) {
    if (json) {
      ObjectNode root = Json.object();
      root.put("tier", sandbox == null ? null : sandbox.tier().name());
      root.put("isolation", sandbox == null ? null : sandbox.isolation().flag());
      root.put("reason", sandbox == null ? null : sandbox.reason());
      ArrayNode list = root.putArray("probes");
      for (Probe probe : probes) {
        ObjectNode row = list.addObject().put("name", probe.name());
        row.put("verdict", probe.verdict().name().toLowerCase(Locale.ROOT));
        row.put("finding", probe.finding());
        probe.fix().ifPresent(fix -> row.put("fix", fix));
      }
      out.println(new String(Json.indented(root), StandardCharsets.UTF_8));
      return;
    }
    for (Probe probe : probes) {
      String verdict = probe.verdict().name().toLowerCase(Locale.ROOT);
      out.println(String.format("%-8s %-22s %s", verdict, probe.name(), probe.finding()));
      probe.fix().ifPresent(fix -> out.println(" ".repeat(9) + "fix: " + fix));
    }
    if (sandbox == null) {
      out.println("steps cannot be run here");
      return;
    }
    out.println(
        "steps run at tier "
            + sandbox.tier()
            + ", isolation "
            + sandbox.isolation().flag()
            + ": "
            + sandbox.reason());
  }
}
