package dev.jbuild.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.image.Image;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Json;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jbuild inspect NAME}: what is stored, as it is stored. */
@picocli.CommandLine.Command
final class InspectCommand extends Command {
  @Option(names = "--raw", description = "the bytes of the manifest or index")
  boolean raw;

  @Parameters(index = "0", paramLabel = "NAME", description = "an image in the store")
  String name = "";

  @Override
  int run(Session session) {
    Images images = new Images(session.store());
    if (raw) {
      Descriptor target = images.resolve(name);
      byte[] bytes = session.store().blobs().read(target.digest());
      session.console().out().write(bytes, 0, bytes.length);
      return Jbuild.OK;
    }
    Descriptor target = images.resolve(name);
    ObjectNode node = Json.object();
    node.put("name", name);
    node.set("target", target.toJson());
    ArrayNode platforms = Json.array();
    for (Image image : images.platforms(name)) {
      ObjectNode one = Json.object();
      one.put("platform", image.platform().toString());
      one.put("digest", image.manifest().digest().toString());
      one.put("size", image.size());
      one.set("manifest", Json.parseObject(image.manifest().bytes(), "manifest"));
      one.set("config", config(session, image));
      platforms.add(one);
    }
    node.set("platforms", platforms);
    print(session, node);
    return Jbuild.OK;
  }

  private static ObjectNode config(Session session, Image image) {
    return Json.parseObject(
        session.store().blobs().read(image.manifest().config().digest()), "image config");
  }

  private static void print(Session session, ObjectNode node) {
    byte[] bytes = Json.indented(node);
    session.console().out().write(bytes, 0, bytes.length);
    session.console().out().println();
  }
}
