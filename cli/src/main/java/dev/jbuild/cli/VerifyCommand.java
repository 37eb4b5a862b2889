package dev.jbuild.cli;

import dev.jbuild.cli.BuildCommand.Scratch;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.image.FileChange;
import dev.jbuild.image.Image;
import dev.jbuild.image.ImageDiff;
import dev.jbuild.image.ImageNames;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.History;
import dev.jbuild.registry.ImageName;
import dev.jbuild.sandbox.UsernsRemap;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code jbuild verify IMAGE -f … CONTEXT}: builds the image again, without the cache and with its
 * own time as {@code SOURCE_DATE_EPOCH}, and says whether it came out the same, or which layers and
 * files differ. Compression does not count: configs are compared, which name the layers' content.
 */
@picocli.CommandLine.Command
final class VerifyCommand extends Command {
  private static final String EPOCH = "SOURCE_DATE_EPOCH";

  @Mixin BuildFlags flags = new BuildFlags();
  @Mixin LimitFlags limits = new LimitFlags();
  @Mixin IsolationFlags isolation = new IsolationFlags();
  @Mixin RegistryFlags registries = new RegistryFlags();

  @Parameters(
      index = "0",
      paramLabel = "IMAGE",
      description = "an image of the store, or of a registry")
  String image = "";

  @Parameters(index = "1", paramLabel = "PATH | URL | -", description = "the build context")
  String context = "";

  @Override
  int run(Session session) throws IOException {
    if (!flags.outputs.isEmpty() || flags.push || flags.load || !flags.tags.isEmpty()) {
      throw new UsageError(
          "verify writes no image", "leave --output, --push, --load and --tag away");
    }
    List<Image> known = known(session);
    String name = ImageNames.complete("localhost/jbuild-verify:" + UUID.randomUUID());
    isolation.apply(session, UsernsRemap.OFF);
    flags.noCache = true;
    flags.outputs.add("type=image,name=" + name);
    if (flags.platforms.isEmpty()) {
      known.forEach(each -> flags.platforms.add(each.platform().toString()));
    }
    if (flags.buildArgs.stream().noneMatch(argument -> argument.startsWith(EPOCH + "="))) {
      known
          .getFirst()
          .config()
          .createdAt()
          .ifPresent(created -> flags.buildArgs.add(EPOCH + "=" + created.getEpochSecond()));
    }
    try (Scratch scratch = new Scratch(session)) {
      BuildRequest request =
          UsageError.of(
              () -> RequestFlags.request(flags, limits, context, session.console(), scratch));
      BuildCommand.build(
          session,
          request,
          BuildCommand.progress(session.console(), flags.quiet ? "quiet" : flags.progress),
          registries);
      compare(session, known, name);
      return Jbuild.OK;
    } finally {
      session.store().tags().remove(name);
    }
  }

  /** The image's platforms; it is pulled if the store does not have it. */
  private List<Image> known(Session session) {
    Images images = new Images(session.store());
    List<Image> found;
    try {
      found = images.platforms(image);
    } catch (BuildFailure failure) {
      if (failure.kind() != Kind.NOT_FOUND) {
        throw failure;
      }
      ImageName remote = ImageName.parse(image);
      try (RegistryWork work = new RegistryWork(session, registries, "pulling", false)) {
        Descriptor pulled = work.client().puller().pullAll(remote);
        session.store().tags().put(ImageNames.complete(remote.familiar()), pulled);
      }
      found = images.platforms(ImageNames.complete(remote.familiar()));
    }
    if (found.isEmpty()) {
      throw new BuildFailure(Kind.USER, "\"" + image + "\" has nothing that could be built");
    }
    return found;
  }

  private void compare(Session session, List<Image> known, String rebuilt) {
    Images images = new Images(session.store());
    PrintStream out = session.console().out();
    boolean equal = true;
    for (Image before : known) {
      if (flags.platforms.contains(before.platform().toString())) {
        Image after = images.get(rebuilt, before.platform());
        boolean same =
            before.manifest().config().digest().equals(after.manifest().config().digest());
        if (!same) {
          explain(images, before, after, out);
        }
        equal &= same;
      }
    }
    if (!equal) {
      throw new BuildFailure(
          Kind.USER,
          "\"" + image + "\" is not what this context builds",
          "an image repeats if it was built with SOURCE_DATE_EPOCH or --reproducible, and if its"
              + " steps give the same files each time",
          null);
    }
    out.println(image + " is what this context builds: " + known.getFirst().target().digest());
  }

  private static void explain(Images images, Image before, Image after, PrintStream out) {
    String platform = before.platform().toString();
    List<DiffId> old = before.config().diffIds();
    List<DiffId> now = after.config().diffIds();
    List<History> steps =
        before.config().history().stream().filter(step -> !step.emptyLayer()).toList();
    for (int i = 0; i < Math.max(old.size(), now.size()); i++) {
      String title =
          platform + ": layer " + (i + 1) + (i < steps.size() ? ", " + words(steps.get(i)) : "");
      if (i >= now.size()) {
        out.println(title + ": is only in the image");
      } else if (i >= old.size()) {
        out.println(title + ": is only in the rebuilt image");
      } else if (!old.get(i).equals(now.get(i))) {
        out.println(title + ":");
        List<FileChange> files = images.diff(only(before, i), only(after, i)).files();
        DiffCommand.print(new ImageDiff(List.of(), files), out);
      }
    }
    ImageDiff config = images.diff(only(before, -1), only(after, -1));
    if (!config.config().isEmpty()) {
      out.println(platform + ": config:");
      DiffCommand.print(config, out);
    } else if (old.equals(now)) {
      out.println(
          platform
              + ": the files are the same; history or the time of creation differ ("
              + words(before)
              + " → "
              + words(after)
              + ")");
    }
  }

  private static String words(History step) {
    return step.createdBy().isEmpty() ? "a step without a name" : step.createdBy();
  }

  private static String words(Image image) {
    return image.config().createdAt().map(Object::toString).orElse("no time");
  }

  /** The image as if it had but this layer, or none. */
  private static Image only(Image image, int layer) {
    List<DiffId> layers = image.config().diffIds();
    return new Image(
        image.name(),
        image.target(),
        image.manifest(),
        image.config().withDiffIds(Stream.of(layer).filter(i -> i >= 0).map(layers::get).toList()));
  }
}
