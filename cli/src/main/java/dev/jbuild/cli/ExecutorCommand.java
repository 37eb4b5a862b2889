package dev.jbuild.cli;

import dev.jbuild.cli.BuildCommand.Scratch;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.DockerfileSource;
import dev.jbuild.engine.Output;
import dev.jbuild.engine.SecretSource;
import dev.jbuild.engine.source.GitReference;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.ImageName;
import dev.jbuild.sandbox.UsernsRemap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;

/**
 * {@code jbuild executor}: one build with Kaniko's flags, ending in a push. Flags that change what
 * is built or pushed are honoured or refused; those that tune Kaniko itself are taken with a
 * warning.
 */
@picocli.CommandLine.Command
final class ExecutorCommand extends Command {
  @Mixin KanikoFlags flags = new KanikoFlags();
  @Mixin IsolationFlags isolation = new IsolationFlags();

  @Override
  int run(Session session) throws IOException {
    Console console = session.console();
    flags.refuseUnsupported();
    isolation.apply(session, UsernsRemap.OFF);
    flags.ineffective().forEach(line -> warn(console, line));
    if (flags.destinations.isEmpty() && !flags.noPush) {
      throw new UsageError(
          "executor needs --destination", "or --no-push, to build without pushing");
    }
    try (Scratch scratch = new Scratch()) {
      BuildResult result =
          BuildCommand.build(
              session,
              request(console, scratch),
              BuildCommand.progress(console, flags.progress()),
              registries(scratch));
      writeFiles(result);
      return Jbuild.OK;
    }
  }

  /** Also a log in JSON is JSON from its first line. */
  private void warn(Console console, String line) {
    if (flags.progress().equals("rawjson")) {
      byte[] event = Json.compact(Json.object().put("type", "warning").put("message", line));
      console.err().println(new String(event, StandardCharsets.UTF_8));
    } else {
      console.err().println("warning: " + line);
    }
  }

  private BuildRequest request(Console console, Scratch scratch) throws IOException {
    ContextSource context = context(console, scratch);
    BuildRequest.Builder request = BuildRequest.builder(context);
    request.dockerfile(dockerfile(context));
    token(context, console, request);
    request.target(flags.target);
    flags.destinations.forEach(request::tag);
    RequestFlags.arguments(flags.buildArgs, console, request::buildArg);
    RequestFlags.pairs("--label", flags.labels, request::label);
    if (flags.customPlatform != null) {
      request.platform(Platform.parse(flags.customPlatform));
    }
    // Kaniko caches layers only when told to
    request.noCache(!flags.cache);
    Compression layers = CompressionFlag.parse(flags.compression, flags.compressionLevel);
    new KanikoCache(flags).apply(layers, request);
    Output.ImageOptions image = new Output.ImageOptions(layers, false, true, null);
    request.output(new Output.StoreImage(image));
    request.pushCheck(!flags.skipPushPermissionCheck);
    if (!flags.noPush) {
      request.output(new Output.Push(image));
    }
    if (flags.tarPath != null) {
      request.output(new Output.DockerArchive(Path.of(flags.tarPath), OutputFlag.plain(false)));
    }
    if (flags.ociLayoutPath != null) {
      request.output(new Output.OciArchive(Path.of(flags.ociLayoutPath), false, image));
    }
    RequestFlags.limitTimes(flags.buildArgs, flags.reproducible, console, request);
    return request.build();
  }

  private ContextSource context(Console console, Scratch scratch) throws IOException {
    String text = flags.context;
    if (text.startsWith("tar://")) {
      String file = text.substring("tar://".length());
      if (file.equals("stdin")) {
        StandardInput input = StandardInput.read(console.in(), scratch.directory());
        if (input.isDockerfile()) {
          throw new UsageError("standard input is not a tar archive");
        }
        return input.context();
      }
      if (!Files.isRegularFile(Path.of(file))) {
        throw new UsageError("context \"" + text + "\" does not exist");
      }
      return new ContextSource.Archive(Path.of(file));
    }
    if (text.startsWith("s3://") || text.startsWith("gs://") || text.contains(".blob.core.")) {
      throw new UsageError(
          "a context in an object store (" + text + ") is not supported",
          "fetch it first and give it as tar://FILE or tar://stdin, or give its https:// URL");
    }
    if (text.contains("://") && !text.startsWith("dir://")) {
      return remote(text);
    }
    String directory = text.startsWith("dir://") ? text.substring("dir://".length()) : text;
    if (flags.contextSubPath != null) {
      directory = Path.of(directory, flags.contextSubPath).toString();
    }
    return ContextArgument.directory("build context", directory);
  }

  /**
   * Kaniko's {@code git://HOST/PATH[#REF[#COMMIT]]} means a repository over https; the port of
   * git's own protocol is not asked.
   */
  private ContextSource remote(String text) {
    if (!text.startsWith("git://")) {
      return ContextArgument.parse(text);
    }
    String[] parts = text.substring("git://".length()).split("#", 3);
    String url = "https://" + parts[0] + (parts[0].endsWith(".git") ? "" : ".git");
    String ref = parts.length == 1 ? "" : parts[parts.length - 1];
    String subdir = flags.contextSubPath == null ? "" : ":" + flags.contextSubPath;
    return ContextArgument.parse(
        ref.isEmpty() && subdir.isEmpty() ? url : url + "#" + ref + subdir);
  }

  /** Kaniko's variable, which goes to the context's host alone. */
  private static void token(ContextSource context, Console console, BuildRequest.Builder request) {
    if (context instanceof ContextSource.Git git) {
      GitReference.parse(git.url(), GitReference.Place.CONTEXT)
          .ifPresent(reference ->
              console
                  .variable("GIT_TOKEN")
                  .ifPresent(token ->
                      request.secret(
                          "GIT_AUTH_TOKEN." + reference.host(),
                          new SecretSource.Value(token.getBytes(StandardCharsets.UTF_8)))));
    }
  }

  /** Kaniko looks for the file as named first, and in the context then. */
  private DockerfileSource dockerfile(ContextSource context) {
    return context instanceof ContextSource.Directory
        ? RequestFlags.dockerfile(context, flags.dockerfile)
        : new DockerfileSource.InContext(flags.dockerfile);
  }

  private RegistryFlags registries(Scratch scratch) throws IOException {
    RegistryFlags registries = new RegistryFlags();
    registries.insecure.addAll(flags.insecureRegistries);
    registries.insecure.addAll(flags.skipTlsRegistries);
    if (flags.insecure || flags.skipTlsVerify) {
      for (String destination : flags.destinations) {
        registries.insecure.add(ImageName.parse(destination).repository().host());
      }
      new KanikoCache(flags).host().ifPresent(registries.insecure::add);
    }
    flags.mirrors.forEach(mirror -> registries.mirrors.add("docker.io=" + mirror));
    for (String map : flags.registryMaps) {
      registries.mirrors.addAll(List.of(map.split(";")));
    }
    registries.certificates = KanikoCertificates.layOut(flags, scratch.directory());
    return registries;
  }

  private void writeFiles(BuildResult result) throws IOException {
    String digest = result.imageDescriptor().map(image -> image.digest().toString()).orElse("");
    if (flags.digestFile != null) {
      ResultFiles.write(Path.of(flags.digestFile), digest);
    }
    if (flags.imageNameWithDigestFile != null) {
      List<String> lines = new ArrayList<>();
      for (String destination : flags.destinations) {
        lines.add(ImageName.parse(destination).repository() + "@" + digest + "\n");
      }
      ResultFiles.write(Path.of(flags.imageNameWithDigestFile), String.join("", lines));
    }
    if (flags.imageNameTagWithDigestFile != null) {
      List<String> lines = new ArrayList<>();
      for (String destination : flags.destinations) {
        lines.add(ImageName.parse(destination) + "@" + digest + "\n");
      }
      ResultFiles.write(Path.of(flags.imageNameTagWithDigestFile), String.join("", lines));
    }
  }
}
