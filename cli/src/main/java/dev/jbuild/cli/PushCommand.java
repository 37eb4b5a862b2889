package dev.jbuild.cli;

import dev.jbuild.image.Images;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.registry.ImageName;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jbuild push NAME [DESTINATION…]}. */
@picocli.CommandLine.Command
final class PushCommand extends Command {
  @Mixin RegistryFlags registries = new RegistryFlags();

  @Option(
      names = {"-q", "--quiet"},
      description = "print the digest only")
  boolean quiet;

  @Parameters(index = "0", paramLabel = "NAME", description = "an image in the store")
  String name = "";

  @Parameters(
      index = "1..*",
      paramLabel = "DESTINATION",
      description = "where to; default its own name")
  List<String> destinations = new ArrayList<>();

  @Override
  int run(Session session) {
    Descriptor root = new Images(session.store()).resolve(name);
    List<ImageName> names =
        (destinations.isEmpty() ? List.of(name) : destinations)
            .stream().map(ImageName::parse).toList();
    Digest digest;
    try (RegistryWork work = new RegistryWork(session, registries, "pushing", quiet)) {
      digest = work.client().pusher().push(root, names);
    }
    for (ImageName each : names) {
      session.console().out().println(quiet ? digest.toString() : each.familiar() + " " + digest);
    }
    return Jbuild.OK;
  }
}
