package dev.jbuild.cli;

import dev.jbuild.image.ImageNames;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.registry.ImageName;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jbuild pull NAME}: all of an image, every platform of an index included. */
@picocli.CommandLine.Command
final class PullCommand extends Command {
  @Mixin RegistryFlags registries = new RegistryFlags();

  @Option(
      names = {"-q", "--quiet"},
      description = "print the digest only")
  boolean quiet;

  @Parameters(index = "0", paramLabel = "NAME", description = "an image in a registry")
  String name = "";

  @Override
  int run(Session session) {
    ImageName image = ImageName.parse(name);
    Descriptor pulled;
    try (RegistryWork work = new RegistryWork(session, registries, "pulling", quiet)) {
      pulled = work.client().puller().pullAll(image);
      if (image.digest().isEmpty()) {
        session.store().tags().put(ImageNames.complete(image.familiar()), pulled);
      }
    }
    session
        .console()
        .out()
        .println(quiet ? pulled.digest().toString() : image.familiar() + " " + pulled.digest());
    return Jbuild.OK;
  }
}
