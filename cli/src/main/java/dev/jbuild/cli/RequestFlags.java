package dev.jbuild.cli;

import dev.jbuild.cli.BuildCommand.Scratch;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.CacheTarget;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.DockerfileSource;
import dev.jbuild.engine.ExecutionOptions;
import dev.jbuild.engine.Output;
import dev.jbuild.engine.option.CacheOptions;
import dev.jbuild.engine.option.ExtraHosts;
import dev.jbuild.image.ImageNames;
import dev.jbuild.oci.Platform;
import dev.jbuild.sandbox.NetworkMode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Turns flags and environment into a {@link BuildRequest}. */
final class RequestFlags {
  private static final String EPOCH = "SOURCE_DATE_EPOCH";
  private static final int MOST_PARALLEL = 1000;

  private RequestFlags() {}

  static BuildRequest request(
      BuildFlags flags, LimitFlags limits, String context, Console console, Scratch scratch)
      throws IOException {
    ForeignFlags.refuseAttestation("--provenance", flags.provenance);
    ForeignFlags.refuseAttestation("--sbom", flags.sbom);
    BuildRequest.Builder request = context(flags, context, console, scratch);
    request.target(flags.target);
    for (String tag : flags.tags) {
      // before the build, not after it
      ImageNames.complete(tag);
      request.tag(tag);
    }
    flags.platforms.forEach(platform -> request.platform(Platform.parse(platform)));
    Map<String, String> arguments = new LinkedHashMap<>();
    arguments(flags.buildArgs, console, arguments::put);
    arguments.forEach(request::buildArg);
    pairs("--label", flags.labels, request::label);
    pairs("--annotation", flags.annotations, request::annotation);
    pairs(
        "--build-context",
        flags.buildContexts,
        (name, source) -> {
          if (name.equals("scratch") || name.equals("context")) {
            throw new UsageError("--build-context: \"" + name + "\" has a meaning already");
          }
          request.namedContext(name, ContextArgument.named(source));
        });
    AccessFlags.secrets(flags.secrets, console, request::secret);
    AccessFlags.agents(flags.ssh, console, request::sshAgent);
    request.noCache(flags.noCache);
    request.keepFailed(true);
    flags.noCacheFilter.forEach(request::noCacheFilter);
    request.pull(flags.pull);
    List<Output> outputs = outputs(flags, console);
    outputs.forEach(request::output);
    caches(flags, arguments, outputs, request);
    request.execution(
        new ExecutionOptions(
            network(flags.network),
            entitlements(flags.allow),
            ExtraHosts.parse("--add-host", flags.addHosts),
            limits.limits(),
            limits.timeout(),
            SecurityOptions.seccomp(limits.securityOptions),
            SecurityOptions.noNewPrivileges(limits.securityOptions),
            parallel(flags.parallel)));
    limitTimes(flags.buildArgs, flags.reproducible, console, request);
    return request.build();
  }

  private static void caches(
      BuildFlags flags,
      Map<String, String> arguments,
      List<Output> outputs,
      BuildRequest.Builder request) {
    CacheOptions options = CacheOptions.ofCommand();
    flags.cacheFrom.forEach(text -> request.cacheFrom(options.source(text)));
    boolean inline = false;
    for (String text : flags.cacheTo) {
      CacheTarget target = options.target(text, outputs);
      inline |= target instanceof CacheTarget.Inline;
      request.cacheTo(target);
    }
    // How it is asked for where there is no flag: docker build with an environment variable.
    if (!inline && "1".equals(arguments.get("BUILDKIT_INLINE_CACHE"))) {
      request.cacheTo(new CacheTarget.Inline());
    }
  }

  private static int parallel(@Nullable String text) {
    if (text == null) {
      return ExecutionOptions.DEFAULT.parallel();
    }
    long steps = Quantities.whole("--parallel", text);
    if (steps < 1 || steps > MOST_PARALLEL) {
      throw new UsageError(
          "--parallel \"" + text + "\" is not a number from 1 to " + MOST_PARALLEL);
    }
    return (int) steps;
  }

  static void limitTimes(
      List<String> buildArgs, boolean reproducible, Console console, BuildRequest.Builder request) {
    epoch(buildArgs, reproducible, console)
        .ifPresent(seconds -> {
          request.sourceDateEpoch(seconds);
          // As buildx does: a Dockerfile that declares the argument sees it.
          request.buildArg(EPOCH, String.valueOf(seconds));
        });
  }

  private static BuildRequest.Builder context(
      BuildFlags flags, String context, Console console, Scratch scratch) throws IOException {
    if (!context.equals("-")) {
      ContextSource source = ContextArgument.parse(context);
      BuildRequest.Builder request = BuildRequest.builder(source);
      if ("-".equals(flags.file)) {
        request.dockerfile(
            new DockerfileSource.Inline("Dockerfile", StandardInput.dockerfile(console.in())));
      } else if (flags.file != null) {
        request.dockerfile(dockerfile(source, flags.file));
      }
      return request;
    }
    if ("-".equals(flags.file)) {
      throw new UsageError("standard input is both the context and the Dockerfile");
    }
    StandardInput input = StandardInput.read(console.in(), scratch::directory);
    BuildRequest.Builder request = BuildRequest.builder(input.context());
    if (input.isDockerfile()) {
      if (flags.file != null) {
        throw new UsageError(
            "--file names a file of the context, and standard input holds only a Dockerfile");
      }
      request.dockerfile(new DockerfileSource.Inline("Dockerfile", input.dockerfile()));
    } else if (flags.file != null) {
      request.dockerfile(new DockerfileSource.InContext(flags.file));
    }
    return request;
  }

  /** A file where the command runs, else one of the context; told apart as buildx does. */
  static DockerfileSource dockerfile(ContextSource context, String file) throws IOException {
    if (!(context instanceof ContextSource.Directory directory)) {
      return new DockerfileSource.InContext(file);
    }
    Path path = Path.of(file);
    if (!Files.exists(path)) {
      Path inContext = directory.path().resolve(file);
      if (!Files.exists(inContext)) {
        throw new UsageError(
            "there is no Dockerfile \"" + file + "\", here or in \"" + directory.path() + "\"");
      }
      path = inContext;
    }
    if (Files.isDirectory(path)) {
      throw new UsageError(
          "the Dockerfile \"" + file + "\" is a directory", "name a file with --file");
    }
    if (!Files.isRegularFile(path)) {
      // a pipe, as of the shell's <(…), or /dev/stdin
      try (InputStream in = Files.newInputStream(path)) {
        return new DockerfileSource.Inline("Dockerfile", StandardInput.dockerfile(in));
      }
    }
    Path root = directory.path().toAbsolutePath().normalize();
    Path absolute = path.toAbsolutePath().normalize();
    return absolute.startsWith(root)
        ? new DockerfileSource.InContext(root.relativize(absolute).toString())
        : new DockerfileSource.File(path);
  }

  /**
   * {@code K=V}, or {@code K} for the environment's value; one that is not set there is left out.
   */
  static void arguments(List<String> arguments, Console console, BiConsumer<String, String> sink) {
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      String name = equals < 0 ? argument : argument.substring(0, equals);
      if (name.isEmpty()) {
        throw new UsageError("--build-arg \"" + argument + "\" has no name");
      }
      String value = equals < 0 ? console.env().get(name) : argument.substring(equals + 1);
      if (value != null) {
        sink.accept(name, value);
      }
    }
  }

  static void pairs(String flag, List<String> values, BiConsumer<String, String> sink) {
    for (String value : values) {
      int equals = value.indexOf('=');
      if (equals <= 0) {
        throw new UsageError(flag + " \"" + value + "\" is not NAME=VALUE");
      }
      sink.accept(value.substring(0, equals), value.substring(equals + 1));
    }
  }

  private static List<Output> outputs(BuildFlags flags, Console console) {
    List<Output> outputs = new ArrayList<>();
    boolean limited = epoch(flags.buildArgs, flags.reproducible, console).isPresent();
    String docker = console.variable("DOCKER_HOST").orElse("unix:///var/run/docker.sock");
    flags.outputs.forEach(output -> outputs.addAll(OutputFlag.parse(output, limited, docker)));
    if (flags.push) {
      outputs.add(new Output.Push(OutputFlag.plain(true)));
    }
    if (flags.load) {
      outputs.add(new Output.DockerLoad(docker, OutputFlag.plain(false)));
    }
    if (outputs.isEmpty()) {
      outputs.add(new Output.StoreImage(OutputFlag.plain(true)));
    }
    for (Output output : outputs) {
      OutputFlag.checkPlace(output, console.outIsTerminal());
    }
    if (flags.tags.isEmpty() && outputs.stream().anyMatch(RequestFlags::pushesToTags)) {
      throw new UsageError("a push needs a name", "give one with --tag");
    }
    return outputs;
  }

  private static boolean pushesToTags(Output output) {
    return output instanceof Output.Push push && push.options().name() == null;
  }

  static NetworkMode network(@Nullable String name) {
    return switch (name == null ? "default" : name) {
      case "default", "host" -> NetworkMode.HOST;
      case "none" -> NetworkMode.NONE;
      case "private" -> NetworkMode.PRIVATE;
      default ->
          throw new UsageError(
              "--network: unknown value \"" + name + "\"",
              "the values are default, host, none and private");
    };
  }

  private static Set<ExecutionOptions.Entitlement> entitlements(List<String> allow) {
    Set<ExecutionOptions.Entitlement> granted = new LinkedHashSet<>();
    for (String text : allow) {
      boolean known = false;
      for (ExecutionOptions.Entitlement entitlement : ExecutionOptions.Entitlement.values()) {
        if (entitlement.text().equals(text)) {
          granted.add(entitlement);
          known = true;
        }
      }
      if (!known) {
        throw new UsageError(
            "--allow: unknown entitlement \"" + text + "\"",
            "the entitlements are network.host, security.insecure and secret-in-layer");
      }
    }
    return granted;
  }

  /**
   * The build argument, else the environment; 1970 if the build is to be reproducible and neither
   * says anything.
   */
  static Optional<Long> epoch(List<String> buildArgs, boolean reproducible, Console console) {
    String text = console.variable(EPOCH).orElse(null);
    for (String argument : buildArgs) {
      if (argument.startsWith(EPOCH + "=")) {
        text = argument.substring(EPOCH.length() + 1);
      }
    }
    if (text == null || text.isEmpty()) {
      return reproducible ? Optional.of(0L) : Optional.empty();
    }
    long seconds = Quantities.whole(EPOCH, text);
    if (seconds < 0) {
      throw new UsageError(EPOCH + " \"" + text + "\" is before 1970");
    }
    return Optional.of(seconds);
  }
}
