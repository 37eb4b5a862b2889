package dev.jbuild.cli;

import dev.jbuild.cli.BuildCommand.Scratch;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.DockerfileSource;
import dev.jbuild.engine.Output;
import dev.jbuild.engine.option.CompressionOption;
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
import java.util.Map;
import java.util.Optional;
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

    UsageError.of(() -> {
      flags.readEnvironment(console);
      flags.check();
      return flags;
    });
    isolation.apply(session, UsernsRemap.OFF);
    checkPlaces();
    flags.ineffective().forEach(line -> warn(console, line));
    try (Scratch scratch = new Scratch(session)) {
      BuildRequest request = UsageError.of(() -> request(console, scratch));
      BuildResult result =
          BuildCommand.build(
              session,
              request,
              BuildCommand.progress(console, flags.progress()),
              registries(console, scratch));
      writeFiles(result);
      return Jbuild.OK;
    }
  }

  private void checkPlaces() throws IOException {
    ResultFiles.check("--digest-file", flags.digestFile);
    ResultFiles.check("--image-name-with-digest-file", flags.imageNameWithDigestFile);
    ResultFiles.check("--image-name-tag-with-digest-file", flags.imageNameTagWithDigestFile);
    ResultFiles.check("--tar-path", flags.tarPath);
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
    KanikoContext place = new KanikoContext(flags);
    ContextSource context = place.read(console, scratch);
    BuildRequest.Builder request = BuildRequest.builder(context);
    request.dockerfile(dockerfile(context));
    KanikoContext.credentials(context, console, request);
    request.target(flags.target);
    flags.destinations.forEach(request::tag);
    RequestFlags.arguments(flags.buildArgs, console, request::buildArg);
    RequestFlags.pairs("--label", flags.labels, request::label);
    if (flags.customPlatform != null) {
      request.platform(Platform.parse(flags.customPlatform));
    }
    // Kaniko caches layers only when told to
    request.noCache(!flags.cache);
    Compression layers = CompressionOption.parse(flags.compression, flags.compressionLevel);
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

  /** Kaniko looks for the file as named first, and in the context then. */
  private DockerfileSource dockerfile(ContextSource context) throws IOException {
    return context instanceof ContextSource.Directory
        ? RequestFlags.dockerfile(context, flags.dockerfile)
        : new DockerfileSource.InContext(flags.dockerfile);
  }

  private RegistryFlags registries(Console console, Scratch scratch) throws IOException {
    RegistryFlags registries = new RegistryFlags();
    List<String> pushed = new ArrayList<>();
    for (String destination : flags.destinations) {
      pushed.add(ImageName.parse(destination).repository().host());
    }
    new KanikoCache(flags).host().ifPresent(pushed::add);
    registries.insecure.addAll(flags.insecureRegistries);
    registries.insecure.addAll(flags.skipTlsRegistries);
    if (flags.insecure || flags.skipTlsVerify) {
      registries.insecure.addAll(pushed);
    }
    if (flags.insecurePull || flags.skipTlsVerifyPull) {
      // What a push goes to, with the credentials for it, is not what was meant.
      registries.insecureBut = Optional.of(pushed);
    }
    flags.mirrors.forEach(mirror -> registries.mirrors.add("docker.io=" + mirror));
    for (String map : flags.registryMaps) {
      for (String pair : map.split(";")) {
        if (pair.indexOf('=') <= 0) {
          throw new UsageError("--registry-map \"" + pair + "\" is not FROM=TO");
        }
        registries.mirrors.add(pair);
      }
    }
    registries.mirrorsOnly = flags.skipDefaultRegistry;
    registries.certificates = KanikoCertificates.layOut(flags, scratch::directory);
    if (console.variable("DOCKER_CONFIG").isEmpty()) {
      Path credentials = Path.of(String.valueOf(flags.kanikoDir), ".docker");
      if (Files.isReadable(credentials.resolve("config.json"))) {
        registries.defaults = Map.of("DOCKER_CONFIG", credentials.toString());
      }
    }
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
