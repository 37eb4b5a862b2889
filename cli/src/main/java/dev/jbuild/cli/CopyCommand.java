package dev.jbuild.cli;

import dev.jbuild.image.ImageLocation;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.registry.ImageName;
import dev.jbuild.registry.RegistryClient;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code jbuild copy SRC DST}: all of an image, every platform of an index included, with the same
 * digest. What comes from a registry passes through the store, without a name there.
 */
@picocli.CommandLine.Command
final class CopyCommand extends Command {
  private static final String LOCATION =
      "a name in the store, docker://NAME, oci:DIR[:NAME], oci-archive:FILE[:NAME] or"
          + " docker-archive:FILE[:NAME]";

  @Mixin RegistryFlags registries = new RegistryFlags();

  @Parameters(index = "0", paramLabel = "SRC", description = LOCATION)
  String source = "";

  @Parameters(index = "1", paramLabel = "DST", description = LOCATION)
  String destination = "";

  @Override
  int run(Session session) {
    ImageLocation from = ImageLocation.parse(source);
    ImageLocation to = ImageLocation.parse(destination);
    Images images = new Images(session.store());
    Descriptor image;
    try (RegistryWork work = new RegistryWork(session, registries, "copying", false)) {
      RegistryClient client = work.client();
      String name;
      if (from instanceof ImageLocation.InRegistry remote) {
        ImageName parsed = ImageName.parse(remote.name());
        image = client.puller().pullAll(parsed);
        name = parsed.familiar();
      } else {
        Map.Entry<String, Descriptor> read = images.read(from);
        image = read.getValue();
        name = read.getKey();
      }
      if (to instanceof ImageLocation.InRegistry remote) {
        client.pusher().push(image, List.of(ImageName.parse(remote.name())));
      } else {
        images.write(image, name, to);
      }
    }
    session.console().out().println(destination + " " + image.digest());
    return Jbuild.OK;
  }
}
