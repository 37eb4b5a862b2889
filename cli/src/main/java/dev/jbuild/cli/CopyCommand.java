package dev.jbuild.cli;

import dev.jbuild.registry.ImageCopy;
import dev.jbuild.registry.ImagePlace;
import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.wire.Transports;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code jbuild copy SRC DST}: between registries, layouts, archives and the store, byte by byte.
 */
@picocli.CommandLine.Command
final class CopyCommand extends Command {
  @Mixin RegistryFlags registries = new RegistryFlags();

  @Parameters(index = "0", paramLabel = "SRC", description = "where the image is")
  String source = "";

  @Parameters(index = "1", paramLabel = "DST", description = "where it is to be")
  String destination = "";

  @Override
  int run(Session session) {
    ImagePlace from = ImagePlace.parse(source);
    ImagePlace to = ImagePlace.parse(destination);
    RegistryOptions options = registries.options(session.console().env());
    try (Registry registry = Transports.open(options)) {
      session
          .console()
          .out()
          .println(new ImageCopy(registry, options, session.store()).copy(from, to).digest());
    }
    return Jbuild.OK;
  }
}
