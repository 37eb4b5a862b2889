package dev.jbuild.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.cli.progress.Figures;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Json;
import dev.jbuild.registry.ImageName;
import dev.jbuild.registry.Puller;
import dev.jbuild.registry.Referrer;
import java.io.PrintStream;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code jbuild referrers NAME}: what refers to an image in its registry, to the images of its
 * platforms, and to what refers to these.
 */
@picocli.CommandLine.Command
final class ReferrersCommand extends Command {
  @Mixin RegistryFlags registries = new RegistryFlags();

  @Option(names = "--artifact-type", paramLabel = "TYPE", description = "only those of this type")
  @Nullable String artifactType;

  @Option(names = "--json", description = "all that the registry says of them, as JSON")
  boolean json;

  @Option(names = "--no-trunc", description = "whole digests")
  boolean whole;

  @Parameters(index = "0", paramLabel = "NAME", description = "an image in a registry")
  String name = "";

  @Override
  int run(Session session) {
    ImageName image = ImageName.parse(name.replaceFirst("^docker://", ""));
    List<Referrer> found;
    try (RegistryWork work = new RegistryWork(session, registries, "listing", true)) {
      Puller puller = work.client().puller();
      Descriptor root = puller.resolve(image).root();
      found =
          puller.referrers(image.repository(), root).stream()
              .filter(each -> artifactType == null || artifactType.equals(type(each)))
              .toList();
    }
    PrintStream out = session.console().out();
    if (json) {
      byte[] bytes = Json.indented(json(found));
      out.write(bytes, 0, bytes.length);
      out.println();
    } else {
      table(found).print(out);
    }
    return Jbuild.OK;
  }

  /** What it is, as far as the list says: its artifact type, else its media type. */
  static String type(Referrer referrer) {
    Descriptor descriptor = referrer.descriptor();
    return descriptor.artifactType() == null
        ? descriptor.mediaType().value()
        : descriptor.artifactType().value();
  }

  private Table table(List<Referrer> found) {
    Table table = new Table("DIGEST", "TYPE", "SUBJECT", "SIZE");
    for (Referrer each : found) {
      table.row(
          shown(each.descriptor().digest()),
          type(each),
          shown(each.subject()),
          Figures.size(each.descriptor().size()));
    }
    return table;
  }

  private String shown(Object digest) {
    return whole ? digest.toString() : Show.digest(digest);
  }

  private static ObjectNode json(List<Referrer> found) {
    ArrayNode list = Json.array();
    for (Referrer each : found) {
      ObjectNode one = Json.object();
      one.put("subject", each.subject().toString());
      each.tag().ifPresent(tag -> one.put("tag", tag));
      one.set("descriptor", each.descriptor().toJson());
      list.add(one);
    }
    return Json.object().set("referrers", list);
  }
}
