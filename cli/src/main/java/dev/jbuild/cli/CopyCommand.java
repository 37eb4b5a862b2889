package dev.jbuild.cli;

import dev.jbuild.image.ImageLocation;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.registry.ImageCopy;
import dev.jbuild.registry.Referrer;
import java.io.PrintStream;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
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

  @Option(
      names = "--referrers",
      description =
          "also what refers to the image: signatures, bills of materials; between registries")
  boolean referrers;

  @Parameters(index = "0", paramLabel = "SRC", description = LOCATION)
  String source = "";

  @Parameters(index = "1", paramLabel = "DST", description = LOCATION)
  String destination = "";

  @Override
  int run(Session session) {
    ImageLocation from = ImageLocation.parse(source);
    ImageLocation to = ImageLocation.parse(destination);
    Descriptor image;
    List<Referrer> more = List.of();
    List<Referrer> gone = List.of();
    try (RegistryWork work = new RegistryWork(session, registries, "copying", false)) {
      ImageCopy copy = new ImageCopy(work.client(), session.store());
      if (referrers) {
        ImageCopy.Family copied = copy.copyWithReferrers(from, to);
        image = copied.root();
        more = copied.referrers();
        gone = copied.gone();
      } else {
        image = copy.copy(from, to);
      }
    }
    PrintStream out = session.console().out();
    out.println(destination + " " + image.digest());
    for (Referrer each : more) {
      out.println("  " + each.descriptor().digest() + " " + ReferrersCommand.type(each));
    }
    for (Referrer each : gone) {
      session
          .console()
          .err()
          .println(
              "warning: not copied, since "
                  + source
                  + " lists it but no longer has it: "
                  + each.descriptor().digest()
                  + " "
                  + ReferrersCommand.type(each));
    }
    return Jbuild.OK;
  }
}
