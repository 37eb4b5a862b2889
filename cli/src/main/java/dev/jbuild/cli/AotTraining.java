package dev.jbuild.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The training run for the AOT cache: the commands people start most, one after the other in one
 * process, so that the classes of all of them are in the cache. What the machine does not grant (a
 * RUN step needs namespaces, or root) is an error of that one command: its classes are then read
 * from the jars, as without a cache.
 */
final class AotTraining {
  private final Path work;
  private final ByteArrayOutputStream output = new ByteArrayOutputStream();

  private AotTraining(Path work) {
    this.work = work;
  }

  /** Runs the training {@code args} names, plain or build, in the directory after it. */
  public static void main(String[] args) throws IOException {
    AotTraining training = new AotTraining(Path.of(args[1]));
    switch (args[0]) {
      case "plain" -> training.plain();
      case "build" -> training.build();
      default -> throw new IllegalArgumentException(args[0]);
    }
    // what a trained command printed goes to the build's log, in case it matters
    System.out.print(training.output.toString(StandardCharsets.UTF_8));
  }

  /** What reads a Dockerfile and answers: a small cache, for the shortest start. */
  private void plain() throws IOException {
    Path context = context();
    command("--version");
    command("--help");
    command("build", "--help");
    command("build", "--no-such-flag", ".");
    command("parse", context.resolve("Dockerfile").toString());
    command("parse", context.resolve("Broken").toString());
    command("fmt", "--check", context.resolve("Dockerfile").toString());
  }

  private void build() throws IOException {
    Path context = context();
    String archive = "type=oci,dest=" + work.resolve("image.tar");
    command("build", "-t", "training", context.toString());
    command("build", "-t", "training", "-o", archive, "-o", "type=image", context.toString());
    String zstd = archive + ",compression=zstd,force-compression=true";
    command("build", "-t", "training", "-o", zstd, context.toString());
    command("load", work.resolve("image.tar").toString());
    command("build", "--progress", "rawjson", "-q", context.toString());
    command("build", "-f", context.resolve("Broken").toString(), context.toString());
    command("build", "-f", context.resolve("Based").toString(), context.toString());
    String steps = context.resolve("Steps").toString();
    try (TrainingRegistry registry = TrainingRegistry.start()) {
      String image = registry.host() + "/training:1";
      command("build", "-f", steps, "-t", image, "--push", context.toString());
      command("pull", image);
      command("executor", "-f", steps, "-c", context.toString(), "-d", image);
    }
    command("build", "--check", "-f", steps, context.toString());
    command("explain");
    command("images");
    command("inspect", "training");
    command("history", "training");
    command("rmi", "training");
  }

  private Path context() throws IOException {
    Path context = Files.createDirectories(work.resolve("context"));
    Files.writeString(context.resolve("file"), "content\n");
    Files.writeString(
        context.resolve("Dockerfile"),
        """
        # syntax=docker/dockerfile:1
        ARG BASE=scratch
        FROM ${BASE} AS first
        COPY --chmod=644 file /file
        COPY <<EOF /text
        of a heredoc
        EOF
        FROM scratch
        ENV A=1 B="two words"
        WORKDIR /job
        COPY --from=first /file /text ./
        LABEL a=b
        USER 1000:1000
        EXPOSE 80/tcp
        ENTRYPOINT ["/job/file"]
        CMD ["x"]
        """);
    Files.writeString(context.resolve("Broken"), "FROM scratch\nRUN --mout=type=cache true\n");
    Files.write(context.resolve("true"), TrainingProgram.exitsWithZero());
    Files.writeString(
        context.resolve("Steps"),
        """
        FROM scratch AS base
        COPY --chmod=755 true /bin/true
        COPY <<EOF /etc/passwd
        root:x:0:0:root:/root:/bin/sh
        user:x:1000:1000::/home/user:/bin/sh
        EOF
        COPY <<EOF /etc/group
        root:x:0:
        user:x:1000:
        more:x:2000:root,user
        EOF
        RUN ["/bin/true"]
        FROM base
        USER user
        RUN ["/bin/true"]
        """);
    Files.writeString(context.resolve("Based"), "FROM training\nLABEL b=a\n");
    return context;
  }

  private void command(String... args) {
    Map<String, String> env = new HashMap<>(System.getenv());
    env.put("JBUILD_ROOT", work.resolve("store").toString());
    PrintStream stream = new PrintStream(output, true, StandardCharsets.UTF_8);
    Console console =
        new Console(stream, stream, new ByteArrayInputStream(new byte[0]), env, _ -> false);
    int code = new Jbuild(console).run(args);
    stream.println("# jbuild " + String.join(" ", args) + ": " + code);
  }
}
